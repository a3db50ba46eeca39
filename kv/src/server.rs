//! RESP over TCP: connections, their requests, and the replies.

mod connection;
mod desk;
mod info;
mod inline;
mod limits;
mod pipeline;
mod request;
mod respond;

use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use quorate_host::{Handle, Listener};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
    task::JoinSet,
    time::Instant,
};

use self::pipeline::Group;
pub use self::{
    desk::{Desk, RoleView},
    limits::{Limits, LimitsError},
};
use crate::{core::Failure, reply::Reply};

/// The error line of a node that is going down. The command had no effect.
const STOPPED: &str = "ERR this node is stopping; the command had no effect";

/// How clients reach the store. Accepts connections until it is stopped.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    handle: Handle<Desk>,
    limits: Limits,
    /// The most bytes of writes that fit into one log entry.
    batch_bytes_max: usize,
    address: SocketAddr,
    started: Instant,
    counters: Counters,
}

#[derive(Debug, Default)]
struct Counters {
    connected: AtomicUsize,
    accepted: AtomicU64,
    rejected: AtomicU64,
    commands: AtomicU64,
}

impl Counters {
    fn prometheus(&self) -> String {
        let Self { connected, accepted, rejected, commands } = self;
        let (connected, accepted) = (connected.load(Ordering::Relaxed), accepted.load(Ordering::Relaxed));
        let (rejected, commands) = (rejected.load(Ordering::Relaxed), commands.load(Ordering::Relaxed));
        format!(
            "# HELP quorate_clients Clients connected.\n# TYPE quorate_clients gauge\nquorate_clients {connected}\n\
             # HELP quorate_clients_accepted_total Clients that ever connected.\n\
             # TYPE quorate_clients_accepted_total counter\nquorate_clients_accepted_total {accepted}\n\
             # HELP quorate_clients_rejected_total Clients turned away, there being too many.\n\
             # TYPE quorate_clients_rejected_total counter\nquorate_clients_rejected_total {rejected}\n\
             # HELP quorate_client_commands_total Commands received.\n\
             # TYPE quorate_client_commands_total counter\nquorate_client_commands_total {commands}\n"
        )
    }
}

impl Server {
    pub(crate) fn new(
        listener: Listener,
        handle: Handle<Desk>,
        limits: Limits,
        batch_bytes_max: usize,
    ) -> std::io::Result<Self> {
        let address = listener.address();
        let listener = listener.into_tokio()?;
        let counters = Counters::default();
        let shared = Shared { handle, limits, batch_bytes_max, address, started: Instant::now(), counters };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// What it counts, in the Prometheus text format; readable while it runs.
    pub(crate) fn metrics(&self) -> impl Fn() -> String + Send + Sync + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.counters.prometheus()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Accepts and serves until `stop` turns true; then every connection finishes what it was asked, and closes.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            tokio::select! {
                () = until_true(&mut stopped) => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => self.welcome(stream, &mut connections, &stop).await,
                    // Out of descriptors: wait for one to come back rather than spin.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
            }
        }
        drop(self.listener);
        while connections.join_next().await.is_some() {}
    }

    async fn welcome(
        &self,
        mut stream: TcpStream,
        connections: &mut JoinSet<()>,
        stop: &watch::Receiver<bool>,
    ) {
        let counters = &self.shared.counters;
        let id = counters.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        if connections.len() >= self.shared.limits.connections_max {
            counters.rejected.fetch_add(1, Ordering::Relaxed);
            // Whether the news arrives is the client's concern; a fresh socket has room for it.
            let _ = stream.write_all(b"-ERR max number of clients reached\r\n").await;
            return;
        }
        counters.connected.fetch_add(1, Ordering::Relaxed);
        let (shared, stop) = (Arc::clone(&self.shared), stop.clone());
        connections.spawn(async move {
            let connection = connection::Connection::new(id, stream, Arc::clone(&shared));
            // A connection that breaks is its client's concern.
            let _ = connection.serve(stop).await;
            shared.counters.connected.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

impl Shared {
    /// Has the machine carry out a group; the error line if it could not.
    async fn ask(&self, group: Group) -> Result<Vec<Reply>, Cow<'static, str>> {
        let may_have_happened = matches!(group, Group::Writes(_));
        let command = group.into_command();
        let (outcome, answered) = oneshot::channel();
        let entered = self.handle.enter(move |desk, commands| desk.submit(command, outcome, commands)).await;
        if entered.is_err() {
            return Err(STOPPED.into());
        }
        match answered.await {
            Ok(outcome) => outcome.map_err(|failure| failure.to_string().into()),
            Err(_) if may_have_happened => Err(Failure::Unknown.to_string().into()),
            Err(_) => Err(STOPPED.into()),
        }
    }
}

/// Waits until the flag is raised, or nobody is left to raise it.
async fn until_true(flag: &mut watch::Receiver<bool>) {
    // Either way it is over; the guard that the channel gives must not live across a wait.
    let _ = flag.wait_for(|raised| *raised).await;
}

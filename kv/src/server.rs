//! RESP over TCP: connections, their requests, and the replies.

mod connection;
mod desk;
mod info;
mod inline;
mod limits;
mod request;
mod respond;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use quorate_host::{AddressError, Handle};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::Instant,
};

pub use self::{
    desk::{Desk, RoleView},
    limits::{Limits, LimitsError},
};

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

impl Server {
    /// Binds the address that clients will use. Nothing is accepted before [`run`](Self::run).
    ///
    /// # Errors
    /// When the address is not on loopback, or cannot be bound.
    pub async fn bind(address: SocketAddr, handle: Handle<Desk>, limits: Limits) -> Result<Self, AddressError> {
        let listener = bind(address).await?;
        let address = listener.local_addr().map_err(|source| AddressError::Bind { address, source })?;
        let counters = Counters::default();
        let shared = Shared { handle, limits, address, started: Instant::now(), counters };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Accepts and serves until `stop` turns true; then every connection finishes what it was asked, and closes.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
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

async fn bind(address: SocketAddr) -> Result<TcpListener, AddressError> {
    if !address.ip().is_loopback() {
        return Err(AddressError::NotLoopback { address });
    }
    TcpListener::bind(address).await.map_err(|source| AddressError::Bind { address, source })
}

//! The connections peers made to this node: check who it is, then read messages for the machine.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::BytesMut;
use quorate_machine::NodeId;
use quorate_wire::{Codec, frame};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use super::handshake::{self, Answer, Refusal};
use crate::{Identity, Limits, Metrics};

const READ_BYTES: usize = 64 << 10;

/// A message that has come, and the room it takes up until it is dropped.
pub(crate) struct Arrival<T> {
    pub(crate) from: NodeId,
    pub(crate) message: T,
    _room: OwnedSemaphorePermit,
}

/// What all incoming connections share.
pub(crate) struct Incoming<T> {
    identity: Identity,
    peers: BTreeSet<NodeId>,
    newest: Mutex<BTreeMap<NodeId, Newest>>,
    inbox: mpsc::Sender<Arrival<T>>,
    /// Bytes that may still come.
    room: Arc<Semaphore>,
    limits: Limits,
    metrics: Arc<Metrics>,
}

/// The newest incarnation of a peer ever seen; a connection lives for as long as its number is the latest.
struct Newest {
    incarnation: u64,
    connection: watch::Sender<u64>,
}

impl<T: Send + 'static> Incoming<T> {
    pub(crate) fn new(
        identity: Identity,
        peers: BTreeSet<NodeId>,
        inbox: mpsc::Sender<Arrival<T>>,
        limits: Limits,
        metrics: Arc<Metrics>,
    ) -> Self {
        let room = Arc::new(Semaphore::new(limits.inbox_bytes_max as usize));
        Self { identity, peers, newest: Mutex::default(), inbox, room, limits, metrics }
    }
}

/// Accepts connections for as long as it is polled.
pub(crate) async fn accept<T: Send + 'static, C: Codec<T> + 'static>(
    listener: TcpListener,
    incoming: Arc<Incoming<T>>,
) {
    let room = Arc::new(Semaphore::new(incoming.limits.connections_max));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok((stream, address)) = listener.accept().await else {
            // Out of descriptors: wait for one to come back rather than spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            incoming.metrics.refused_crowded.add(1);
            continue;
        };
        let incoming = Arc::clone(&incoming);
        connections.spawn(async move {
            if let Err(error) = incoming.serve::<C>(stream).await {
                tracing::info!(%address, %error, "incoming connection ended");
            }
            drop(permit);
        });
    }
}

impl<T: Send + 'static> Incoming<T> {
    async fn serve<C: Codec<T>>(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let greeting = timeout(self.limits.handshake_max, handshake::listen(&mut stream)).await;
        let introduction =
            greeting.map_err(|_| io::Error::from(io::ErrorKind::TimedOut)).and_then(|heard| heard);
        let admitted = match introduction {
            Ok(Ok(introduction)) => self.admit(&introduction),
            Ok(Err(refusal)) => Err(refusal),
            Err(error) => {
                self.metrics.refused_malformed.add(1);
                return Err(error);
            }
        };
        match admitted {
            Ok((peer, mut newest)) => {
                handshake::reply(&mut stream, Answer::Accepted).await?;
                self.metrics.connections_accepted.add(1);
                tracing::info!(%peer, "peer connected");
                let ended = tokio::select! {
                    ended = self.read::<C>(peer, stream) => ended,
                    _ = newest.changed() => Ok(()),
                };
                self.metrics.connections_closed.add(1);
                ended
            }
            Err(refusal) => {
                self.count(refusal);
                handshake::reply(&mut stream, Answer::Refused(refusal)).await?;
                Err(io::Error::other(refusal))
            }
        }
    }

    /// Lets the newest connection of a peer in, which ends the one before it.
    fn admit(
        &self,
        introduction: &handshake::Introduction,
    ) -> Result<(NodeId, watch::Receiver<u64>), Refusal> {
        introduction.check(&self.identity, |node| self.peers.contains(&node))?;
        let (peer, incarnation) = (introduction.from(), introduction.incarnation());
        let mut all = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let newest =
            all.entry(peer).or_insert_with(|| Newest { incarnation, connection: watch::channel(0).0 });
        if incarnation < newest.incarnation {
            return Err(Refusal::OldIncarnation);
        }
        newest.incarnation = incarnation;
        newest.connection.send_modify(|number| *number = number.wrapping_add(1));
        Ok((peer, newest.connection.subscribe()))
    }

    async fn read<C: Codec<T>>(&self, peer: NodeId, mut stream: TcpStream) -> io::Result<()> {
        let mut buffer = BytesMut::with_capacity(READ_BYTES);
        loop {
            buffer.reserve(READ_BYTES / 4);
            let bytes = stream.read_buf(&mut buffer).await?;
            if bytes == 0 {
                return Ok(());
            }
            self.metrics.bytes_received.add(bytes as u64);
            while let Some(body) = self.next_frame(&mut buffer)? {
                match C::decode(&body) {
                    Ok(message) => self.pass_on(peer, message, body.len()).await?,
                    Err(_) => self.metrics.dropped_not_decoded.add(1),
                }
            }
        }
    }

    fn next_frame(&self, buffer: &mut BytesMut) -> io::Result<Option<bytes::Bytes>> {
        frame::decode(self.limits.frame_bytes_max, buffer).map_err(|error| {
            self.metrics.frames_bad.add(1);
            io::Error::other(error)
        })
    }

    /// Waits for room, so that a peer that sends faster than the machine takes is slowed down by TCP.
    async fn pass_on(&self, from: NodeId, message: T, bytes: usize) -> io::Result<()> {
        let ended = || io::Error::from(io::ErrorKind::ConnectionAborted);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.limits.inbox_bytes_max);
        let room = Arc::clone(&self.room).acquire_many_owned(bytes).await.map_err(|_| ended())?;
        self.metrics.messages_received.add(1);
        self.inbox.send(Arrival { from, message, _room: room }).await.map_err(|_| ended())
    }

    fn count(&self, refusal: Refusal) {
        let metrics = &self.metrics;
        let counter = match refusal {
            Refusal::Stranger => &metrics.refused_stranger,
            Refusal::ForeignCluster => &metrics.refused_cluster,
            Refusal::WrongTarget => &metrics.refused_target,
            Refusal::OldIncarnation => &metrics.refused_stale,
            Refusal::Version => &metrics.refused_version,
            Refusal::Malformed => &metrics.refused_malformed,
        };
        counter.add(1);
    }
}

//! The connection this node made to one peer: dial, introduce, write, and again.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use quorate_machine::{NodeId, Rng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{
    SendQueue,
    handshake::{HandshakeError, Introduction, introduce},
};
use crate::{Limits, Metrics};

/// How long to wait before dialling again: doubled after each failure, half of it random.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    rng: Rng,
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(rng: Rng, limits: &Limits) -> Self {
        Self { rng, min: limits.backoff_min, max: limits.backoff_max, next: limits.backoff_min }
    }

    fn reset(&mut self) {
        self.next = self.min;
    }

    fn wait(&mut self) -> Duration {
        let span = self.next;
        self.next = span.saturating_mul(2).min(self.max);
        self.rng.span(span / 2..span)
    }
}

/// Everything a connection to one peer needs.
pub(crate) struct Outgoing {
    pub(crate) peer: NodeId,
    pub(crate) address: SocketAddr,
    pub(crate) introduction: Introduction,
    pub(crate) queue: Arc<SendQueue>,
    pub(crate) backoff: Backoff,
    pub(crate) handshake_max: Duration,
    pub(crate) metrics: Arc<Metrics>,
}

impl Outgoing {
    /// Keeps a connection to the peer for as long as it is polled.
    pub(crate) async fn run(mut self) {
        let mut failures = 0_u64;
        loop {
            match self.dial().await {
                Ok(stream) => {
                    failures = 0;
                    self.backoff.reset();
                    self.metrics.connections_made.add(1);
                    tracing::info!(peer = %self.peer, address = %self.address, "connected");
                    let error = self.write(stream).await;
                    self.metrics.connections_lost.add(1);
                    tracing::info!(peer = %self.peer, %error, "connection lost");
                }
                Err(error) => {
                    self.metrics.dials_failed.add(1);
                    if failures == 0 {
                        tracing::info!(peer = %self.peer, address = %self.address, %error, "not reachable");
                    }
                    failures += 1;
                }
            }
            // What waited for a connection that is not there is old news by the time there is one.
            self.metrics.dropped_unreachable.add(self.queue.discard() as u64);
            sleep(self.backoff.wait()).await;
        }
    }

    async fn dial(&self) -> Result<TcpStream, HandshakeError> {
        let attempt = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            introduce(&mut stream, &self.introduction).await?;
            Ok(stream)
        };
        match timeout(self.handshake_max, attempt).await {
            Ok(attempt) => attempt,
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
        }
    }

    /// Sends what waits, all of it in one write, until the connection breaks.
    async fn write(&self, stream: TcpStream) -> io::Error {
        let (mut reader, mut writer) = stream.into_split();
        let mut bytes = Vec::new();
        let sending = async {
            loop {
                let messages = self.queue.take(&mut bytes).await;
                if let Err(error) = writer.write_all(&bytes).await {
                    return error;
                }
                self.metrics.messages_sent.add(messages as u64);
                self.metrics.bytes_sent.add(bytes.len() as u64);
            }
        };
        // The peer says nothing more, so whatever can be read is the end of the connection.
        let closing = async {
            match reader.read_u8().await {
                Ok(_) => io::Error::from(io::ErrorKind::InvalidData),
                Err(error) => error,
            }
        };
        tokio::select! {
            error = sending => error,
            error = closing => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use quorate_machine::Rng;

    use super::Backoff;
    use crate::Limits;

    #[test]
    fn backoff_doubles_up_to_its_limit_and_starts_over() {
        let limits = Limits {
            backoff_min: Duration::from_millis(10),
            backoff_max: Duration::from_millis(80),
            ..Limits::default()
        };
        let mut backoff = Backoff::new(Rng::new(7), &limits);
        for expected in [10, 20, 40, 80, 80] {
            let waited = backoff.wait();
            let range = Duration::from_millis(expected / 2)..Duration::from_millis(expected);
            assert!(range.contains(&waited), "{waited:?} is not in {range:?}");
        }
        backoff.reset();
        assert!(backoff.wait() < Duration::from_millis(10));
    }
}

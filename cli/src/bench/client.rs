use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quorate_machine::Rng;

use super::{Options, Tally};
use crate::{
    connection::{CallError, Connection},
    reply::Reply,
};

/// How long a client waits before it tries the next node, so that a cluster that is down is not flooded.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// What all clients do.
pub(super) struct Load {
    addresses: Vec<SocketAddr>,
    value: Vec<u8>,
    write_percent: u64,
    keys: u64,
    pipeline: u64,
    patience: Duration,
    end: Instant,
}

impl Load {
    pub(super) fn new(options: &Options, end: Instant) -> Self {
        Self {
            addresses: options.clients.clone(),
            value: vec![b'x'; usize::try_from(options.value_bytes).unwrap_or(usize::MAX)],
            write_percent: options.write_percent,
            keys: options.keys,
            pipeline: options.pipeline,
            patience: options.timeout,
            end,
        }
    }

    fn request(&self, rng: &mut Rng) -> Vec<Vec<u8>> {
        let key = format!("bench:{}", rng.below(self.keys)).into_bytes();
        if rng.below(100) < self.write_percent {
            vec![b"SET".to_vec(), key, self.value.clone()]
        } else {
            vec![b"GET".to_vec(), key]
        }
    }
}

/// One client, in a closed loop.
pub(super) struct BenchClient {
    /// Which node it is at.
    turn: usize,
    rng: Rng,
    load: Arc<Load>,
    tally: Arc<Mutex<Tally>>,
}

impl BenchClient {
    pub(super) fn new(nth: u64, load: Arc<Load>, tally: Arc<Mutex<Tally>>) -> Self {
        Self { turn: usize::try_from(nth).unwrap_or(0), rng: Rng::new(nth), load, tally }
    }

    /// Until the end, and not longer than an answer takes after it.
    pub(super) async fn run(mut self) {
        while Instant::now() < self.load.end {
            if let Err(error) = self.stay().await {
                self.tally().fail(error.to_string(), 1);
                self.turn += 1;
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }

    /// Asks one node for as long as that works.
    async fn stay(&mut self) -> Result<(), CallError> {
        let load = Arc::clone(&self.load);
        let Some(address) = load.addresses.get(self.turn % load.addresses.len()) else { return Ok(()) };
        let mut connection = Connection::open(*address, load.patience).await?;
        while Instant::now() < load.end {
            let requests: Vec<_> = (0..load.pipeline).map(|_| load.request(&mut self.rng)).collect();
            let sent = Instant::now();
            let tally = Arc::clone(&self.tally);
            connection
                .pipeline(&requests, |reply| {
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    match reply {
                        Reply::Error(text) => tally.fail(text, 1),
                        _ => tally.succeed(sent, Instant::now()),
                    }
                })
                .await?;
        }
        Ok(())
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::{net::SocketAddr, sync::Arc, time::Duration};

use quorate_machine::Rng;
use tokio::time::sleep;

use super::history::Recorder;
use crate::connection::{CallError, Connection};

/// Longer than an election takes, and shorter than the tour's pause.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between calls, so that the history can be judged in a blink.
const THINK: Duration = Duration::from_millis(2);
const RETRY_AFTER: Duration = Duration::from_millis(20);
/// Calls move on to new keys, so that no key's history gets long.
const CALLS_PER_ROUND: usize = 400;
const KEYS_PER_ROUND: u64 = 4;

/// Reads and writes registers, one call at a time, until it is dropped.
pub(super) struct DemoClient {
    turn: usize,
    addresses: Vec<SocketAddr>,
    rng: Rng,
    recorder: Arc<Recorder>,
}

impl DemoClient {
    pub(super) fn new(nth: u64, addresses: Vec<SocketAddr>, recorder: Arc<Recorder>) -> Self {
        Self { turn: usize::try_from(nth).unwrap_or(0), addresses, rng: Rng::new(nth), recorder }
    }

    pub(super) async fn run(mut self) {
        loop {
            // The recorder knows what became of the call; here the next node is tried.
            let _ = self.stay().await;
            self.turn += 1;
            sleep(RETRY_AFTER).await;
        }
    }

    async fn stay(&mut self) -> Result<(), CallError> {
        let Some(address) = self.addresses.get(self.turn % self.addresses.len()) else { return Ok(()) };
        let mut connection = Connection::open(*address, PATIENCE).await?;
        loop {
            let round = self.recorder.calls() / CALLS_PER_ROUND;
            let key = format!("demo:{round}:{}", self.rng.below(KEYS_PER_ROUND));
            if self.rng.below(2) == 0 {
                self.write(&mut connection, &key).await?;
            } else {
                let invoked = self.recorder.begin();
                let reply = connection.call(&["GET", &key]).await?;
                self.recorder.end_read(&key, invoked, &reply);
            }
            sleep(THINK).await;
        }
    }

    async fn write(&self, connection: &mut Connection, key: &str) -> Result<(), CallError> {
        let invoked = self.recorder.begin();
        // No value is written twice.
        let value = invoked as u64;
        // A client that is dropped in the middle of a write leaves it open.
        let open = self.recorder.begin_write(key, invoked, value);
        let reply = connection.call(&["SET", key, &value.to_string()]).await?;
        self.recorder.end_write(&open, &reply);
        Ok(())
    }
}

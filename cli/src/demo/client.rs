use std::{net::SocketAddr, sync::Arc, time::Duration};

use quorate_consistency::spec::KvOp;
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
const CALLS_PER_ROUND: u64 = 400;
const KEYS_PER_ROUND: u64 = 4;

/// Reads and writes keys, one call at a time, until it is dropped.
pub(super) struct DemoClient {
    nth: u64,
    /// How many values it has thought of.
    written: u64,
    turn: usize,
    addresses: Vec<SocketAddr>,
    rng: Rng,
    recorder: Arc<Recorder>,
}

impl DemoClient {
    pub(super) fn new(nth: u64, addresses: Vec<SocketAddr>, recorder: Arc<Recorder>) -> Self {
        Self {
            nth,
            written: 0,
            turn: usize::try_from(nth).unwrap_or(0),
            addresses,
            rng: Rng::new(nth),
            recorder,
        }
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
            self.call(&mut connection, key).await?;
            sleep(THINK).await;
        }
    }

    async fn call(&mut self, connection: &mut Connection, key: String) -> Result<(), CallError> {
        // No value is written twice.
        self.written += 1;
        let value = format!("{}.{},", self.nth, self.written);
        let (op, words) = match self.rng.below(8) {
            0..4 => (KvOp::Get(key.clone()), vec!["GET", &key]),
            4 | 5 => (KvOp::Put(key.clone(), value.clone()), vec!["SET", &key, &value]),
            6 => (KvOp::Append(key.clone(), value.clone()), vec!["APPEND", &key, &value]),
            _ => {
                let op = KvOp::Cas { key: key.clone(), from: None, to: value.clone() };
                (op, vec!["SETNX", &key, &value])
            }
        };
        let call = self.recorder.begin(op);
        let reply = connection.call(&words).await?;
        self.recorder.end(call, &reply);
        Ok(())
    }
}

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quorate_sim::linear::{Call, Judgement, RegisterOp, judge_register};

use crate::reply::Reply;

/// More than any key's history needs.
const STEPS_MAX: u64 = 5_000_000;

/// What all clients did and saw, in the order in which it happened.
pub(super) struct Recorder {
    known: Mutex<Known>,
}

struct Known {
    /// The places of all beginnings and ends, so far.
    places: usize,
    calls: BTreeMap<String, Vec<Call<RegisterOp<u64>>>>,
    acknowledged: u64,
    refused: u64,
    last_answer: Instant,
    longest_gap: Duration,
}

/// A write that has not ended.
pub(super) struct OpenWrite {
    key: String,
    at: usize,
}

/// What the judge says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) calls: u64,
    pub(super) keys: u64,
    pub(super) known: u64,
    pub(super) refused: u64,
    pub(super) unknown: u64,
    /// The first key whose history is not as it should be, and why.
    pub(super) wrong: Option<String>,
}

impl Recorder {
    pub(super) fn new() -> Self {
        let known = Known {
            places: 0,
            calls: BTreeMap::new(),
            acknowledged: 0,
            refused: 0,
            last_answer: Instant::now(),
            longest_gap: Duration::ZERO,
        };
        Self { known: Mutex::new(known) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call begins at the place that is answered.
    pub(super) fn begin(&self) -> usize {
        self.known().next_place()
    }

    pub(super) fn end_read(&self, key: &str, invoked: usize, reply: &Reply) {
        let mut known = self.known();
        let seen = match reply {
            Reply::Nil => None,
            Reply::Bulk(bytes) => match core::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()) {
                Some(value) => Some(value),
                // Nobody wrote this; the judge will say so.
                None => Some(u64::MAX),
            },
            _ => return known.refused += 1,
        };
        let returned = Some(known.answered());
        let call = Call { op: RegisterOp::Read(seen), invoked, returned };
        known.calls.entry(key.to_owned()).or_default().push(call);
    }

    pub(super) fn begin_write(&self, key: &str, invoked: usize, value: u64) -> OpenWrite {
        let mut known = self.known();
        let calls = known.calls.entry(key.to_owned()).or_default();
        calls.push(Call { op: RegisterOp::Write(value), invoked, returned: None });
        OpenWrite { key: key.to_owned(), at: calls.len() - 1 }
    }

    pub(super) fn end_write(&self, write: &OpenWrite, reply: &Reply) {
        let mut known = self.known();
        match reply {
            Reply::Error(text) if text.starts_with("UNKNOWN") => {}
            Reply::Error(_) => {
                // It had no effect: as if it had never been asked for. It keeps its place, and is dropped by the judge.
                known.refused += 1;
                known.set(write, |call| call.invoked = NEVER);
            }
            _ => {
                let returned = known.answered();
                known.set(write, |call| call.returned = Some(returned));
            }
        }
    }

    pub(super) fn calls(&self) -> usize {
        self.known().places / 2
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.known().acknowledged
    }

    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.known().calls.keys().cloned().collect()
    }

    /// Measures gaps anew.
    pub(super) fn start_watch(&self) {
        let mut known = self.known();
        known.longest_gap = Duration::ZERO;
        known.last_answer = Instant::now();
    }

    /// The longest time without any answer since the watch was started.
    pub(super) fn longest_gap(&self) -> Duration {
        let known = self.known();
        known.longest_gap.max(known.last_answer.elapsed())
    }

    pub(super) fn judge(&self) -> Verdict {
        let known = self.known();
        let mut verdict = Verdict { refused: known.refused, calls: known.refused, ..Verdict::default() };
        for (key, calls) in &known.calls {
            let mut calls: Vec<_> = calls.iter().filter(|call| call.invoked != NEVER).cloned().collect();
            calls.sort_by_key(|call| call.invoked);
            let open = calls.iter().filter(|call| call.returned.is_none()).count() as u64;
            verdict.calls += calls.len() as u64;
            verdict.keys += 1;
            verdict.unknown += open;
            verdict.known += calls.len() as u64 - open;
            let judgement = judge_register(&calls, STEPS_MAX);
            if judgement != Judgement::Linearizable && verdict.wrong.is_none() {
                verdict.wrong = Some(format!("{key} is {judgement}"));
            }
        }
        verdict
    }
}

/// The beginning of a call that had no effect.
const NEVER: usize = usize::MAX;

impl Known {
    fn next_place(&mut self) -> usize {
        self.places += 1;
        self.places
    }

    /// The place of an answer that was just received.
    fn answered(&mut self) -> usize {
        self.acknowledged += 1;
        let now = Instant::now();
        self.longest_gap = self.longest_gap.max(now.duration_since(self.last_answer));
        self.last_answer = now;
        self.next_place()
    }

    fn set(&mut self, write: &OpenWrite, change: impl FnMut(&mut Call<RegisterOp<u64>>)) {
        let call = self.calls.get_mut(&write.key).and_then(|calls| calls.get_mut(write.at));
        call.into_iter().for_each(change);
    }
}

#[cfg(test)]
mod tests {
    use super::Recorder;
    use crate::reply::Reply;

    fn ok() -> Reply {
        Reply::Status("OK".into())
    }

    fn number(value: u64) -> Reply {
        Reply::Bulk(value.to_string().into())
    }

    fn write(recorder: &Recorder, value: u64, reply: &Reply) {
        let invoked = recorder.begin();
        let open = recorder.begin_write("k", invoked, value);
        recorder.end_write(&open, reply);
    }

    fn read(recorder: &Recorder, reply: &Reply) {
        let invoked = recorder.begin();
        recorder.end_read("k", invoked, reply);
    }

    #[test]
    fn what_one_machine_would_do_is_linearizable() {
        let recorder = Recorder::new();
        read(&recorder, &Reply::Nil);
        write(&recorder, 1, &ok());
        read(&recorder, &number(1));
        let verdict = recorder.judge();
        assert_eq!((verdict.calls, verdict.known, verdict.unknown, verdict.wrong), (3, 3, 0, None));
    }

    #[test]
    fn a_lost_write_is_noticed() {
        let recorder = Recorder::new();
        write(&recorder, 1, &ok());
        write(&recorder, 2, &ok());
        read(&recorder, &number(1));
        assert!(recorder.judge().wrong.is_some());
    }

    #[test]
    fn a_refused_write_that_shows_is_noticed() {
        let recorder = Recorder::new();
        write(&recorder, 1, &Reply::Error("CLUSTERDOWN".into()));
        assert_eq!(recorder.judge().wrong, None);
        read(&recorder, &number(1));
        assert!(recorder.judge().wrong.is_some());
    }

    #[test]
    fn a_write_of_unknown_outcome_may_show_or_not() {
        for seen in [number(1), Reply::Nil] {
            let recorder = Recorder::new();
            write(&recorder, 1, &Reply::Error("UNKNOWN who knows".into()));
            read(&recorder, &seen);
            let verdict = recorder.judge();
            assert_eq!((verdict.unknown, verdict.wrong), (1, None));
        }
    }

    #[test]
    fn what_nobody_wrote_is_noticed() {
        let recorder = Recorder::new();
        read(&recorder, &Reply::Bulk("garbage".into()));
        assert!(recorder.judge().wrong.is_some());
    }
}

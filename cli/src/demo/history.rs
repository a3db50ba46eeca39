use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quorate_consistency::{
    Explanation, HistoryBuilder, Linearizer, OpId, Options, Outcome, Verdict as Judged,
    explain::Debugged,
    spec::{Kv, KvOp, KvRet},
};

use crate::reply::Reply;

/// More than the history of a tour needs.
const STEPS_MAX: u64 = 50_000_000;
/// How many operations an explanation shows.
const SHOWN: usize = 12;

/// What all clients did and saw, in the order in which it happened.
pub(super) struct Recorder {
    known: Mutex<Known>,
}

struct Known {
    history: HistoryBuilder<KvOp<String>, KvRet>,
    keys: BTreeSet<String>,
    /// Processes without an open call.
    idle: Vec<u64>,
    processes: u64,
    calls: u64,
    acknowledged: u64,
    last_answer: Instant,
    longest_gap: Duration,
}

/// A call that has not ended. If it is dropped nobody knows what became of it.
pub(super) struct OpenCall {
    process: u64,
    op: KvOp<String>,
}

/// What the judge says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) calls: u64,
    pub(super) keys: u64,
    pub(super) known: u64,
    pub(super) refused: u64,
    pub(super) unknown: u64,
    pub(super) judgement: Judgement,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Linearizable,
    /// It is not, for this reason.
    Wrong(String),
    /// The search was given up.
    Undecided,
}

impl Recorder {
    pub(super) fn new() -> Self {
        let known = Known {
            history: HistoryBuilder::new(),
            keys: BTreeSet::new(),
            idle: Vec::new(),
            processes: 0,
            calls: 0,
            acknowledged: 0,
            last_answer: Instant::now(),
            longest_gap: Duration::ZERO,
        };
        Self { known: Mutex::new(known) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call begins.
    pub(super) fn begin(&self, op: KvOp<String>) -> OpenCall {
        self.known().begin(op)
    }

    /// It has its reply.
    pub(super) fn end(&self, call: OpenCall, reply: &Reply) {
        self.known().end(call, reply);
    }

    pub(super) fn calls(&self) -> u64 {
        self.known().calls
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.known().acknowledged
    }

    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.known().keys.clone()
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
        let (spec, history) = (Kv::new(None), known.history.clone().finish());
        let mut verdict = Verdict {
            calls: known.calls,
            keys: known.keys.len() as u64,
            known: 0,
            refused: 0,
            unknown: 0,
            judgement: Judgement::Linearizable,
        };
        for operation in history.operations() {
            let counted = match operation.outcome {
                Outcome::Returned(_) => &mut verdict.known,
                Outcome::Failed => &mut verdict.refused,
                Outcome::Unknown => &mut verdict.unknown,
            };
            *counted += 1;
        }
        verdict.judgement = match Linearizer::new(&spec, &history, Options::default()).run(STEPS_MAX) {
            Judged::Ok(_) => Judgement::Linearizable,
            Judged::Unknown(_) => Judgement::Undecided,
            Judged::Violation(found) => {
                let told = Explanation::new(&spec, &history, &found, &Debugged, SHOWN);
                Judgement::Wrong(told.map_or_else(|| found.op.to_string(), |told| told.to_string()))
            }
        };
        verdict
    }
}

impl Known {
    fn begin(&mut self, op: KvOp<String>) -> OpenCall {
        let process = self.idle.pop().unwrap_or_else(|| {
            self.processes += 1;
            self.processes - 1
        });
        self.calls += 1;
        let (KvOp::Get(key)
        | KvOp::Put(key, _)
        | KvOp::Append(key, _)
        | KvOp::Delete(key)
        | KvOp::Cas { key, .. }) = &op;
        self.keys.insert(key.clone());
        noted(&self.history.invoke(process, op.clone()));
        OpenCall { process, op }
    }

    fn end(&mut self, OpenCall { process, op }: OpenCall, reply: &Reply) {
        match reply {
            // Its process is never used again.
            Reply::Error(text) if text.starts_with("UNKNOWN") => noted(&self.history.info(process)),
            Reply::Error(_) => {
                noted(&self.history.fail(process));
                self.idle.push(process);
            }
            reply => {
                noted(&self.history.ok(process, returned(&op, reply)));
                self.idle.push(process);
                self.acknowledged += 1;
                let now = Instant::now();
                self.longest_gap = self.longest_gap.max(now.duration_since(self.last_answer));
                self.last_answer = now;
            }
        }
    }
}

/// Processes begin and end their calls by turns, so that nothing is malformed but a history without end.
fn noted<E: core::fmt::Debug>(result: &Result<OpId, E>) {
    debug_assert!(result.is_ok(), "{result:?}");
}

fn returned(op: &KvOp<String>, reply: &Reply) -> KvRet {
    match (op, reply) {
        (KvOp::Get(_), Reply::Nil) => KvRet::Value(None),
        (KvOp::Get(_), Reply::Bulk(bytes)) => KvRet::Value(Some(String::from_utf8_lossy(bytes).into_owned())),
        (KvOp::Put(..), Reply::Status(_)) | (KvOp::Append(..) | KvOp::Delete(_), Reply::Integer(_)) => {
            KvRet::Done
        }
        (KvOp::Cas { .. }, Reply::Integer(swapped)) => KvRet::Swapped(*swapped == 1),
        // No call returns this; the judge will say so.
        (_, reply) => KvRet::Value(Some(format!("{reply:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use quorate_consistency::spec::KvOp;

    use super::{Judgement, Recorder, Verdict};
    use crate::reply::Reply;

    fn ok() -> Reply {
        Reply::Status("OK".into())
    }

    fn value(text: &str) -> Reply {
        Reply::Bulk(text.to_owned().into())
    }

    fn refused() -> Reply {
        Reply::Error("CLUSTERDOWN".into())
    }

    fn unknown() -> Reply {
        Reply::Error("UNKNOWN who knows".into())
    }

    fn get() -> KvOp<String> {
        KvOp::Get("k".into())
    }

    fn put(value: &str) -> KvOp<String> {
        KvOp::Put("k".into(), value.into())
    }

    fn append(tail: &str) -> KvOp<String> {
        KvOp::Append("k".into(), tail.into())
    }

    fn put_absent(value: &str) -> KvOp<String> {
        KvOp::Cas { key: "k".into(), from: None, to: value.into() }
    }

    /// Calls one after the other, judged.
    fn verdict(calls: &[(KvOp<String>, Reply)]) -> Verdict {
        let recorder = Recorder::new();
        for (op, reply) in calls {
            let call = recorder.begin(op.clone());
            recorder.end(call, reply);
        }
        recorder.judge()
    }

    fn is_wrong(calls: &[(KvOp<String>, Reply)]) -> bool {
        matches!(verdict(calls).judgement, Judgement::Wrong(_))
    }

    #[test]
    fn what_one_machine_would_do_is_linearizable() {
        let verdict = verdict(&[
            (get(), Reply::Nil),
            (put_absent("1,"), Reply::Integer(1)),
            (put_absent("2,"), Reply::Integer(0)),
            (append("3,"), Reply::Integer(4)),
            (get(), value("1,3,")),
            (put("4,"), ok()),
            (get(), value("4,")),
        ]);
        assert_eq!((verdict.calls, verdict.known, verdict.unknown), (7, 7, 0));
        assert_eq!(verdict.judgement, Judgement::Linearizable);
    }

    #[test]
    fn a_lost_write_is_explained() {
        let lost = [(put("1"), ok()), (put("2"), ok()), (get(), value("1"))];
        let Judgement::Wrong(why) = verdict(&lost).judgement else { panic!("it is lost") };
        assert!(
            why.contains("`Get(\"k\")` cannot return Value(Some(\"1\")): the object holds Some(\"2\")"),
            "{why}"
        );
        assert!(is_wrong(&[(put("1"), ok()), (append("2"), Reply::Integer(2)), (get(), value("1"))]));
        assert!(is_wrong(&[(put("1"), ok()), (put_absent("2"), Reply::Integer(1))]));
    }

    #[test]
    fn a_refused_write_that_shows_is_noticed() {
        let refused = (put("1"), refused());
        let alone = verdict(core::slice::from_ref(&refused));
        assert_eq!((alone.refused, alone.judgement), (1, Judgement::Linearizable));
        assert!(is_wrong(&[refused, (get(), value("1"))]));
    }

    #[test]
    fn a_write_of_unknown_outcome_may_show_or_not() {
        for seen in [value("1"), Reply::Nil] {
            let verdict = verdict(&[(put("1"), unknown()), (get(), seen)]);
            assert_eq!((verdict.unknown, verdict.judgement), (1, Judgement::Linearizable));
        }
    }

    #[test]
    fn a_call_that_is_dropped_stays_open() {
        let recorder = Recorder::new();
        drop(recorder.begin(append("1")));
        let read = recorder.begin(get());
        recorder.end(read, &value("1"));
        let verdict = recorder.judge();
        assert_eq!((verdict.known, verdict.unknown, verdict.judgement), (1, 1, Judgement::Linearizable));
    }

    #[test]
    fn what_nobody_wrote_is_noticed() {
        assert!(is_wrong(&[(get(), value("garbage"))]));
        assert!(is_wrong(&[(put("1"), Reply::Nil)]));
    }
}

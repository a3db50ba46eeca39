//! Judges of linearizability, each given the same histories.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use quorate_consistency::{
    History, HistoryBuilder, Linearizer, Options,
    format::{FailedCas, Format, Value, assemble, read},
    spec::{CasOp, CasRegister, CasRet, Kv, KvOp, KvRet, Register, RegisterOp, RegisterRet},
};
use stateright::semantics::{
    ConsistencyTester as _, LinearizabilityTester,
    register::{Register as PeerRegister, RegisterOp as PeerOp, RegisterRet as PeerRet},
};
use todc_utils::{WGLChecker, specifications::etcd};

use crate::cpu::cpu_time;

/// A history of a register with compare-and-set.
pub type CasHistory = History<CasOp<u32>, CasRet<u32>>;

/// A history of a store of strings.
pub type KvHistory = History<KvOp<u32>, KvRet>;

/// What a judge said, and how long it took, parsing apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Whether it is linearizable.
    pub linearizable: bool,
    /// How long this process has computed to find out.
    pub time: Duration,
    /// How many steps, where the judge counts them.
    pub steps: u64,
}

fn timed(judge: impl FnOnce() -> (bool, u64)) -> Judged {
    let begun = cpu_time();
    let (linearizable, steps) = judge();
    Judged { linearizable, time: cpu_time().saturating_sub(begun), steps }
}

/// The logs of Jepsen's etcd tests in a folder, by name.
///
/// # Errors
/// If it cannot be read.
pub fn logs(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut logs: Vec<_> =
        fs::read_dir(folder)?.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.sort();
    Ok(logs)
}

/// This workspace's judge of a log.
///
/// # Errors
/// If the log cannot be read.
pub fn quorate_log(path: &Path) -> Result<Judged, Box<dyn std::error::Error>> {
    let entries = read(&fs::read_to_string(path)?, Format::Etcd)?;
    let spec = CasRegister { initial: Value::Nil };
    let history = assemble(&spec, &entries, FailedCas::Mismatch)?.history;
    Ok(timed(|| {
        let mut search = Linearizer::new(&spec, &history, Options::default());
        (search.run(u64::MAX).is_ok(), search.steps())
    }))
}

/// `todc-utils`, with its own reader of these logs.
pub fn todc_log(path: &Path) -> Judged {
    let history = etcd::history_from_log(path.display().to_string());
    timed(|| (WGLChecker::<etcd::EtcdSpecification>::is_linearizable(history), 0))
}

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014).
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((z ^ z >> 31) % u64::from(bound)).unwrap_or(0)
    }
}

/// One end of a call of a process.
#[derive(Clone, Debug)]
pub(crate) enum End<O, R> {
    Call(O),
    Return(R),
}

/// What clients of a correct object see, every call taking effect at a random moment between its ends. So many times of a
/// hundred the process goes on that went on last: the more, the less do calls overlap.
pub(crate) fn simulate<O, R>(
    processes: u32,
    operations: u32,
    focus_percent: u32,
    rng: &mut Rng,
    mut draw: impl FnMut(&mut Rng) -> O,
    mut effect: impl FnMut(&O) -> R,
    mut see: impl FnMut(u32, End<O, R>),
) where
    O: Clone,
{
    let mut running: Vec<Option<(O, Option<R>)>> = (0..processes).map(|_| None).collect();
    let (mut invoked, mut process) = (0, 0);
    while invoked < operations || running.iter().any(Option::is_some) {
        if rng.below(100) >= focus_percent {
            process = rng.below(processes);
        }
        let slot = &mut running[process as usize];
        *slot = match slot.take() {
            None if invoked < operations => {
                invoked += 1;
                let op = draw(rng);
                see(process, End::Call(op.clone()));
                Some((op, None))
            }
            None => None,
            Some((op, None)) => {
                let ret = effect(&op);
                Some((op, Some(ret)))
            }
            Some((_, Some(ret))) => {
                see(process, End::Return(ret));
                None
            }
        };
    }
}

fn record<O, R>(builder: &mut HistoryBuilder<O, R>, process: u32, end: End<O, R>) {
    let fits = match end {
        End::Call(op) => builder.invoke(process.into(), op).is_ok(),
        End::Return(ret) => builder.ok(process.into(), ret).is_ok(),
    };
    debug_assert!(fits, "a process has one operation at a time");
}

/// Reads, writes and compare-and-sets of five values, a third each. Of a thousand calls so many take effect
/// and never return, and others go on for who called. If `wrong`, the last read of all sees what nobody wrote.
pub fn cas_history(
    processes: u32,
    operations: u32,
    pending_permille: u32,
    seed: u64,
    wrong: bool,
) -> CasHistory {
    let (mut state, mut builder) = (0, HistoryBuilder::new());
    let (mut fate, mut names, mut next_name) = (Rng(!seed), (0..processes).collect::<Vec<_>>(), processes);
    let draw = |rng: &mut Rng| match rng.below(3) {
        0 => CasOp::Read,
        1 => CasOp::Write(rng.below(5)),
        _ => CasOp::Cas { from: rng.below(5), to: rng.below(5) },
    };
    let effect = |op: &CasOp<u32>| match op {
        CasOp::Read => CasRet::Value(state),
        CasOp::Write(value) => {
            state = *value;
            CasRet::Written
        }
        CasOp::Cas { from, to } => {
            let swapped = state == *from;
            state = if swapped { *to } else { state };
            CasRet::Swapped(swapped)
        }
    };
    let see = |process: u32, end: End<CasOp<u32>, CasRet<u32>>| {
        let name = &mut names[process as usize];
        if matches!(end, End::Return(_)) && fate.below(1000) < pending_permille {
            *name = next_name;
            next_name += 1;
        } else {
            record(&mut builder, *name, end);
        }
    };
    simulate(processes, operations, 0, &mut Rng(seed), draw, effect, see);
    if wrong {
        record(&mut builder, next_name, End::Call(CasOp::Read));
        record(&mut builder, next_name, End::Return(CasRet::Value(9)));
    }
    builder.finish()
}

/// Gets, puts and appends, a third each, of a few keys. If `wrong`, the last get of all sees what nobody wrote.
pub fn kv_history(processes: u32, operations: u32, keys: u32, seed: u64, wrong: bool) -> KvHistory {
    let (mut store, mut builder, mut nth) = (vec![String::new(); keys as usize], HistoryBuilder::new(), 0);
    let draw = |rng: &mut Rng| {
        nth += 1;
        let (key, value) = (rng.below(keys), format!(" {nth}"));
        match rng.below(3) {
            0 => KvOp::Get(key),
            // Now and then only, so that what is appended grows.
            1 if rng.below(20) == 0 => KvOp::Put(key, value),
            _ => KvOp::Append(key, value),
        }
    };
    let effect = |op: &KvOp<u32>| match op {
        KvOp::Get(key) => KvRet::Value(Some(store[*key as usize].clone())),
        KvOp::Put(key, value) => {
            store[*key as usize].clone_from(value);
            KvRet::Done
        }
        KvOp::Append(key, value) => {
            store[*key as usize].push_str(value);
            KvRet::Done
        }
        KvOp::Delete(_) | KvOp::Cas { .. } => KvRet::Done,
    };
    let see = |process, end| record(&mut builder, process, end);
    simulate(processes, operations, 0, &mut Rng(seed), draw, effect, see);
    if wrong {
        record(&mut builder, 0, End::Call(KvOp::Get(0)));
        record(&mut builder, 0, End::Return(KvRet::Value(Some("what nobody wrote".to_owned()))));
    }
    builder.finish()
}

/// This workspace's judge of such a history.
pub fn quorate_kv(history: &KvHistory) -> Judged {
    let spec = Kv::new(Some(String::new()));
    timed(|| {
        let mut search = Linearizer::new(&spec, history, Options::default());
        (search.run(u64::MAX).is_ok(), search.steps())
    })
}

/// This workspace's judge of such a history.
pub fn quorate_cas(history: &CasHistory) -> Judged {
    let spec = CasRegister { initial: 0 };
    timed(|| {
        let mut search = Linearizer::new(&spec, history, Options::default());
        (search.run(u64::MAX).is_ok(), search.steps())
    })
}

/// Reads and writes of five values, half each; the last read of all sees what nobody wrote.
#[derive(Clone, Debug)]
pub struct WrongRead(Vec<(u32, RegisterEnd)>);

type RegisterEnd = End<RegisterOp<u32>, RegisterRet<u32>>;

impl WrongRead {
    /// By so many processes, of so many calls each.
    pub fn new(processes: u32, calls: u32, seed: u64) -> Self {
        let (mut state, mut ends) = (0, Vec::new());
        let draw = |rng: &mut Rng| match rng.below(2) {
            0 => RegisterOp::Read,
            _ => RegisterOp::Write(rng.below(5)),
        };
        let effect = |op: &RegisterOp<u32>| match op {
            RegisterOp::Read => RegisterRet::Value(state),
            RegisterOp::Write(value) => {
                state = *value;
                RegisterRet::Written
            }
        };
        simulate(processes, processes * calls - 1, 85, &mut Rng(seed), draw, effect, |process, end| {
            ends.push((process, end));
        });
        ends.push((0, End::Call(RegisterOp::Read)));
        ends.push((0, End::Return(RegisterRet::Value(9))));
        Self(ends)
    }

    /// This workspace's judge.
    pub fn quorate(&self) -> Judged {
        let mut builder = HistoryBuilder::new();
        for (process, end) in self.0.clone() {
            record(&mut builder, process, end);
        }
        let (spec, history) = (Register { initial: 0 }, builder.finish());
        timed(|| {
            let mut search = Linearizer::new(&spec, &history, Options::default());
            (search.run(u64::MAX).is_ok(), search.steps())
        })
    }

    /// `stateright`.
    pub fn stateright(&self) -> Judged {
        let mut tester = LinearizabilityTester::new(PeerRegister(0));
        for (process, end) in self.0.clone() {
            let fits = match end {
                End::Call(RegisterOp::Read) => tester.on_invoke(process, PeerOp::Read).is_ok(),
                End::Call(RegisterOp::Write(value)) => {
                    tester.on_invoke(process, PeerOp::Write(value)).is_ok()
                }
                End::Return(RegisterRet::Value(seen)) => {
                    tester.on_return(process, PeerRet::ReadOk(seen)).is_ok()
                }
                End::Return(RegisterRet::Written) => tester.on_return(process, PeerRet::WriteOk).is_ok(),
            };
            debug_assert!(fits, "a process has one operation at a time");
        }
        timed(|| (tester.is_consistent(), 0))
    }
}

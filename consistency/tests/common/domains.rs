//! The specifications of the crate with calls to draw from.

use std::collections::BTreeSet;

use quorate_consistency::{Nondeterministic, spec::*};

use super::{Domain, Rng};

/// Writes of few values, or of different ones.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    pub unique: bool,
}
#[derive(Clone, Copy, Debug)]
pub struct CasRegisters;
#[derive(Clone, Copy, Debug)]
pub struct MultiRegisters;
#[derive(Clone, Copy, Debug)]
pub struct Mutexes;
/// Any set, or one that only grows, by different values.
#[derive(Clone, Copy, Debug)]
pub struct Sets {
    pub growing: bool,
}
#[derive(Clone, Copy, Debug)]
pub struct Counters;
#[derive(Clone, Copy, Debug)]
pub struct Queues;
#[derive(Clone, Copy, Debug)]
pub struct UnorderedQueues;
#[derive(Clone, Copy, Debug)]
pub struct Stacks;
#[derive(Clone, Copy, Debug)]
pub struct Kvs;
#[derive(Clone, Copy, Debug)]
pub struct Lists;
#[derive(Clone, Copy, Debug)]
pub struct Bags;
#[derive(Clone, Copy, Debug)]
pub struct Logs;

/// Calls a generic function for every domain, always as one type: it and all that it needs are compiled once.
#[allow(unused_macros, reason = "each test file uses its own part")]
macro_rules! for_every_domain {
    ($function:ident) => {{
        use $crate::common::{domains::*, erased::Erased};
        $function("register", &Erased(&Registers { unique: false }));
        $function("register with unique writes", &Erased(&Registers { unique: true }));
        $function("registers", &Erased(&KeyedRegisters));
        $function("cas-register", &Erased(&CasRegisters));
        $function("multi-register", &Erased(&MultiRegisters));
        $function("mutex", &Erased(&Mutexes));
        $function("set", &Erased(&Sets { growing: false }));
        $function("growing set", &Erased(&Sets { growing: true }));
        $function("counter", &Erased(&Counters));
        $function("queue", &Erased(&Queues));
        $function("unordered queue", &Erased(&UnorderedQueues));
        $function("stack", &Erased(&Stacks));
        $function("kv", &Erased(&Kvs));
        $function("list", &Erased(&Lists));
        $function("bag", &Erased(&Bags));
        $function("log", &Erased(&Logs));
        $function("coin", &Erased(&Coins));
    }};
}
#[allow(unused_imports, reason = "each test file uses its own part")]
pub(crate) use for_every_domain;

fn small(rng: &mut Rng, bound: u8) -> u8 {
    u8::try_from(rng.below(bound.into())).unwrap()
}

impl Domain for Registers {
    type Spec = Register<u8>;
    fn spec(&self) -> Register<u8> {
        Register { initial: 0 }
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> RegisterOp<u8> {
        let value = if self.unique { u8::try_from(1 + nth % 255).unwrap() } else { small(rng, 3) };
        if rng.chance(50) { RegisterOp::Read } else { RegisterOp::Write(value) }
    }
    fn rets(&self, op: &RegisterOp<u8>, _: usize) -> Vec<RegisterRet<u8>> {
        match op {
            RegisterOp::Read => (0..if self.unique { 8 } else { 3 }).map(RegisterRet::Value).collect(),
            RegisterOp::Write(_) => vec![RegisterRet::Written],
        }
    }
    fn answer(&self, state: &u8, op: &RegisterOp<u8>) -> Option<RegisterRet<u8>> {
        (*op == RegisterOp::Read).then_some(RegisterRet::Value(*state))
    }
}

impl Domain for CasRegisters {
    type Spec = CasRegister<u8>;
    fn spec(&self) -> CasRegister<u8> {
        CasRegister { initial: 0 }
    }
    fn op(&self, rng: &mut Rng, _: usize) -> CasOp<u8> {
        match rng.below(3) {
            0 => CasOp::Read,
            1 => CasOp::Write(small(rng, 3)),
            _ => CasOp::Cas { from: small(rng, 3), to: small(rng, 3) },
        }
    }
    fn rets(&self, op: &CasOp<u8>, _: usize) -> Vec<CasRet<u8>> {
        match op {
            CasOp::Read => (0..3).map(CasRet::Value).collect(),
            CasOp::Write(_) => vec![CasRet::Written],
            CasOp::Cas { .. } => vec![CasRet::Swapped(false), CasRet::Swapped(true)],
        }
    }
}

/// Two registers, by key.
#[derive(Clone, Copy, Debug)]
pub struct KeyedRegisters;

impl Domain for KeyedRegisters {
    type Spec = quorate_consistency::spec::Registers<u8, u8>;
    fn spec(&self) -> Self::Spec {
        quorate_consistency::spec::Registers::new(0)
    }
    fn op(&self, rng: &mut Rng, _: usize) -> Access<u8, u8> {
        let key = small(rng, 2);
        if rng.chance(50) { Access::Read(key) } else { Access::Write(key, small(rng, 3)) }
    }
    fn rets(&self, op: &Access<u8, u8>, _: usize) -> Vec<RegisterRet<u8>> {
        match op {
            Access::Read(_) => (0..3).map(RegisterRet::Value).collect(),
            Access::Write(..) => vec![RegisterRet::Written],
        }
    }
}

impl Domain for MultiRegisters {
    type Spec = MultiRegister<u8, u8>;
    fn spec(&self) -> Self::Spec {
        MultiRegister::new([(0, 0)].into())
    }
    fn op(&self, rng: &mut Rng, _: usize) -> Vec<Access<u8, u8>> {
        (0..=rng.below(2))
            .map(|_| {
                let key = small(rng, 2);
                if rng.chance(50) { Access::Read(key) } else { Access::Write(key, small(rng, 2)) }
            })
            .collect()
    }
    fn rets(&self, op: &Vec<Access<u8, u8>>, _: usize) -> Vec<Vec<Option<u8>>> {
        let mut rets = vec![vec![]];
        for _ in op.iter().filter(|access| matches!(access, Access::Read(_))) {
            rets = rets
                .into_iter()
                .flat_map(|ret: Vec<Option<u8>>| {
                    [None, Some(0), Some(1)].map(|value| ret.iter().copied().chain([value]).collect())
                })
                .collect();
        }
        rets
    }
}

impl Domain for Mutexes {
    type Spec = Mutex;
    fn spec(&self) -> Mutex {
        Mutex
    }
    fn op(&self, rng: &mut Rng, _: usize) -> MutexOp {
        if rng.chance(50) { MutexOp::Acquire } else { MutexOp::Release }
    }
    fn rets(&self, _: &MutexOp, _: usize) -> Vec<()> {
        vec![()]
    }
}

impl Domain for Sets {
    type Spec = Set<u8>;
    fn spec(&self) -> Set<u8> {
        Set::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> SetOp<u8> {
        let value = small(rng, 2);
        if self.growing {
            return if rng.chance(60) { SetOp::Add(u8::try_from(nth % 256).unwrap()) } else { SetOp::Read };
        }
        match rng.below(4) {
            0 => SetOp::Add(value),
            1 => SetOp::Remove(value),
            2 => SetOp::Contains(value),
            _ => SetOp::Read,
        }
    }
    fn rets(&self, op: &SetOp<u8>, nth: usize) -> Vec<SetRet<u8>> {
        match op {
            SetOp::Add(_) if self.growing => vec![SetRet::Done],
            SetOp::Add(_) | SetOp::Remove(_) => {
                vec![SetRet::Done, SetRet::Changed(false), SetRet::Changed(true)]
            }
            SetOp::Contains(_) => vec![SetRet::Contains(false), SetRet::Contains(true)],
            SetOp::Read if self.growing => {
                // Some of the values that may have been added before.
                let mut rng = Rng(nth as u64);
                (0..8).map(|_| SetRet::Elements((0..8).filter(|_| rng.chance(40)).collect())).collect()
            }
            SetOp::Read => [vec![], vec![0], vec![1], vec![0, 1]]
                .map(|elements| SetRet::Elements(elements.into_iter().collect::<BTreeSet<u8>>()))
                .to_vec(),
        }
    }
    fn answer(&self, state: &BTreeSet<u8>, op: &SetOp<u8>) -> Option<SetRet<u8>> {
        (self.growing && *op == SetOp::Read).then(|| SetRet::Elements(state.clone()))
    }
}

impl Domain for Counters {
    type Spec = Counter;
    fn spec(&self) -> Counter {
        Counter { initial: 0 }
    }
    fn op(&self, rng: &mut Rng, _: usize) -> CounterOp {
        *rng.pick(&[
            CounterOp::Read,
            CounterOp::Read,
            CounterOp::Add(1),
            CounterOp::Add(-1),
            CounterOp::Add(0),
        ])
    }
    fn rets(&self, op: &CounterOp, _: usize) -> Vec<CounterRet> {
        let added = matches!(op, CounterOp::Add(_)).then_some(CounterRet::Added);
        (-3..4).map(CounterRet::Value).chain(added).collect()
    }
    fn answer(&self, state: &i64, op: &CounterOp) -> Option<CounterRet> {
        (*op == CounterOp::Read).then_some(CounterRet::Value(*state))
    }
}

impl Domain for Queues {
    type Spec = FifoQueue<u8>;
    fn spec(&self) -> FifoQueue<u8> {
        FifoQueue::new()
    }
    fn op(&self, rng: &mut Rng, _: usize) -> QueueOp<u8> {
        if rng.chance(50) { QueueOp::Enqueue(small(rng, 3)) } else { QueueOp::Dequeue }
    }
    fn rets(&self, op: &QueueOp<u8>, _: usize) -> Vec<QueueRet<u8>> {
        match op {
            QueueOp::Enqueue(_) => vec![QueueRet::Enqueued],
            QueueOp::Dequeue => [None, Some(0), Some(1), Some(2)].map(QueueRet::Dequeued).to_vec(),
        }
    }
}

impl Domain for UnorderedQueues {
    type Spec = UnorderedQueue<u8>;
    fn spec(&self) -> UnorderedQueue<u8> {
        UnorderedQueue::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> QueueOp<u8> {
        Queues.op(rng, nth)
    }
    fn rets(&self, op: &QueueOp<u8>, nth: usize) -> Vec<QueueRet<u8>> {
        Queues.rets(op, nth)
    }
}

impl Domain for Stacks {
    type Spec = Stack<u8>;
    fn spec(&self) -> Stack<u8> {
        Stack::new()
    }
    fn op(&self, rng: &mut Rng, _: usize) -> StackOp<u8> {
        if rng.chance(50) { StackOp::Push(small(rng, 3)) } else { StackOp::Pop }
    }
    fn rets(&self, op: &StackOp<u8>, _: usize) -> Vec<StackRet<u8>> {
        match op {
            StackOp::Push(_) => vec![StackRet::Pushed],
            StackOp::Pop => [None, Some(0), Some(1), Some(2)].map(StackRet::Popped).to_vec(),
        }
    }
}

impl Domain for Kvs {
    type Spec = Kv<u8>;
    fn spec(&self) -> Kv<u8> {
        Kv::new(None)
    }
    fn op(&self, rng: &mut Rng, _: usize) -> KvOp<u8> {
        let (key, value) = (small(rng, 2), rng.pick(&["a", "b"]).to_string());
        match rng.below(9) {
            0..3 => KvOp::Get(key),
            3 | 4 => KvOp::Put(key, value),
            5 => KvOp::Append(key, value),
            6 => KvOp::Delete(key),
            7 => KvOp::Cas { key, from: None, to: value },
            _ => KvOp::Cas { key, from: Some("a".to_owned()), to: value },
        }
    }
    fn rets(&self, op: &KvOp<u8>, _: usize) -> Vec<KvRet> {
        match op {
            KvOp::Get(_) => [None, Some("a"), Some("b"), Some("ab"), Some("ba")]
                .map(|value| KvRet::Value(value.map(str::to_owned)))
                .to_vec(),
            KvOp::Put(..) | KvOp::Append(..) | KvOp::Delete(_) => vec![KvRet::Done],
            KvOp::Cas { .. } => [false, true].map(KvRet::Swapped).to_vec(),
        }
    }
    fn answer(&self, state: &Option<String>, op: &KvOp<u8>) -> Option<KvRet> {
        matches!(op, KvOp::Get(_)).then(|| KvRet::Value(state.clone()))
    }
}

impl Domain for Lists {
    type Spec = List<u8, u8>;
    fn spec(&self) -> List<u8, u8> {
        List::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> ListOp<u8, u8> {
        let key = small(rng, 2);
        if rng.chance(50) { ListOp::Read(key) } else { ListOp::Append(key, u8::try_from(nth % 3).unwrap()) }
    }
    fn rets(&self, op: &ListOp<u8, u8>, _: usize) -> Vec<ListRet<u8>> {
        match op {
            ListOp::Append(..) => vec![ListRet::Appended],
            ListOp::Read(_) => {
                [vec![], vec![0], vec![1], vec![0, 1], vec![1, 0], vec![2, 1]].map(ListRet::Elements).to_vec()
            }
        }
    }
    fn answer(&self, state: &Vec<u8>, op: &ListOp<u8, u8>) -> Option<ListRet<u8>> {
        matches!(op, ListOp::Read(_)).then(|| ListRet::Elements(state.clone()))
    }
}

impl Domain for Bags {
    type Spec = Bag<u8>;
    fn spec(&self) -> Bag<u8> {
        Bag::new()
    }
    fn op(&self, rng: &mut Rng, _: usize) -> BagOp<u8> {
        let value = small(rng, 2);
        match rng.below(3) {
            0 => BagOp::Add(value),
            1 => BagOp::Remove(value),
            _ => BagOp::Count(value),
        }
    }
    fn rets(&self, op: &BagOp<u8>, _: usize) -> Vec<BagRet> {
        match op {
            BagOp::Add(_) => vec![BagRet::Added],
            BagOp::Remove(_) => vec![BagRet::Removed(false), BagRet::Removed(true)],
            BagOp::Count(_) => (0..4).map(BagRet::Count).collect(),
        }
    }
    fn answer(&self, state: &u64, op: &BagOp<u8>) -> Option<BagRet> {
        matches!(op, BagOp::Count(_)).then_some(BagRet::Count(*state))
    }
}

impl Domain for Logs {
    type Spec = Log<u8, u8>;
    fn spec(&self) -> Log<u8, u8> {
        Log::new()
    }
    fn op(&self, rng: &mut Rng, _: usize) -> LogOp<u8, u8> {
        let key = small(rng, 2);
        match rng.below(3) {
            0 => LogOp::Append(key, small(rng, 2)),
            1 => LogOp::Read(key, rng.below(3) as u64),
            _ => LogOp::Len(key),
        }
    }
    fn rets(&self, op: &LogOp<u8, u8>, _: usize) -> Vec<LogRet<u8>> {
        match op {
            LogOp::Append(..) | LogOp::Len(_) => (0..4).map(LogRet::Offset).collect(),
            LogOp::Read(..) => [None, Some(0), Some(1)].map(LogRet::Value).to_vec(),
        }
    }
    fn answer(&self, state: &Vec<u8>, op: &LogOp<u8, u8>) -> Option<LogRet<u8>> {
        (!matches!(op, LogOp::Read(..))).then_some(LogRet::Offset(state.len() as u64))
    }
}

/// A coin that is tossed out of sight: the one object here whose states depend on chance.
#[derive(Clone, Copy, Debug)]
pub struct Coins;

#[derive(Clone, Copy, Debug)]
pub struct Coin;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoinOp {
    Toss,
    Look,
}

impl Nondeterministic for Coin {
    type Op = CoinOp;
    /// What is seen.
    type Ret = Option<u8>;
    type State = u8;
    type Key = ();

    fn init(&self, (): &()) -> u8 {
        0
    }

    fn step_all(&self, state: &u8, op: &CoinOp, ret: Option<&Option<u8>>, next: &mut Vec<u8>) {
        match (op, ret) {
            (CoinOp::Toss, None | Some(None)) => next.extend([0, 1, 2]),
            (CoinOp::Look, None) => next.push(*state),
            (CoinOp::Look, Some(seen)) => next.extend(seen.filter(|seen| seen == state)),
            (CoinOp::Toss, Some(Some(_))) => {}
        }
    }

    fn key(&self, _: &CoinOp) {}

    fn is_read_only(&self, op: &CoinOp, _: Option<&Option<u8>>) -> bool {
        *op == CoinOp::Look
    }

    fn same(&self, one: &CoinOp, other: &CoinOp) -> bool {
        one == other
    }
}

impl Domain for Coins {
    type Spec = Coin;
    fn spec(&self) -> Coin {
        Coin
    }
    fn op(&self, rng: &mut Rng, _: usize) -> CoinOp {
        if rng.chance(50) { CoinOp::Toss } else { CoinOp::Look }
    }
    fn rets(&self, op: &CoinOp, _: usize) -> Vec<Option<u8>> {
        match op {
            CoinOp::Toss => vec![None],
            CoinOp::Look => vec![Some(0), Some(1), Some(2)],
        }
    }
}

//! Queues and stacks into which each value is put once, and a register to which values are written that few see.

use quorate_consistency::spec::{
    CasOp, CasRegister, CasRet, FifoQueue, QueueOp, QueueRet, Stack, StackOp, StackRet, UnorderedQueue,
};

use super::{Domain, Rng};

#[derive(Clone, Copy, Debug)]
pub struct OnceDeques;
#[derive(Clone, Copy, Debug)]
pub struct OncePools;
#[derive(Clone, Copy, Debug)]
pub struct OnceStacks;

fn taken() -> impl Iterator<Item = Option<u8>> {
    [None].into_iter().chain((0..16).map(Some))
}

impl Domain for OnceDeques {
    type Spec = FifoQueue<u8>;
    fn spec(&self) -> FifoQueue<u8> {
        FifoQueue::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> QueueOp<u8> {
        if rng.chance(50) { QueueOp::Enqueue(u8::try_from(nth).unwrap()) } else { QueueOp::Dequeue }
    }
    fn rets(&self, op: &QueueOp<u8>, _: usize) -> Vec<QueueRet<u8>> {
        match op {
            QueueOp::Enqueue(_) => vec![QueueRet::Enqueued],
            QueueOp::Dequeue => taken().map(QueueRet::Dequeued).collect(),
        }
    }
}

impl Domain for OncePools {
    type Spec = UnorderedQueue<u8>;
    fn spec(&self) -> UnorderedQueue<u8> {
        UnorderedQueue::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> QueueOp<u8> {
        OnceDeques.op(rng, nth)
    }
    fn rets(&self, op: &QueueOp<u8>, nth: usize) -> Vec<QueueRet<u8>> {
        OnceDeques.rets(op, nth)
    }
}

impl Domain for OnceStacks {
    type Spec = Stack<u8>;
    fn spec(&self) -> Stack<u8> {
        Stack::new()
    }
    fn op(&self, rng: &mut Rng, nth: usize) -> StackOp<u8> {
        if rng.chance(50) { StackOp::Push(u8::try_from(nth).unwrap()) } else { StackOp::Pop }
    }
    fn rets(&self, op: &StackOp<u8>, _: usize) -> Vec<StackRet<u8>> {
        match op {
            StackOp::Push(_) => vec![StackRet::Pushed],
            StackOp::Pop => taken().map(StackRet::Popped).collect(),
        }
    }
}

/// Many values, of which few are seen.
#[derive(Clone, Copy, Debug)]
pub struct ManyValues;

impl Domain for ManyValues {
    type Spec = CasRegister<u8>;
    fn spec(&self) -> CasRegister<u8> {
        CasRegister { initial: 0 }
    }
    fn op(&self, rng: &mut Rng, _: usize) -> CasOp<u8> {
        let value = u8::try_from(rng.below(5)).unwrap();
        match rng.below(5) {
            0 | 1 => CasOp::Read,
            2 | 3 => CasOp::Write(value),
            _ => CasOp::Cas { from: u8::try_from(rng.below(2)).unwrap(), to: value },
        }
    }
    fn rets(&self, op: &CasOp<u8>, _: usize) -> Vec<CasRet<u8>> {
        match op {
            CasOp::Read => (0..3).map(CasRet::Value).collect(),
            CasOp::Write(_) => vec![CasRet::Written],
            CasOp::Cas { .. } => vec![CasRet::Swapped(false), CasRet::Swapped(true)],
        }
    }
    fn answer(&self, state: &u8, op: &CasOp<u8>) -> Option<CasRet<u8>> {
        (*op == CasOp::Read).then_some(CasRet::Value(*state))
    }
}

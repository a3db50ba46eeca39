use super::Spec;

/// A lock that one holds at a time. It does not know who: whoever holds it may let anybody release it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mutex;

/// A call to a [`Mutex`]; it returns once it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MutexOp {
    /// Waits until it is free, and takes it.
    Acquire,
    /// Frees it.
    Release,
}

impl Spec for Mutex {
    type Op = MutexOp;
    type Ret = ();
    /// Whether it is held.
    type State = bool;
    type Key = ();

    fn init(&self, (): &()) -> bool {
        false
    }

    fn step(&self, held: &bool, op: &MutexOp, _: Option<&()>) -> Option<bool> {
        match op {
            MutexOp::Acquire => (!held).then_some(true),
            MutexOp::Release => held.then_some(false),
        }
    }

    fn key(&self, _: &MutexOp) {}

    fn same(&self, one: &MutexOp, other: &MutexOp) -> bool {
        one == other
    }
}

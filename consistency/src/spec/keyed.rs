use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{Call, Decision, Growth, Nondeterministic, Unseen};

/// An object of one kind for each key, all of which begin alike and none of which touches another. Its operations are those of
/// the object, each with its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keyed<K, S> {
    /// What each of them is.
    pub each: S,
    keys: PhantomData<K>,
}

impl<K, S> Keyed<K, S> {
    /// One of these for each key.
    pub const fn new(each: S) -> Self {
        Self { each, keys: PhantomData }
    }
}

impl<K: Clone + Ord, S: Nondeterministic> Nondeterministic for Keyed<K, S> {
    type Op = (K, S::Op);
    type Ret = S::Ret;
    type State = S::State;
    type Key = (K, S::Key);

    fn init(&self, (_, key): &(K, S::Key)) -> S::State {
        self.each.init(key)
    }

    fn step_all(
        &self,
        state: &S::State,
        (_, op): &(K, S::Op),
        ret: Option<&S::Ret>,
        next: &mut Vec<S::State>,
    ) {
        self.each.step_all(state, op, ret, next);
    }

    fn key(&self, (key, op): &(K, S::Op)) -> (K, S::Key) {
        (key.clone(), self.each.key(op))
    }

    fn is_read_only(&self, (_, op): &(K, S::Op), ret: Option<&S::Ret>) -> bool {
        self.each.is_read_only(op, ret)
    }

    fn same(&self, (one_key, one): &(K, S::Op), (other_key, other): &(K, S::Op)) -> bool {
        one_key == other_key && self.each.same(one, other)
    }

    fn unseen(&self, calls: &[Call<'_, (K, S::Op), S::Ret>]) -> Unseen {
        self.each.unseen(&without_keys(calls))
    }

    fn growth(&self, (_, op): &(K, S::Op), ret: Option<&S::Ret>) -> Growth {
        self.each.growth(op, ret)
    }

    fn may_show(&self, state: &S::State, (_, op): &(K, S::Op), ret: &S::Ret) -> bool {
        self.each.may_show(state, op, ret)
    }

    fn may_show_after(&self, (_, other): &(K, S::Op), (_, op): &(K, S::Op), ret: &S::Ret) -> bool {
        self.each.may_show_after(other, op, ret)
    }

    fn decide(&self, (_, key): &(K, S::Key), calls: &[Call<'_, (K, S::Op), S::Ret>]) -> Option<Decision> {
        self.each.decide(key, &without_keys(calls))
    }
}

/// The calls, as the object of one key sees them.
fn without_keys<'a, K, O, R>(calls: &[Call<'a, (K, O), R>]) -> Vec<Call<'a, O, R>> {
    let inner = calls.iter().map(|call| Call {
        op: &call.op.1,
        ret: call.ret,
        called: call.called,
        returned: call.returned,
        #[cfg(quorate_bugs)]
        bug: call.bug,
    });
    inner.collect()
}

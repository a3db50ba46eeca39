use crate::{
    format::Value,
    spec::{Keyed, Nondeterministic, Spec, UnorderedQueue},
};

/// What an operation may lead to, one state after the other: a list of them would be made for every step of a search.
pub(super) trait Step: Nondeterministic {
    fn step_each(
        &self,
        state: &Self::State,
        op: &Self::Op,
        ret: Option<&Self::Ret>,
        found: impl FnMut(Self::State),
    );
}

impl<S: Spec> Step for S {
    fn step_each(&self, state: &S::State, op: &S::Op, ret: Option<&S::Ret>, found: impl FnMut(S::State)) {
        self.step(state, op, ret).into_iter().for_each(found);
    }
}

impl<S: Spec> Step for Keyed<Value, S> {
    fn step_each(
        &self,
        state: &S::State,
        (_, op): &(Value, S::Op),
        ret: Option<&S::Ret>,
        found: impl FnMut(S::State),
    ) {
        self.each.step_each(state, op, ret, found);
    }
}

impl Step for Keyed<Value, UnorderedQueue<Value>> {
    fn step_each(
        &self,
        state: &Self::State,
        (_, op): &Self::Op,
        ret: Option<&Self::Ret>,
        found: impl FnMut(Self::State),
    ) {
        UnorderedQueue::step_each(state, op, ret, found);
    }
}

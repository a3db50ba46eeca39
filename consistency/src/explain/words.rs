use alloc::{format, string::String};
use core::fmt::Debug;

use crate::{history::OpId, spec::Nondeterministic};

/// What people call the operations, returns and states of an object.
pub trait Words<S: Nondeterministic> {
    /// What was asked for.
    fn op(&self, id: OpId, op: &S::Op) -> String;

    /// What came back; `None` if that says nothing.
    fn ret(&self, id: OpId, op: &S::Op, ret: &S::Ret) -> Option<String>;

    /// A state.
    fn state(&self, state: &S::State) -> String;

    /// A key; `None` if there is one object only.
    fn key(&self, key: &S::Key) -> Option<String>;

    /// A state as a sentence: the reason why something cannot be.
    fn holds(&self, state: &S::State) -> String {
        format!("the object holds {}", self.state(state))
    }

    /// Where an operation was written down.
    fn whence(&self, id: OpId) -> Option<String> {
        let _ = id;
        None
    }
}

/// The words of [`Debug`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Debugged;

impl<S: Nondeterministic<Op: Debug, Ret: Debug, State: Debug, Key: Debug>> Words<S> for Debugged {
    fn op(&self, _: OpId, op: &S::Op) -> String {
        format!("{op:?}")
    }

    fn ret(&self, _: OpId, _: &S::Op, ret: &S::Ret) -> Option<String> {
        unless_unit(format!("{ret:?}"))
    }

    fn state(&self, state: &S::State) -> String {
        format!("{state:?}")
    }

    fn key(&self, key: &S::Key) -> Option<String> {
        unless_unit(format!("{key:?}"))
    }
}

fn unless_unit(text: String) -> Option<String> {
    (text != "()").then_some(text)
}

use quorate_machine::{Input, NodeId, Tag, Ticket, Time};

use crate::{
    fault::NodeSet,
    history::History,
    node::Node,
    plan::Plan,
    report::Verdict,
    subject::{EffectOf, OpOf, Subject},
};

/// Something that must hold. It may remember what it saw: each run has its own.
pub trait Invariant<S: Subject> {
    /// Its name, as verdicts and shrinking know it.
    fn name(&self) -> &'static str;

    /// Looks at the world after one step of one node. The node's application has been told; the messages have not
    /// left, and the records are not on the disk.
    ///
    /// # Errors
    /// How it is violated, in words.
    fn after(&mut self, _view: &View<'_, S>, _step: &Step<'_, S>) -> Result<(), String> {
        Ok(())
    }

    /// Whether the healed core has got where it must get. Asked repeatedly; only the last answer counts.
    ///
    /// # Errors
    /// Why it has not: the verdict is then [`Stuck`](crate::Verdict::Stuck).
    fn at_rest(&mut self, _view: &View<'_, S>) -> Result<(), String> {
        Ok(())
    }

    /// Looks at the world, and mostly at its history, once the run is over.
    ///
    /// # Errors
    /// How it is violated, or why that cannot be told.
    fn at_end(&mut self, _view: &View<'_, S>) -> Result<(), Objection> {
        Ok(())
    }
}

/// What an [`Invariant`] has against a run as a whole. Words alone say that it is violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    why: String,
    explanation: Option<String>,
    is_known: bool,
}

impl Objection {
    /// It is violated, and how.
    pub fn violated(why: impl Into<String>) -> Self {
        Self { why: why.into(), explanation: None, is_known: true }
    }

    /// Nobody knows whether it is, and why not: the run is neither passed nor a violation.
    pub fn undecided(why: impl Into<String>) -> Self {
        Self { why: why.into(), explanation: None, is_known: false }
    }

    /// And this is why, in several lines: what a report tells beside its verdict.
    #[must_use]
    pub fn explained(self, explanation: impl Into<String>) -> Self {
        Self { explanation: Some(explanation.into()), ..self }
    }

    /// The reason, in a sentence.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The reason at length, if there is more to say.
    pub fn explanation(&self) -> Option<&str> {
        self.explanation.as_deref()
    }

    /// Whether it is known that the invariant is violated.
    pub const fn is_violation(&self) -> bool {
        self.is_known
    }

    pub(crate) fn into_parts(self) -> (String, Option<String>) {
        (self.why, self.explanation)
    }
}

impl From<String> for Objection {
    fn from(why: String) -> Self {
        Self::violated(why)
    }
}

/// Somebody who only looks on: for statistics, logs, traces of another tool. A run has at most one, [`Run::observed`](crate::Run::observed).
pub trait Observer<S: Subject> {
    /// Looks at the world after one step of one node, as an [`Invariant`] does.
    fn after(&mut self, view: &View<'_, S>, step: &Step<'_, S>);

    /// Looks at the world once the run is over.
    fn at_end(&mut self, _view: &View<'_, S>, _verdict: &Verdict) {}
}

/// The world, to look at.
#[derive(Debug)]
pub struct View<'a, S: Subject> {
    pub(crate) nodes: &'a [Node<S>],
    pub(crate) history: &'a History<OpOf<S>>,
    pub(crate) plan: &'a Plan,
    pub(crate) now: Time,
    pub(crate) core: NodeSet,
}

impl<'a, S: Subject> View<'a, S> {
    /// All nodes, up or down, rising.
    pub const fn nodes(&self) -> &'a [Node<S>] {
        self.nodes
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> Option<&'a Node<S>> {
        let at = usize::try_from(id.0).ok()?.checked_sub(1)?;
        self.nodes.get(at)
    }

    /// What the applications recorded.
    pub const fn history(&self) -> &'a History<OpOf<S>> {
        self.history
    }

    /// The plan of the run.
    pub const fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// The world's clock.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// The nodes that were healed; empty during the safety phase.
    pub const fn core(&self) -> NodeSet {
        self.core
    }
}

/// One step of one node.
#[derive(Debug)]
pub struct Step<'a, S: Subject> {
    /// Which node.
    pub node: NodeId,
    /// The instant by its own clock.
    pub local: Time,
    /// What it was fed.
    pub kind: StepKind,
    /// What it did.
    pub effects: &'a [EffectOf<S>],
}

/// What a node was fed, without contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Nothing: the instance has just been recovered.
    Started,
    /// A message of this node.
    Receive(NodeId),
    /// A command.
    Submit(Tag),
    /// An acknowledgement.
    Persisted(Ticket),
    /// A wake.
    Wake,
}

impl StepKind {
    pub(crate) const fn of<M, C>(input: &Input<M, C>) -> Self {
        match input {
            Input::Receive { from, .. } => Self::Receive(*from),
            Input::Submit { tag, .. } => Self::Submit(*tag),
            Input::Persisted(ticket) => Self::Persisted(*ticket),
            Input::Wake => Self::Wake,
        }
    }

    pub(crate) const fn word(self) -> u64 {
        match self {
            Self::Started => 0,
            Self::Receive(from) => (from.0 << 3) | 1,
            Self::Submit(tag) => (tag.0 << 3) | 2,
            Self::Persisted(ticket) => (ticket.0 << 3) | 3,
            Self::Wake => 4,
        }
    }
}

use core::fmt;

use super::{Scope, action::Action};

/// What the exploration of a scope came to. Equal scopes of equal subjects come to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exploration {
    /// What was explored.
    pub scope: Scope,
    /// How many different states were visited.
    pub states: u64,
    /// How many actions were tried, whether they led to a new state or not.
    pub transitions: u64,
    /// How many different states single nodes were in.
    pub node_states: u64,
    /// Every play of up to so many actions has been seen. In a closed scope there are no longer ones.
    pub depth: u32,
    /// Whether every state of the scope was visited; otherwise it was capped, or a breach ended it.
    pub closed: bool,
    /// How often each kind of action was tried.
    pub coverage: Coverage,
    /// The shortest play that breaks something, if any does.
    pub counterexample: Option<Counterexample>,
}

impl Exploration {
    /// Whether everything held in every state of the scope.
    ///
    /// # Errors
    /// The report, if something did not hold or the scope was capped.
    pub fn proven(self) -> Result<Self, Box<Self>> {
        if self.closed { Ok(self) } else { Err(Box::new(self)) }
    }
}

impl core::error::Error for Exploration {}

impl fmt::Display for Exploration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, states, transitions, node_states, depth, closed, coverage, counterexample } = self;
        writeln!(f, "scope: {scope}")?;
        let verdict = match counterexample {
            Some(_) => "broken",
            None if *closed => "closed",
            None => "capped",
        };
        writeln!(
            f,
            "{verdict}: {states} states, {transitions} transitions, depth {depth}, {node_states} states of a node"
        )?;
        coverage.fmt(f)?;
        counterexample.as_ref().map_or(Ok(()), |counterexample| counterexample.fmt(f))
    }
}

/// What is broken, and the shortest play that breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counterexample {
    /// What must hold and did not.
    pub breach: Breach,
    /// The number of its actions.
    pub actions: u32,
    /// The play in words: what each node was fed, and what it did.
    pub play: Vec<String>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after {} actions", self.breach, self.actions)?;
        self.play.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What must hold.
    pub invariant: &'static str,
    /// How it is violated, in words.
    pub why: String,
}

impl Breach {
    /// A breach of `invariant`.
    pub fn new(invariant: &'static str, why: impl Into<String>) -> Self {
        Self { invariant, why: why.into() }
    }
}

impl core::error::Error for Breach {}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.why)
    }
}

macro_rules! coverage {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often each kind of action was tried.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Coverage { $($(#[$doc])* pub $name: u64,)* }

        impl Coverage {
            /// Names and counts, in the order of declaration.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

coverage! {
    /// Messages delivered.
    delivered,
    /// Messages delivered that stayed in flight.
    duplicated,
    /// Messages lost.
    dropped,
    /// Wakes wanted at once.
    woken_at_once,
    /// Deadlines passed.
    deadlines,
    /// Acknowledgements of records.
    persisted,
    /// Client commands submitted.
    commands,
    /// Commands and timers that an application had asked for.
    answered,
    /// Crashes that lost nothing.
    crashes_losing_nothing,
    /// Crashes that lost records.
    crashes_losing_records,
    /// Wakes and syncs that were slow.
    delayed,
}

impl Coverage {
    pub(super) const fn count(&mut self, action: Action, unsynced: usize) {
        let count = match action {
            Action::Deliver { .. } => &mut self.delivered,
            Action::Copy { .. } => &mut self.duplicated,
            Action::Drop { .. } => &mut self.dropped,
            Action::Wake { at_once: true, .. } => &mut self.woken_at_once,
            Action::Wake { at_once: false, .. } => &mut self.deadlines,
            Action::Persisted { .. } => &mut self.persisted,
            Action::Submit { .. } => &mut self.commands,
            Action::Answer { .. } => &mut self.answered,
            Action::Crash { kept, .. } if kept as usize == unsynced => &mut self.crashes_losing_nothing,
            Action::Crash { .. } => &mut self.crashes_losing_records,
            Action::Delay { .. } => &mut self.delayed,
        };
        *count += 1;
    }
}

impl fmt::Display for Coverage {
    /// One `name count` per line; what never happened comes last, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in self.iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "  {name:<24}{count:>14}")?;
        }
        let never: Vec<_> = self.iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect();
        if never.is_empty() { Ok(()) } else { writeln!(f, "  never: {}", never.join(", ")) }
    }
}

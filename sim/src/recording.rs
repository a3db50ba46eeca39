//! What happened in a run, as plain data: plays, pictures and logs are made from it.

use alloc::collections::VecDeque;
use core::fmt::{self, Debug};

use quorate_machine::{Effect, Input, NodeId, Tag, Ticket, Time};

/// The latest moments of a run, in the order in which they happened. [`Display`](fmt::Display) prints them as a play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// How many nodes the run had: n1, n2, …
    pub nodes: u8,
    /// How many moments came before the first one here and were let go.
    pub forgotten: u64,
    /// What happened.
    pub moments: Vec<Moment>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, by the world's clock.
    pub at: Time,
    /// What.
    pub happening: Happening,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A node was fed something, and did something.
    Stepped(Stepped),
    /// A copy of a message came to its end without reaching a machine.
    Undelivered {
        /// Which message, by its number in [`Done::Sent`].
        letter: u64,
        /// Whom it was for.
        to: NodeId,
        /// Why.
        fate: Fate,
    },
    /// A sync ended.
    Synced {
        /// Whose.
        node: NodeId,
        /// Which ticket it acknowledges, if any.
        upto: Option<Ticket>,
    },
    /// A checkpoint replaced a journal.
    Checkpointed {
        /// Whose.
        node: NodeId,
        /// Which ticket it acknowledges, if any.
        upto: Option<Ticket>,
    },
    /// A process ended.
    Crashed {
        /// Whose.
        node: NodeId,
        /// How many records its disk lost.
        lost: u64,
        /// Whether it stays down for ever.
        for_ever: bool,
    },
    /// A fault of the plan struck.
    Fault {
        /// As the plan has it.
        text: String,
        /// When it is over, if it lasts.
        until: Option<Time>,
    },
    /// The run entered its next phase.
    Phase {
        /// Which.
        text: String,
    },
}

/// One step of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// How many inputs all nodes were fed before this one.
    pub seq: u64,
    /// Which node.
    pub node: NodeId,
    /// Which of its lives.
    pub incarnation: u64,
    /// What it was fed.
    pub fed: Fed,
    /// What it did, in order.
    pub done: Vec<Done>,
    /// What it was like afterwards.
    pub portrait: Portrait,
}

/// What a machine is like at a moment, in words: for [`Subject::portrait`](crate::Subject::portrait) to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portrait {
    /// Its role, such as `leader`: nodes of one role have one colour.
    pub role: String,
    /// Its state, as a person wants to see it. A picture shows which lines of it a step changed: one fact per line, as
    /// `{:#?}` has it, is best.
    pub state: String,
}

/// What a node was fed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fed {
    /// Nothing: the instance has just been recovered.
    Started,
    /// A message.
    Received {
        /// Who sent it.
        from: NodeId,
        /// Which message, by its number in [`Done::Sent`].
        letter: u64,
        /// What it says.
        text: String,
    },
    /// A command.
    Submitted {
        /// Under this tag.
        tag: Tag,
        /// What it asks for.
        text: String,
    },
    /// An acknowledgement.
    Persisted(Ticket),
    /// A wake.
    Woken,
}

/// What a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It sent a message.
    Sent {
        /// To whom.
        to: NodeId,
        /// The message's number in this run.
        letter: u64,
        /// What became of it when it was sent.
        fate: Fate,
        /// What it says.
        text: String,
    },
    /// It handed a record to its disk.
    Persisted {
        /// Under this ticket; none for a lazy record.
        ticket: Option<Ticket>,
        /// What it says.
        text: String,
    },
    /// It told its application something.
    Told {
        /// What.
        text: String,
    },
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// It is on its way.
    Sent,
    /// It is on its way twice.
    Duplicated,
    /// It is on its way, damaged.
    Corrupted,
    /// It was lost.
    Lost,
    /// It met a cut.
    Cut,
    /// There were too many on this link.
    Overflowed,
    /// The receiver was down.
    Missed,
    /// There is no such node.
    Stray,
    /// The run, or the process, ended before it could leave.
    Prevented,
}

impl Fate {
    /// The word for it, if it is not simply on its way.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Sent => None,
            Self::Duplicated => Some("twice"),
            Self::Corrupted => Some("corrupt"),
            Self::Lost => Some("lost"),
            Self::Cut => Some("cut"),
            Self::Overflowed => Some("overflow"),
            Self::Missed => Some("missed"),
            Self::Stray => Some("to nobody"),
            Self::Prevented => Some("never left"),
        }
    }
}

impl Recording {
    /// The latest `lines` moments as text, one line each.
    pub fn play(&self, lines: usize) -> Vec<String> {
        let first = self.moments.len().saturating_sub(lines);
        self.moments.iter().skip(first).map(Moment::to_string).collect()
    }
}

impl Happening {
    /// On which node it happened, if on one.
    pub const fn node(&self) -> Option<NodeId> {
        match self {
            Self::Stepped(step) => Some(step.node),
            Self::Synced { node, .. } | Self::Checkpointed { node, .. } | Self::Crashed { node, .. } => {
                Some(*node)
            }
            Self::Undelivered { .. } | Self::Fault { .. } | Self::Phase { .. } => None,
        }
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.moments.iter().try_for_each(|moment| writeln!(f, "{moment}"))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.at.as_nanos() / 1_000;
        write!(f, "{:>7}.{:03}ms {}", micros / 1_000, micros % 1_000, self.happening)
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stepped(step) => fmt::Display::fmt(step, f),
            Self::Undelivered { letter, to, fate } => {
                write!(f, "   {to} <- message {letter}: {}", fate.word().unwrap_or("gone"))
            }
            Self::Synced { node, upto } => {
                write!(f, "   {node} synced up to {}", upto.map_or(0, |ticket| ticket.0))
            }
            Self::Checkpointed { node, .. } => write!(f, "   {node} has a new checkpoint"),
            Self::Crashed { node, lost, for_ever } => {
                let end = if *for_ever { " for ever" } else { "" };
                write!(f, "   {node} is down{end}, {lost} records lost")
            }
            Self::Fault { text, .. } => write!(f, "   ! {text}"),
            Self::Phase { text } => write!(f, "   = {text}"),
        }
    }
}

impl fmt::Display for Stepped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, node, incarnation, fed, done, .. } = self;
        match fed {
            Fed::Started => write!(f, "   {node} starts, incarnation {incarnation}")?,
            Fed::Received { from, text, .. } => write!(f, "#{seq} {node} <- {from} {text}")?,
            Fed::Submitted { tag, text } => write!(f, "#{seq} {node} submit {} {text}", tag.0)?,
            Fed::Persisted(ticket) => write!(f, "#{seq} {node} persisted {}", ticket.0)?,
            Fed::Woken => write!(f, "#{seq} {node} wake")?,
        }
        for (at, done) in done.iter().enumerate() {
            write!(f, "{}{done}", if at == 0 { "  -> " } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { to, fate, text, .. } => match fate.word() {
                None => write!(f, "send {to} {text}"),
                Some(word) => write!(f, "send {to} {text} ({word})"),
            },
            Self::Persisted { ticket: Some(ticket), text } => write!(f, "persist {} {text}", ticket.0),
            Self::Persisted { ticket: None, text } => write!(f, "note {text}"),
            Self::Told { text } => write!(f, "emit {text}"),
        }
    }
}

/// Keeps the latest moments, if anybody wants them: without a reader nothing is formatted.
pub(crate) struct Recorder {
    moments: VecDeque<Moment>,
    max: usize,
    forgotten: u64,
}

impl Recorder {
    /// Keeps the latest `max` moments.
    pub(crate) const fn new(max: usize) -> Self {
        Self { moments: VecDeque::new(), max, forgotten: 0 }
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.max > 0
    }

    pub(crate) fn into_recording(self, nodes: u8) -> Recording {
        Recording { nodes, forgotten: self.forgotten, moments: self.moments.into() }
    }

    pub(crate) fn add(&mut self, at: Time, happening: impl FnOnce() -> Happening) {
        if self.max == 0 {
            return;
        }
        if self.moments.len() == self.max {
            self.moments.pop_front();
            self.forgotten += 1;
        }
        self.moments.push_back(Moment { at, happening: happening() });
    }

    /// Begins a step: what it does is added by [`Self::done`].
    pub(crate) fn step(
        &mut self,
        at: Time,
        seq: u64,
        (node, incarnation): (NodeId, u64),
        fed: impl FnOnce() -> Fed,
    ) {
        self.add(at, || {
            let portrait = Portrait::default();
            Happening::Stepped(Stepped { seq, node, incarnation, fed: fed(), done: Vec::new(), portrait })
        });
    }

    /// What the step that was begun last does, and what the node is like after it.
    pub(crate) fn done<M: Debug, R: Debug, E: Debug>(
        &mut self,
        effects: &[Effect<M, R, E>],
        portrait: impl FnOnce() -> Portrait,
    ) {
        let Some(step) = self.latest_step() else { return };
        step.done = effects.iter().map(done).collect();
        step.portrait = portrait();
    }

    /// What became of the `nth` effect of the latest step, a message.
    pub(crate) fn sent(&mut self, nth: usize, number: u64, became: Fate) {
        let Some(step) = self.latest_step() else { return };
        if let Some(Done::Sent { letter, fate, .. }) = step.done.get_mut(nth) {
            (*letter, *fate) = (number, became);
        }
    }

    fn latest_step(&mut self) -> Option<&mut Stepped> {
        let Happening::Stepped(step) = &mut self.moments.back_mut()?.happening else { return None };
        Some(step)
    }
}

/// What an input is, as a recording has it.
pub(crate) fn fed<M: Debug, C: Debug>(input: &Input<M, C>, letter: u64) -> Fed {
    match input {
        Input::Receive { from, message } => {
            Fed::Received { from: *from, letter, text: format!("{message:?}") }
        }
        Input::Submit { tag, command } => Fed::Submitted { tag: *tag, text: format!("{command:?}") },
        Input::Persisted(ticket) => Fed::Persisted(*ticket),
        Input::Wake => Fed::Woken,
    }
}

fn done<M: Debug, R: Debug, E: Debug>(effect: &Effect<M, R, E>) -> Done {
    match effect {
        Effect::Send { to, message } => {
            Done::Sent { to: *to, letter: 0, fate: Fate::Prevented, text: format!("{message:?}") }
        }
        Effect::Persist { ticket, record } => {
            Done::Persisted { ticket: *ticket, text: format!("{record:?}") }
        }
        Effect::Emit(event) => Done::Told { text: format!("{event:?}") },
    }
}

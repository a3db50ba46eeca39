use alloc::collections::VecDeque;
use core::fmt::{Debug, Write as _};

use quorate_machine::{Effect, Input, NodeId, Ticket, Time};

use crate::fault::Fault;

/// The latest lines of the play, if anybody wants them: without a reader nothing is formatted.
pub(crate) struct Trace {
    lines: VecDeque<String>,
    max: usize,
}

impl Trace {
    /// Keeps the latest `max` lines.
    pub(crate) const fn new(max: usize) -> Self {
        Self { lines: VecDeque::new(), max }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }

    pub(crate) fn input<M: Debug, C: Debug>(
        &mut self,
        at: Time,
        seq: u64,
        node: NodeId,
        input: &Input<M, C>,
    ) {
        self.line(at, || match input {
            Input::Receive { from, message } => format!("#{seq} {node} <- {from} {message:?}"),
            Input::Submit { tag, command } => format!("#{seq} {node} submit {} {command:?}", tag.0),
            Input::Persisted(ticket) => format!("#{seq} {node} persisted {}", ticket.0),
            Input::Wake => format!("#{seq} {node} wake"),
        });
    }

    /// Adds what a step did to the line that says what it was fed.
    pub(crate) fn effects<M: Debug, R: Debug, E: Debug>(&mut self, effects: &[Effect<M, R, E>]) {
        let Some(line) = self.lines.back_mut() else { return };
        for (at, effect) in effects.iter().enumerate() {
            line.push_str(if at == 0 { "  -> " } else { ", " });
            // Writing to a string cannot fail.
            let _ = match effect {
                Effect::Send { to, message } => write!(line, "send {to} {message:?}"),
                Effect::Persist { ticket: Some(ticket), record } => {
                    write!(line, "persist {} {record:?}", ticket.0)
                }
                Effect::Persist { ticket: None, record } => write!(line, "note {record:?}"),
                Effect::Emit(event) => write!(line, "emit {event:?}"),
            };
        }
    }

    pub(crate) fn synced(&mut self, at: Time, node: NodeId, upto: Option<Ticket>) {
        self.line(at, || format!("   {node} synced up to {}", upto.map_or(0, |ticket| ticket.0)));
    }

    pub(crate) fn started(&mut self, at: Time, node: NodeId, incarnation: u64) {
        self.line(at, || format!("   {node} starts, incarnation {incarnation}"));
    }

    pub(crate) fn fault(&mut self, at: Time, fault: &Fault) {
        self.line(at, || format!("   ! {fault}"));
    }

    pub(crate) fn phase(&mut self, at: Time, what: impl FnOnce() -> String) {
        self.line(at, || format!("   = {}", what()));
    }

    fn line(&mut self, at: Time, text: impl FnOnce() -> String) {
        if self.max == 0 {
            return;
        }
        if self.lines.len() == self.max {
            self.lines.pop_front();
        }
        let micros = at.as_nanos() / 1_000;
        self.lines.push_back(format!("{:>7}.{:03}ms {}", micros / 1_000, micros % 1_000, text()));
    }
}

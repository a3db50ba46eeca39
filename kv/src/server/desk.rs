//! Where events of the machine meet those who wait for them.

use std::collections::BTreeMap;

use quorate_host::{Application, Commands};
use quorate_machine::{NodeId, Tag, Time};
use quorate_raft::{Role, Term};
use quorate_wire::Postcard;
use tokio::sync::{oneshot, watch};

use crate::{
    core::{Command, Core, Event, Failure},
    reply::Reply,
};

/// How a command ended: a reply to each of its parts, or why there is none.
pub(crate) type Outcome = Result<Vec<Reply>, Failure>;

/// The [`Application`] around a [`Core`]: hands each outcome to the connection that waits for it.
#[derive(Debug)]
pub struct Desk {
    waiting: BTreeMap<Tag, oneshot::Sender<Outcome>>,
    last_tag: u64,
    role: watch::Sender<RoleView>,
}

/// What a node is, for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleView {
    /// Its role.
    pub role: Role,
    /// Its term.
    pub term: Term,
    /// The leader of the term, if it is known.
    pub leader: Option<NodeId>,
    /// Whether it was given a snapshot that it cannot read, and has to be replaced.
    pub broken: bool,
}

impl Desk {
    /// A desk at which nobody waits, and where to watch the node's role.
    pub fn new() -> (Self, watch::Receiver<RoleView>) {
        let unknown = RoleView { role: Role::Follower, term: Term(0), leader: None, broken: false };
        let (role, watched) = watch::channel(unknown);
        (Self { waiting: BTreeMap::new(), last_tag: 0, role }, watched)
    }

    /// Submits a command whose outcome goes to `outcome`.
    pub(crate) fn submit(
        &mut self,
        command: Command,
        outcome: oneshot::Sender<Outcome>,
        commands: &mut Commands<Command>,
    ) {
        self.last_tag += 1;
        let tag = Tag(self.last_tag);
        self.waiting.insert(tag, outcome);
        commands.submit(tag, command);
    }

    fn hand_over(&mut self, tag: Tag, outcome: Outcome) {
        if let Some(waiting) = self.waiting.remove(&tag) {
            // A client that has left does not wait any more.
            let _ = waiting.send(outcome);
        }
    }
}

impl Application for Desk {
    type Machine = Core;
    type Codec = Postcard;

    fn on_event(&mut self, _: Time, event: Event, _: &mut Commands<Command>) {
        match event {
            Event::Answered { tag, replies } => self.hand_over(tag, Ok(replies)),
            Event::Failed { tag, failure } => self.hand_over(tag, Err(failure)),
            Event::Role { role, term, leader } => {
                tracing::info!(?role, %term, ?leader, "role");
                self.role.send_modify(|view| *view = RoleView { role, term, leader, ..*view });
            }
            Event::Broken { error } => {
                tracing::error!(%error, "a snapshot cannot be read; this node has to be replaced");
                self.role.send_modify(|view| view.broken = true);
            }
        }
    }

    fn has_pending(&self) -> bool {
        !self.waiting.is_empty()
    }
}

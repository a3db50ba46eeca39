//! Rare things that the simulated clusters of a suite must have met: a suite that never meets one proves nothing about it.

use quorate_machine::Effect;
use quorate_raft::{Body, Event, Message, Record, Refusal, Role, Status};
use quorate_sim::{EffectOf, Marks, Step, StepKind, View};

use super::Cluster;

macro_rules! marks {
    ($($name:ident = $what:literal;)*) => {
        $(const $name: &str = $what;)*
        pub const ALL: &[&str] = &[$($name),*];
    };
}

marks! {
    LED_LATE = "a leader of the fifth term or a later one";
    REFUSED_PRE_VOTE = "a pre-vote was refused";
    REFUSED_VOTE = "a vote was refused";
    NUDGED = "a peer that lives in the past was told";
    REPLACED = "durable entries were replaced by others";
    REJECTED = "an append did not fit";
    OLDER_TERM = "entries of an earlier and of the current term were delivered";
    SHIPPED = "a part of a snapshot was sent";
    INSTALLED = "a snapshot was installed from a leader";
    RESTORED = "a node started from a snapshot";
    HALF_A_SNAPSHOT = "a node started with half a snapshot on disk";
    FORWARDED = "proposals were forwarded";
    NO_ROOM = "a leader had no room for forwarded proposals";
    READ_AT_FOLLOWER = "a follower answered a read";
    UNKNOWN = "the outcome of a proposal is unknown";
    SUPERSEDED = "a proposal was superseded";
    UNCONFIRMED = "a read could not be confirmed";
    NO_LEADER = "a command found no leader in time";
    BUSY = "a window or the log was full";
    DISK_BEHIND = "a commit is known before its entries are on disk";
}

pub fn mark(view: &View<'_, Cluster>, step: &Step<'_, Cluster>, marks: &mut Marks) {
    let Some(node) = view.node(step.node) else { return };
    if step.kind == StepKind::Started {
        if node.image().snapshot.is_some() {
            marks.hit(RESTORED);
        }
        if node.image().partial.is_some() {
            marks.hit(HALF_A_SNAPSHOT);
        }
    }
    let Some(status) = node.machine().map(quorate_raft::Raft::status) else { return };
    if status.delivered < status.committed {
        marks.hit(DISK_BEHIND);
    }
    let replaces = |record: &Record| match record {
        Record::Append { first, entries, .. } => {
            let image = node.image();
            let nth = first.0.checked_sub(image.base.index.0 + 1).and_then(|nth| usize::try_from(nth).ok());
            let kept = nth.and_then(|nth| image.entries.get(nth));
            kept.is_some_and(|kept| entries.iter().next().is_some_and(|new| new.term != kept.term))
        }
        _ => false,
    };
    for effect in step.effects {
        match effect {
            Effect::Persist { record, .. } if replaces(record) => marks.hit(REPLACED),
            effect => effect_mark(effect, &status, step).into_iter().for_each(|name| marks.hit(name)),
        }
    }
}

fn effect_mark(
    effect: &EffectOf<Cluster>,
    status: &Status,
    step: &Step<'_, Cluster>,
) -> Option<&'static str> {
    match effect {
        Effect::Send { message: Message { body, .. }, .. } => match body {
            Body::PreVoted { granted: false, .. } => Some(REFUSED_PRE_VOTE),
            Body::Voted { granted: false } => Some(REFUSED_VOTE),
            Body::Nudge => Some(NUDGED),
            Body::Rejected { .. } => Some(REJECTED),
            Body::Snapshot { .. } => Some(SHIPPED),
            Body::Forward { .. } => Some(FORWARDED),
            Body::Forwarded { first: None, .. } => Some(NO_ROOM),
            _ => None,
        },
        Effect::Emit(event) => match event {
            Event::Role { role: Role::Leader, term, .. } if term.0 >= 5 => Some(LED_LATE),
            Event::Committed { entries, .. } => {
                let mut terms = entries.iter().map(|entry| entry.term);
                let first = terms.next()?;
                (first < status.term && terms.any(|term| term == status.term)).then_some(OLDER_TERM)
            }
            Event::Restore { .. } if step.kind != StepKind::Started && step.kind != StepKind::Wake => {
                Some(INSTALLED)
            }
            Event::Readable { .. } if status.role != Role::Leader => Some(READ_AT_FOLLOWER),
            Event::Unknown { .. } => Some(UNKNOWN),
            Event::Refused { refusal, .. } => match refusal {
                Refusal::NoLeader => Some(NO_LEADER),
                Refusal::Unconfirmed => Some(UNCONFIRMED),
                Refusal::Superseded => Some(SUPERSEDED),
                Refusal::Busy => Some(BUSY),
                _ => None,
            },
            _ => None,
        },
        Effect::Persist { .. } => None,
    }
}

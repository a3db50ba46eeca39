//! What is drawn along a lane: roles and downtime, records that are not durable yet; and the faults beside the lanes.

use alloc::collections::BTreeMap;

use quorate_machine::{NodeId, Ticket, Time};

use crate::{
    picture::{
        layout::RIBBON_SLOTS,
        rows::{Row, role_at},
    },
    recording::{Done, Fed, Happening, Moment, Stepped},
};

/// A role, in the order in which they first appear in the recording: its place is its colour.
pub(crate) struct Role<'a> {
    pub(crate) name: &'a str,
}

/// A part of a lane.
pub(crate) struct Stretch {
    pub(crate) node: NodeId,
    pub(crate) top: i32,
    pub(crate) bottom: i32,
    pub(crate) state: State,
}

/// What a node is during a stretch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Up, in this role if its subject names roles.
    Up(Option<usize>),
    Down,
    /// What it was before the picture begins is not known.
    Unknown,
}

/// From when records were handed to a disk until they were durable, or lost.
#[derive(PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) node: NodeId,
    /// The step that handed them over.
    pub(crate) moment: usize,
    pub(crate) records: usize,
    pub(crate) top: i32,
    pub(crate) bottom: i32,
    pub(crate) end: End,
    /// Which of the columns beside the lane.
    pub(crate) slot: i32,
}

/// How a gap ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The records were synced, or covered by a checkpoint.
    Durable,
    /// A crash left them.
    Survived,
    /// A crash destroyed them.
    Lost,
    /// A crash destroyed some of what was not synced.
    SomeLost,
    /// The run ended first.
    Open,
}

impl End {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Survived => "survived the crash",
            Self::Lost => "lost in the crash",
            Self::SomeLost => "some lost in the crash",
            Self::Open => "not durable when the run ended",
        }
    }
}

/// A fault, beside the lanes.
pub(crate) struct Bar<'a> {
    pub(crate) text: &'a str,
    pub(crate) moment: usize,
    pub(crate) top: i32,
    pub(crate) bottom: i32,
    pub(crate) slot: i32,
}

pub(crate) fn roles(moments: &[Moment]) -> Vec<Role<'_>> {
    let mut roles: Vec<Role<'_>> = Vec::new();
    for name in moments.iter().filter_map(role_at).filter(|name| !name.is_empty()) {
        if !roles.iter().any(|role| role.name == name) {
            roles.push(Role { name });
        }
    }
    roles
}

/// What each node is, from the top to the bottom.
pub(crate) fn stretches(
    earlier: &[Moment],
    moments: &[Moment],
    rows: &[Row],
    bottom: i32,
    roles: &[Role<'_>],
) -> Vec<Stretch> {
    let mut current: BTreeMap<NodeId, (i32, State)> = BTreeMap::new();
    for (node, state) in earlier.iter().filter_map(|moment| becomes(moment, roles)) {
        current.insert(node, (0, state));
    }
    let mut stretches = Vec::new();
    for (moment, row) in moments.iter().zip(rows) {
        let Some((node, state)) = becomes(moment, roles) else { continue };
        let starts = matches!(&moment.happening, Happening::Stepped(step) if step.fed == Fed::Started);
        let (top, before) = *current.entry(node).or_insert((0, before_first(&moment.happening)));
        if before != state || starts {
            stretches.push(Stretch { node, top, bottom: row.y, state: before });
            current.insert(node, (row.y, state));
        }
    }
    stretches.extend(current.into_iter().map(|(node, (top, state))| Stretch { node, top, bottom, state }));
    stretches.retain(|stretch| stretch.bottom > stretch.top);
    stretches
}

/// What a node must have been if this is the first that is known of it.
const fn before_first(happening: &Happening) -> State {
    if matches!(happening, Happening::Stepped(Stepped { fed: Fed::Started, .. })) {
        State::Down
    } else {
        State::Unknown
    }
}

fn becomes(moment: &Moment, roles: &[Role<'_>]) -> Option<(NodeId, State)> {
    match &moment.happening {
        Happening::Crashed { node, .. } => Some((*node, State::Down)),
        Happening::Stepped(step) => {
            let role = roles.iter().position(|role| role.name == step.portrait.role);
            Some((step.node, State::Up(role)))
        }
        Happening::Undelivered { .. }
        | Happening::Synced { .. }
        | Happening::Checkpointed { .. }
        | Happening::Fault { .. }
        | Happening::Phase { .. } => None,
    }
}

/// A record that its disk has not synced.
struct Unsynced {
    moment: usize,
    ticket: Option<Ticket>,
}

/// Every gap between a record and its durability.
pub(crate) fn gaps(moments: &[Moment], rows: &[Row], bottom: i32) -> Vec<Gap> {
    let mut unsynced: BTreeMap<NodeId, Vec<Unsynced>> = BTreeMap::new();
    let mut gaps: Vec<Gap> = Vec::new();
    let mut close = |node: NodeId, records: Vec<Unsynced>, bottom: i32, end: End| {
        for Unsynced { moment, .. } in records {
            let top = rows[moment].y;
            match gaps.last_mut() {
                Some(gap) if (gap.node, gap.moment, gap.bottom) == (node, moment, bottom) => gap.records += 1,
                _ => gaps.push(Gap { node, moment, records: 1, top, bottom, end, slot: 0 }),
            }
        }
    };
    for (moment, at) in moments.iter().zip(0..) {
        let y = rows[at].y;
        match &moment.happening {
            Happening::Stepped(step) => {
                let records = step.done.iter().filter_map(|done| match done {
                    Done::Persisted { ticket, .. } => Some(Unsynced { moment: at, ticket: *ticket }),
                    Done::Sent { .. } | Done::Told { .. } => None,
                });
                unsynced.entry(step.node).or_default().extend(records);
            }
            Happening::Synced { node, upto } | Happening::Checkpointed { node, upto } => {
                let open = unsynced.entry(*node).or_default();
                close(*node, durable(open, *upto), y, End::Durable);
            }
            Happening::Crashed { node, lost, .. } => {
                let open = unsynced.remove(node).unwrap_or_default();
                let end = match usize::try_from(*lost) {
                    Ok(0) => End::Survived,
                    Ok(lost) if lost < open.len() => End::SomeLost,
                    Ok(_) | Err(_) => End::Lost,
                };
                close(*node, open, y, end);
            }
            Happening::Undelivered { .. } | Happening::Fault { .. } | Happening::Phase { .. } => {}
        }
    }
    for (node, open) in unsynced {
        close(node, open, bottom, End::Open);
    }
    gaps.sort_by_key(|gap| (gap.node, gap.top, gap.bottom));
    into_slots(&mut gaps, 3, |gap| (gap.node, gap.top, gap.bottom), |gap, slot| gap.slot = slot);
    gaps
}

/// Takes out what a sync up to this ticket has made durable. A lazy record is with the ticket after it.
fn durable(open: &mut Vec<Unsynced>, upto: Option<Ticket>) -> Vec<Unsynced> {
    let covered = |record: &Unsynced| record.ticket.is_some_and(|ticket| Some(ticket) <= upto);
    let upto = open.iter().rposition(covered).map_or(0, |at| at + 1);
    open.drain(..upto).collect()
}

/// The faults, each for as long as it lasts; the liveness phase ends them.
pub(crate) fn bars<'a>(moments: &'a [Moment], rows: &[Row], bottom: i32) -> Vec<Bar<'a>> {
    let is_phase = |moment: &Moment| matches!(moment.happening, Happening::Phase { .. });
    let healed = moments.iter().position(is_phase).map_or(bottom, |at| rows[at].y);
    let reaches = |until: Time| {
        let after = moments.partition_point(|moment| moment.at < until);
        rows.get(after).map_or(bottom, |row| row.y)
    };
    let mut bars: Vec<Bar<'a>> = moments
        .iter()
        .zip(rows)
        .enumerate()
        .filter_map(|(at, (moment, row))| {
            let Happening::Fault { text, until } = &moment.happening else { return None };
            // What follows at once in the same column is told apart by the space between.
            let end = (until.map_or(row.y, reaches).min(healed) - 3).max(row.y + 6);
            Some(Bar { text, moment: at, top: row.y, bottom: end, slot: 0 })
        })
        .collect();
    into_slots(&mut bars, RIBBON_SLOTS, |bar| (NodeId(0), bar.top, bar.bottom), |bar, slot| bar.slot = slot);
    bars
}

/// Puts what overlaps side by side, as far as there is room. The items rise by owner and top.
fn into_slots<T>(
    items: &mut [T],
    slots: i32,
    place: impl Fn(&T) -> (NodeId, i32, i32),
    set: impl Fn(&mut T, i32),
) {
    let mut taken: Vec<(NodeId, i32)> = Vec::new();
    for item in items {
        let (owner, top, bottom) = place(item);
        let is_free = |(by, until): &(NodeId, i32)| *by != owner || *until <= top;
        let room = usize::try_from(slots).unwrap_or(1);
        let slot = match taken.iter().position(is_free) {
            Some(slot) => slot,
            None if taken.len() < room => {
                taken.push((owner, bottom));
                taken.len() - 1
            }
            None => room - 1,
        };
        taken[slot] = (owner, bottom);
        set(item, i32::try_from(slot).unwrap_or(0));
    }
}

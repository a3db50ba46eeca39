//! Messages: one arrow for each copy, whatever becomes of it.

use alloc::collections::BTreeMap;

use quorate_machine::NodeId;

use crate::{
    picture::layout::Layout,
    recording::{Done, Fate, Fed, Happening},
};

/// One copy of a message.
pub(crate) struct Arrow<'a> {
    pub(crate) kind: Kind,
    pub(crate) letter: u64,
    pub(crate) text: &'a str,
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    /// The step that sent it, unless that is not shown.
    pub(crate) sent: Option<usize>,
    /// Where it came to its end, unless it is on its way.
    pub(crate) ended: Option<usize>,
    /// From where to where, in pixels; of a long one, only its end.
    pub(crate) line: Line,
    /// How a long one begins.
    pub(crate) begins: Option<Line>,
}

pub(crate) type Line = [(f64, f64); 2];

/// A message that was so long on its way is drawn without its middle, which would only hide what happened meanwhile.
const LONG: f64 = 600.0;

/// What an arrow looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It arrived.
    Arrived,
    /// It arrived, and so did, or may, another copy.
    Twice,
    /// It had arrived before, and came again.
    Again,
    /// It was lost on the way.
    Lost,
    /// It met a cut.
    Cut,
    /// The link was full.
    Overflowed,
    /// It arrived damaged.
    Corrupt,
    /// The receiver was down.
    Missed,
    /// There is no such node.
    Stray,
    /// It never left.
    Prevented,
    /// It is on its way when the run ends.
    UnderWay,
}

impl Kind {
    /// The class of its style.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Arrived => "sent",
            Self::Twice => "twice",
            Self::Again => "again",
            Self::Lost => "lost",
            Self::Cut => "cut",
            Self::Overflowed => "full",
            Self::Corrupt => "corrupt",
            Self::Missed => "missed",
            Self::Stray => "stray",
            Self::Prevented => "prevented",
            Self::UnderWay => "underway",
        }
    }

    /// What became of it, in words.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Twice => "sent on its way twice",
            Self::Again => "came again",
            Self::Lost => "lost",
            Self::Cut => "met a cut",
            Self::Overflowed => "the link was full",
            Self::Corrupt => "came damaged, and was thrown away",
            Self::Missed => "the receiver was down",
            Self::Stray => "there is no such node",
            Self::Prevented => "never left",
            Self::UnderWay => "on its way when the run ended",
        }
    }

    /// Whether its line ends at a lane.
    pub(crate) const fn lands(self) -> bool {
        matches!(self, Self::Arrived | Self::Twice | Self::Again | Self::Corrupt | Self::Missed)
    }
}

/// A message as it was sent.
struct Sent<'a> {
    at: usize,
    from: NodeId,
    to: NodeId,
    fate: Fate,
    text: &'a str,
    /// How many copies have come to their end.
    ended: u32,
}

/// The arrows of all messages, in the order of their ends, then those that have none.
pub(crate) fn arrows<'a>(layout: &Layout<'a>) -> Vec<Arrow<'a>> {
    let mut arrows = Vec::new();
    let mut letters: BTreeMap<u64, Sent<'a>> = BTreeMap::new();
    for (at, moment) in layout.moments.iter().enumerate() {
        match &moment.happening {
            Happening::Stepped(step) => {
                if let Fed::Received { from, letter, text } = &step.fed {
                    let sent = letters.get_mut(letter);
                    arrows.push(arrived(layout, at, (*from, step.node), *letter, text, sent));
                }
                for done in &step.done {
                    let Done::Sent { to, letter, fate, text } = done else { continue };
                    let sent = Sent { at, from: step.node, to: *to, fate: *fate, text, ended: 0 };
                    match never_travels(*fate) {
                        Some(kind) => arrows.push(stub(layout, *letter, &sent, kind)),
                        None => drop(letters.insert(*letter, sent)),
                    }
                }
            }
            Happening::Undelivered { letter, to, fate } => {
                let Some(sent) = letters.get_mut(letter) else { continue };
                sent.ended += 1;
                arrows.push(between(layout, *letter, sent, (at, *to), of_end(*fate)));
            }
            Happening::Synced { .. }
            | Happening::Checkpointed { .. }
            | Happening::Crashed { .. }
            | Happening::Fault { .. }
            | Happening::Phase { .. } => {}
        }
    }
    let flying = letters.iter().filter(|(_, sent)| sent.ended == 0);
    arrows.extend(flying.map(|(letter, sent)| stub(layout, *letter, sent, Kind::UnderWay)));
    arrows
}

const fn never_travels(fate: Fate) -> Option<Kind> {
    match fate {
        Fate::Lost => Some(Kind::Lost),
        Fate::Cut => Some(Kind::Cut),
        Fate::Overflowed => Some(Kind::Overflowed),
        Fate::Stray => Some(Kind::Stray),
        Fate::Prevented => Some(Kind::Prevented),
        Fate::Sent | Fate::Duplicated | Fate::Corrupted | Fate::Missed => None,
    }
}

const fn of_end(fate: Fate) -> Kind {
    match fate {
        Fate::Corrupted => Kind::Corrupt,
        Fate::Cut => Kind::Cut,
        Fate::Overflowed => Kind::Overflowed,
        Fate::Missed => Kind::Missed,
        Fate::Stray => Kind::Stray,
        Fate::Sent | Fate::Duplicated | Fate::Lost | Fate::Prevented => Kind::Lost,
    }
}

fn arrived<'a>(
    layout: &Layout<'a>,
    at: usize,
    (from, to): (NodeId, NodeId),
    letter: u64,
    text: &'a str,
    sent: Option<&mut Sent<'a>>,
) -> Arrow<'a> {
    let Some(sent) = sent else {
        let (x, y) = (f64::from(layout.lane(to)), f64::from(layout.rows[at].y));
        let begins = (x + (f64::from(layout.lane(from)) - x) * 0.4, (y - 14.0).max(0.0));
        let line = [begins, landing(begins, (x, y))];
        let kind = Kind::Arrived;
        return Arrow { kind, letter, text, from, to, sent: None, ended: Some(at), line, begins: None };
    };
    sent.ended += 1;
    let kind = match (sent.fate, sent.ended) {
        (Fate::Duplicated, 1 | 2) => Kind::Twice,
        (_, 1) => Kind::Arrived,
        (_, _) => Kind::Again,
    };
    between(layout, letter, sent, (at, to), kind)
}

/// From the step that sent it to where it ended.
fn between<'a>(
    layout: &Layout<'_>,
    letter: u64,
    sent: &Sent<'a>,
    (at, to): (usize, NodeId),
    kind: Kind,
) -> Arrow<'a> {
    let (starts, ends) = (place(layout, sent.from, sent.at), place(layout, to, at));
    let is_long = ends.1 - starts.1 > LONG;
    let aside = f64::from(layout.lane_width()) * if ends.0 > starts.0 { 0.4 } else { -0.4 };
    let tail = if is_long { (ends.0 - aside, ends.1 - 20.0) } else { starts };
    // A copy that comes again is seen to begin where the first one does.
    let begins = (is_long && kind != Kind::Again).then_some([starts, (starts.0 + aside, starts.1 + 20.0)]);
    let ends = if kind.lands() { landing(tail, ends) } else { along(tail, ends, 0.8) };
    let Sent { from, text, .. } = *sent;
    Arrow { kind, letter, text, from, to, sent: Some(sent.at), ended: Some(at), line: [tail, ends], begins }
}

/// From the step that sent it towards whom it was for. It ends before the next lane: the farther the receiver, the longer.
fn stub<'a>(layout: &Layout<'_>, letter: u64, sent: &Sent<'a>, kind: Kind) -> Arrow<'a> {
    let (x, y) = place(layout, sent.from, sent.at);
    let is_member = (1..=u64::from(layout.nodes)).contains(&sent.to.0);
    let lanes =
        if is_member { layout.lane(sent.to) - layout.lane(sent.from) } else { 0 } / layout.lane_width();
    let reach = (0.42 + 0.12 * f64::from(lanes.abs() - 1)).clamp(0.42, 0.8) * f64::from(layout.lane_width());
    let ends = (if lanes < 0 { x - reach } else { x + reach }, y + 12.0);
    let Sent { at, from, to, text, .. } = *sent;
    Arrow { kind, letter, text, from, to, sent: Some(at), ended: None, line: [(x, y), ends], begins: None }
}

fn place(layout: &Layout<'_>, node: NodeId, at: usize) -> (f64, f64) {
    (f64::from(layout.lane(node)), f64::from(layout.rows[at].y))
}

/// A little before the end, so that the head is not under the step's mark.
fn landing((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (to_x - x, to_y - y);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    along((x, y), (to_x, to_y), (length - 6.0).max(0.0) / length)
}

/// This part of the way.
fn along((x, y): (f64, f64), (to_x, to_y): (f64, f64), part: f64) -> (f64, f64) {
    (x + (to_x - x) * part, y + (to_y - y) * part)
}

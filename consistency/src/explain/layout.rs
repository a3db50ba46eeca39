//! Where everything is on a timeline, in columns as wide as a character. Time is the order of events: what is drawn further
//! right is later, and how far says nothing.

use alloc::{borrow::Cow, collections::BTreeMap, format, string::String, vec, vec::Vec};

use crate::explain::{Explanation, Shown};

/// The least distance of two ends.
const GAP: usize = 3;

pub(crate) struct Layout<'a> {
    pub(crate) explanation: &'a Explanation,
    /// The processes, from the top.
    pub(crate) lanes: Vec<u64>,
    pub(crate) bars: Vec<Bar>,
    /// Where the operations of the order take effect, in their order: the operation, and the column.
    pub(crate) points: Vec<(usize, usize)>,
    /// What the object holds, from which column.
    pub(crate) strip: Vec<(usize, String)>,
    pub(crate) width: usize,
}

/// An operation.
pub(crate) struct Bar {
    pub(crate) lane: usize,
    pub(crate) from: usize,
    /// Pending operations end at the right edge.
    pub(crate) to: Option<usize>,
    pub(crate) label: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Call,
    Point(usize),
    Return,
}

impl<'a> Layout<'a> {
    pub(crate) fn new(explanation: &'a Explanation, label_max: usize, state_max: usize) -> Self {
        let operations = &explanation.operations;
        let mut lanes: Vec<u64> = operations.iter().map(|operation| operation.process).collect();
        lanes.sort_unstable();
        lanes.dedup();
        let lane = |operation: &Shown| lanes.binary_search(&operation.process).unwrap_or(0);
        let bar = |operation: &Shown| {
            let label = shorten(&operation.label(), label_max).into_owned();
            Bar { lane: lane(operation), from: 0, to: None, label }
        };
        let bars = operations.iter().map(bar).collect();
        let mut layout = Self { explanation, bars, points: Vec::new(), strip: Vec::new(), width: 0, lanes };
        layout.place(state_max);
        layout
    }

    fn place(&mut self, state_max: usize) {
        let operations = &self.explanation.operations;
        let (mut x, mut free, mut state_free) = (0, vec![0; self.lanes.len()], 0);
        let mut number = None;
        let mut widest = 0;
        for (at, mark) in marks(self.explanation) {
            let bar = &mut self.bars[at];
            // What a bar is called stands above it.
            let label = bar.label.chars().count();
            match mark {
                Mark::Call => {
                    x = (x + GAP).max(free[bar.lane]);
                    bar.from = x;
                    widest = widest.max(x + label + GAP);
                }
                Mark::Return => {
                    x = (x + GAP).max(bar.from + label);
                    if at == self.explanation.culprit {
                        x = x.max(state_free);
                    }
                    bar.to = Some(x);
                    free[bar.lane] = x + GAP;
                }
                Mark::Point(_) => {
                    let Some(place) = &operations[at].place else { continue };
                    if self.strip.is_empty() {
                        let before = shorten(&place.before, state_max).into_owned();
                        state_free = before.chars().count() + 2;
                        self.strip.push((0, before));
                    }
                    x = (x + GAP).max(state_free);
                    if number.is_some_and(|number| number + 1 != place.number) {
                        // Some of the order is not shown: what it holds has changed meanwhile.
                        let before = shorten(&format!("… {}", place.before), state_max).into_owned();
                        let width = before.chars().count() + 2;
                        self.strip.push((x, before));
                        x += width;
                    }
                    self.points.push((at, x));
                    if place.before != place.after {
                        let after = shorten(&place.after, state_max).into_owned();
                        state_free = x + after.chars().count() + 2;
                        self.strip.push((x, after));
                    }
                    number = Some(place.number);
                }
            }
        }
        self.width = (x + GAP).max(widest).max(state_free);
    }

    pub(crate) fn culprit(&self) -> &Bar {
        &self.bars[self.explanation.culprit]
    }
}

/// Ends and points in the order of time. An operation takes effect when it and all that are before it in the order have been
/// invoked.
fn marks(explanation: &Explanation) -> Vec<(usize, Mark)> {
    let operations = &explanation.operations;
    let mut marks = Vec::new();
    let mut order = BTreeMap::new();
    let end = operations[explanation.culprit].returned;
    for (at, operation) in operations.iter().enumerate() {
        marks.push((operation.called, Mark::Call, at));
        // What comes after the return that nothing explains is not drawn to its end.
        let drawn = operation.returned.filter(|returned| end.is_none_or(|end| *returned <= end));
        marks.extend(drawn.map(|returned| (returned, Mark::Return, at)));
        if let Some(place) = &operation.place {
            order.insert(place.number, (at, operation.called));
        }
    }
    let mut latest = 0;
    for (number, (at, called)) in order {
        latest = latest.max(called);
        marks.push((latest, Mark::Point(number), at));
    }
    marks.sort_unstable();
    marks.into_iter().map(|(_, mark, at)| (at, mark)).collect()
}

/// The text, without its middle if it is too long: what has grown differs at its end. What would break a line is a blank.
pub(crate) fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= chars && !text.contains(|char: char| char.is_control()) {
        return Cow::Borrowed(text);
    }
    let blank = |char: char| if char.is_control() { ' ' } else { char };
    if length <= chars {
        return Cow::Owned(text.chars().map(blank).collect());
    }
    let kept = chars.saturating_sub(1);
    let head = kept.div_ceil(2);
    let mut short: String = text.chars().take(head).map(blank).collect();
    short.push('…');
    short.extend(text.chars().skip(length - (kept - head)).map(blank));
    Cow::Owned(short)
}

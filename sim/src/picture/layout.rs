//! Where everything is: one row per moment, one lane per node.

use quorate_machine::{NodeId, Time};

use crate::{
    causality::Causality,
    picture::{
        arrows::{self, Arrow},
        lanes::{self, Bar, Gap, Role, Stretch},
        rows::{self, Row},
        text,
    },
    recording::{Happening, Moment},
    report::{Report, Verdict},
};

/// Where the columns are, in pixels from the left: instants, faults, lanes, words.
pub(crate) const AXIS: i32 = 80;
pub(crate) const RIBBON: i32 = 88;
pub(crate) const RIBBON_SLOTS: i32 = 4;
pub(crate) const RIBBON_STEP: i32 = 7;
const LANES: i32 = 128;
/// How many characters a line of words has, and how wide one is at most, in tenths of a pixel.
pub(crate) const WORDS: usize = 72;
const CHAR_TENTHS: i32 = 67;
const VERDICT_LINES_MAX: usize = 6;

/// A laid out picture.
pub(crate) struct Layout<'a> {
    /// What it shows.
    pub(crate) moments: &'a [Moment],
    pub(crate) nodes: u8,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) rows: Vec<Row>,
    pub(crate) arrows: Vec<Arrow<'a>>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) bars: Vec<Bar<'a>>,
    pub(crate) roles: Vec<Role<'a>>,
    pub(crate) causes: Causality,
    /// The moment at which something that must hold did not.
    pub(crate) blamed: Option<usize>,
    /// For each moment, whether it led to the blamed one; empty if none is.
    pub(crate) past: Vec<bool>,
    /// The verdict below the last row, line by line.
    pub(crate) verdict: Vec<String>,
    /// How many moments of the run are not shown.
    pub(crate) left_out: u64,
}

impl<'a> Layout<'a> {
    /// The latest `moments_max` moments with at most `steps_max` steps.
    pub(crate) fn of(report: &'a Report, moments_max: usize, steps_max: usize) -> Self {
        let recording = &report.recording;
        let first = first(&recording.moments, moments_max, steps_max);
        let (earlier, moments) = recording.moments.split_at(first);
        let causes = Causality::of(moments);
        let (rows, bottom) = rows::rows(moments, &causes);
        let roles = lanes::roles(&recording.moments);
        let blamed = blamed(report, moments);
        let passed = report.verdict.is_passed();
        let verdict = if passed {
            Vec::new()
        } else {
            text::wrap(&report.verdict.to_string(), WORDS, VERDICT_LINES_MAX)
        };
        let words = LANES + i32::from(recording.nodes) * lane_width(recording.nodes) + 12;
        let mut layout = Self {
            moments,
            nodes: recording.nodes,
            width: words + i32::try_from(WORDS).unwrap_or(0) * CHAR_TENTHS / 10 + 8,
            height: bottom + 16 * i32::try_from(verdict.len()).unwrap_or(0) + 20,
            arrows: Vec::new(),
            stretches: lanes::stretches(earlier, moments, &rows, bottom, &roles),
            gaps: lanes::gaps(moments, &rows, bottom),
            bars: lanes::bars(moments, &rows, bottom),
            roles,
            past: blamed.map(|at| causes.past(at)).unwrap_or_default(),
            rows,
            causes,
            blamed,
            verdict,
            left_out: recording.forgotten + first as u64,
        };
        layout.arrows = arrows::arrows(&layout);
        layout
    }

    /// The middle of a node's lane.
    pub(crate) fn lane(&self, node: NodeId) -> i32 {
        let width = lane_width(self.nodes);
        LANES + width * (i32::try_from(node.0.min(65)).unwrap_or(0) - 1) + width / 2
    }

    pub(crate) const fn lane_width(&self) -> i32 {
        lane_width(self.nodes)
    }

    /// Where the words begin.
    pub(crate) fn words(&self) -> i32 {
        LANES + i32::from(self.nodes) * lane_width(self.nodes) + 12
    }

    /// Whether this did not lead to the violation; nothing is faded if there is none.
    pub(crate) fn is_faded(&self, at: usize) -> bool {
        let strikes = matches!(
            self.moments.get(at).map(|moment| &moment.happening),
            Some(Happening::Crashed { .. } | Happening::Fault { .. } | Happening::Phase { .. })
        );
        !strikes && self.past.get(at) == Some(&false)
    }
}

const fn lane_width(nodes: u8) -> i32 {
    match nodes {
        0..=3 => 96,
        4 => 76,
        5 => 60,
        6..=8 => 40,
        _ => 30,
    }
}

fn first(moments: &[Moment], moments_max: usize, steps_max: usize) -> usize {
    let steps = moments.iter().enumerate().rev().filter(|(_, moment)| is_step(moment));
    let by_steps = steps.map(|(at, _)| at).nth(steps_max).map_or(0, |at| at + 1);
    by_steps.max(moments.len().saturating_sub(moments_max))
}

const fn is_step(moment: &Moment) -> bool {
    matches!(moment.happening, Happening::Stepped(_))
}

/// A violation is found at the moment it follows from, and ends the run there; one that is found when the run has ended,
/// such as a history that no order explains, has no moment.
fn blamed(report: &Report, moments: &[Moment]) -> Option<usize> {
    let Verdict::Violated { .. } = report.verdict else { return None };
    let end = Time::ZERO + report.virtual_time;
    let on_a_node = |moment: &Moment| moment.happening.node().is_some();
    moments.iter().rposition(on_a_node).filter(|at| moments.get(*at).is_some_and(|moment| moment.at == end))
}

//! A run as a picture: lanes are nodes, time runs down, arrows are messages.
//!
//! The layout is computed once, here; the page's script only adds what a reader does with it.

mod arrows;
mod lanes;
mod layout;
mod page;
mod rows;
mod svg;
mod text;

use crate::{
    picture::{layout::Layout, svg::Standalone},
    plan::Plan,
    report::Report,
};

/// How many of the latest moments a page shows at most: a recording of so many is worth making for [`Report::html`].
pub const PICTURE_MOMENTS: usize = 10_000;
/// How many of the latest steps a page shows at most.
const PAGE_STEPS: usize = 3_000;

impl Report {
    /// The recording as one page that needs nothing else: a file to open in a browser, offline.
    ///
    /// It shows the latest [`PICTURE_MOMENTS`] at most, and says what was left out. What did not lead to a violation is
    /// faded. A step that is clicked tells what the node was fed and did, and which lines of its
    /// [portrait](crate::Subject::portrait) changed; a message that is clicked tells what it says.
    /// `#step=17` at the end of the address selects a step, by the number that plays give it.
    pub fn html(&self, plan: &Plan) -> String {
        page::page(&Layout::of(self, PICTURE_MOMENTS, PAGE_STEPS), self, plan)
    }

    /// The latest `moments` of the recording as a still, for a document.
    pub fn svg(&self, moments: usize) -> String {
        Standalone(&Layout::of(self, moments, usize::MAX)).to_string()
    }
}

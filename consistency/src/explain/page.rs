//! The page: the timeline as SVG, and beside it the reasons. Everything is written here; the script only shows and hides.

use alloc::{format, string::String, vec::Vec};

use crate::{
    explain::{
        Explanation, Next, Shown, Situation,
        layout::{Bar, Layout},
    },
    markup::{Escaped, Markup, coded, escaped, fill},
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How long a label may be, and a state.
const LABEL_MAX: usize = 32;
const STATE_MAX: usize = 20;

/// The width of a column, and the heights of the strip of states, of a lane, and in a lane of what is above the bar and of
/// the bar, in pixels.
const COLUMN: usize = 8;
const STRIP: usize = 46;
const LANE: usize = 54;
const ABOVE: usize = 24;
const BAR: usize = 18;

impl Explanation {
    /// The violation as one page that needs nothing else: a file to open in a browser, offline.
    ///
    /// Lanes are processes and bars operations, from call to return; what the object holds, if it does one after the other in
    /// the order of the numbers, is above them. An operation that is clicked tells where it was written down, and what comes of
    /// it in each situation; `#operation=3` at the end of the address selects one. `title` says what the history is.
    pub fn page(&self, title: &str) -> String {
        let layout = Layout::new(self, LABEL_MAX, STATE_MAX);
        let processes = layout.lanes.len();
        let mut shown = format!("{} operations of {processes} processes", self.operations.len());
        if let Some(remark) = self.remark() {
            shown = format!("{shown}; {remark}");
        }
        fill(
            PAGE,
            &[
                ("style", STYLE.into()),
                ("title", escaped(title)),
                ("headline", coded(&self.headline())),
                ("shown", escaped(&shown)),
                ("names", names(&layout)),
                ("body", body(&layout)),
                ("why", why(self)),
                ("details", details(self)),
                ("script", SCRIPT.into()),
            ],
        )
    }
}

const fn x(column: usize) -> usize {
    column * COLUMN
}

const fn top(lane: usize) -> usize {
    STRIP + lane * LANE
}

fn height(layout: &Layout<'_>) -> usize {
    top(layout.lanes.len()) + 12
}

fn names(layout: &Layout<'_>) -> String {
    let longest = layout.lanes.iter().map(|process| format!("process {process}").len()).max().unwrap_or(0);
    let width = longest * COLUMN + 24;
    let mut svg = Markup(String::new());
    svg.put(format_args!("<svg id=\"names\" width=\"{width}\" height=\"{}\">", height(layout)));
    let right = width - 12;
    if !layout.strip.is_empty() {
        svg.put(format_args!("<text class=\"dim\" x=\"{right}\" y=\"21\">holds</text>"));
    }
    for (lane, process) in layout.lanes.iter().enumerate() {
        let class = if layout.culprit().lane == lane { "culprit" } else { "process" };
        let y = top(lane) + ABOVE + 13;
        svg.put(format_args!("<text class=\"{class}\" x=\"{right}\" y=\"{y}\">process {process}</text>"));
    }
    svg.put(format_args!("</svg>"));
    svg.0
}

fn body(layout: &Layout<'_>) -> String {
    let (width, height) = (x(layout.width + 3), height(layout));
    let mut svg = Markup(String::new());
    svg.put(format_args!("<svg id=\"body\" width=\"{width}\" height=\"{height}\">"));
    let culprit = layout.culprit();
    let (from, to) = (x(culprit.from), x(culprit.to.unwrap_or(layout.width)));
    let band = to - from;
    svg.put(format_args!("<rect class=\"band\" x=\"{from}\" y=\"0\" width=\"{band}\" height=\"{height}\"/>"));
    for lane in 0..layout.lanes.len() {
        let y = top(lane) + ABOVE + BAR / 2;
        svg.put(format_args!("<line class=\"lane\" x1=\"0\" y1=\"{y}\" x2=\"{width}\" y2=\"{y}\"/>"));
    }
    strip(layout, &mut svg);
    for (at, x_at) in &layout.points {
        let (px, y) = (x(*x_at), top(layout.bars[*at].lane) + ABOVE);
        svg.put(format_args!("<line class=\"drop\" x1=\"{px}\" y1=\"32\" x2=\"{px}\" y2=\"{y}\"/>"));
    }
    let end = top(culprit.lane) + ABOVE;
    svg.put(format_args!("<line class=\"refused\" x1=\"{to}\" y1=\"28\" x2=\"{to}\" y2=\"{end}\"/>"));
    for (at, bar) in layout.bars.iter().enumerate() {
        operation(layout, at, bar, &mut svg);
    }
    for (at, x_at) in &layout.points {
        let Some(place) = &layout.explanation.operations[*at].place else { continue };
        let (px, y) = (x(*x_at), top(layout.bars[*at].lane) + ABOVE + BAR / 2);
        let radius = if place.number < 100 { 10 } else { 14 };
        let number = place.number;
        svg.put(format_args!(
            "<g class=\"number\"><circle cx=\"{px}\" cy=\"{y}\" r=\"{radius}\"/><text x=\"{px}\" y=\"{}\">{number}</text></g>",
            y + 4
        ));
    }
    self::end(to, top(culprit.lane) + ABOVE + BAR / 2, &mut svg);
    svg.put(format_args!("</svg>"));
    svg.0
}

/// What the object holds, from one number to the next.
fn strip(layout: &Layout<'_>, svg: &mut Markup) {
    let end = layout.culprit().to.unwrap_or(layout.width);
    let ends = layout.strip.iter().skip(1).map(|(x, _)| *x).chain([end]);
    for ((from, state), to) in layout.strip.iter().zip(ends) {
        // What still fits before the return that nothing explains may be longer than its box.
        let (left, width) = (x(*from), x(to.saturating_sub(*from)));
        let state = Escaped(state);
        svg.put(format_args!(
            "<rect class=\"held\" x=\"{left}\" y=\"8\" width=\"{width}\" height=\"20\"/><text class=\"state\" x=\"{}\" y=\"22\">{state}</text>",
            left + 6
        ));
    }
    if !layout.strip.is_empty() {
        self::end(x(end), 18, svg);
    }
}

/// Where it ends.
fn end(px: usize, y: usize, svg: &mut Markup) {
    let (left, right, up, down) = (px.saturating_sub(4), px + 4, y - 4, y + 4);
    svg.put(format_args!(
        "<g class=\"end\"><circle cx=\"{px}\" cy=\"{y}\" r=\"10\"/>\
         <path d=\"M{left} {up}L{right} {down}M{right} {up}L{left} {down}\"/></g>"
    ));
}

fn operation(layout: &Layout<'_>, at: usize, bar: &Bar, svg: &mut Markup) {
    let shown = &layout.explanation.operations[at];
    let mut class = String::from("op");
    if at == layout.explanation.culprit {
        class.push_str(" culprit");
    } else if shown.place.is_none() {
        class.push_str(" waiting");
    }
    if shown.returned.is_none() {
        class.push_str(" endless");
    }
    let (from, y) = (x(bar.from), top(bar.lane));
    let to = x(bar.to.unwrap_or(layout.width));
    let (width, middle) = (to - from, y + ABOVE + BAR / 2);
    let label_width = x(bar.label.chars().count()).max(width);
    let tell = escaped(&shown.label());
    svg.put(format_args!(
        "<g class=\"{class}\" data-op=\"{at}\" tabindex=\"0\" role=\"button\"><title>{tell}</title>"
    ));
    let bar_y = y + ABOVE;
    svg.put(format_args!(
        "<rect class=\"hit\" x=\"{from}\" y=\"{y}\" width=\"{label_width}\" height=\"{}\"/>",
        ABOVE + BAR
    ));
    svg.put(format_args!(
        "<rect class=\"bar\" x=\"{from}\" y=\"{bar_y}\" width=\"{width}\" height=\"{BAR}\" rx=\"4\"/><text x=\"{}\" y=\"{}\">{}</text>",
        from + 1,
        bar_y - 6,
        Escaped(&bar.label)
    ));
    if bar.to.is_none() {
        let (up, down, tip) = (middle - 7, middle + 7, to + 12);
        svg.put(format_args!(
            "<path class=\"tip\" d=\"M{} {up}L{tip} {middle}L{} {down}\"/>",
            to + 4,
            to + 4
        ));
    }
    svg.put(format_args!("</g>"));
}

/// What the panel tells first.
fn why(explanation: &Explanation) -> String {
    let mut html = Markup(String::new());
    html.put(format_args!("<h2>Why</h2>"));
    let told = match explanation.situations.len() {
        0 => "There is no search to tell of: the violation was found without one.".into(),
        1 => "What had returned before can be explained, and then there is one situation. \
              The red operation cannot return in it."
            .into(),
        count => {
            let count =
                if explanation.has_all_situations { format!("{count}") } else { format!("{count} and more") };
            format!(
                "What had returned before can be explained, and then there are {count} situations. \
                 The red operation can return in none of them."
            )
        }
    };
    html.put(format_args!("<p>{told}</p>"));
    for situation in &explanation.situations {
        card(explanation, situation, None, &mut html);
    }
    legend(explanation, &mut html);
    html.0
}

fn card(explanation: &Explanation, situation: &Situation, only: Option<usize>, html: &mut Markup) {
    let candidates: Vec<_> = situation
        .candidates
        .iter()
        .filter(|candidate| only.is_none_or(|only| candidate.operation == only))
        .collect();
    if candidates.is_empty() {
        return;
    }
    html.put(format_args!("<div class=\"card\"><b>If {}</b><ul>", coded(&situation.holds)));
    for candidate in candidates {
        let class = match candidate.next {
            Next::Refused(_) => "refused",
            Next::Idle => "idle",
            Next::Leads(_) => "leads",
        };
        let told = explanation.tell(candidate.operation, &candidate.next);
        html.put(format_args!("<li class=\"{class}\">{}</li>", coded(&told)));
    }
    html.put(format_args!("</ul></div>"));
}

fn legend(explanation: &Explanation, html: &mut Markup) {
    html.put(format_args!("<h3>What is what</h3><div class=\"key\">"));
    let has = |wanted: &dyn Fn(&Shown) -> bool| {
        explanation
            .operations
            .iter()
            .enumerate()
            .any(|(at, shown)| at != explanation.culprit && wanted(shown))
    };
    let entries = [
        (true, "culprit", "", "the operation whose return no order explains"),
        (true, "band", "", "while it was open"),
        (
            has(&|shown| shown.place.is_some()),
            "point",
            "1",
            "its place in an order that explains what had returned",
        ),
        (has(&|shown| shown.place.is_some()), "state", "", "what the object holds then, in that order"),
        (
            has(&|shown| shown.place.is_none()),
            "waiting",
            "",
            "open, and not in that order: it may still come",
        ),
        (has(&|shown| shown.returned.is_none()), "endless", "", "pending: nobody knows whether it was done"),
    ];
    for (_, class, text, told) in entries.into_iter().filter(|(is_there, ..)| *is_there) {
        html.put(format_args!("<span class=\"swatch {class}\">{text}</span><span>{told}</span>"));
    }
    html.put(format_args!("</div><p></p><p>Time runs to the right; how far says nothing. Click an operation, or <kbd>←</kbd> <kbd>→</kbd>; <kbd>v</kbd> the red one; <kbd>Esc</kbd> back here.</p>"));
}

/// What a click tells of each operation.
fn details(explanation: &Explanation) -> String {
    let mut html = Markup(String::new());
    for (at, shown) in explanation.operations.iter().enumerate() {
        html.put(format_args!(
            "<template id=\"about-{at}\"><h2><code>{}</code></h2><dl>",
            Escaped(&shown.label())
        ));
        let mut row = |name: &str, value: &str| {
            html.put(format_args!("<dt>{name}</dt><dd>{}</dd>", Escaped(value)));
        };
        row("process", &format!("{}", shown.process));
        row("operation", &format!("{}", shown.id));
        if let Some(whence) = &shown.whence {
            row("written down", whence);
        }
        row("called", &format!("event {}", shown.called));
        match shown.returned {
            Some(returned) => row("returned", &format!("event {returned}")),
            None => row("returned", "never: it may have been done or not"),
        }
        match &shown.place {
            Some(place) => {
                row("in the order", &format!("number {}", place.number));
                row("before it", &place.before);
                row("after it", &place.after);
            }
            None if at == explanation.culprit => row("in the order", "it fits nowhere"),
            None => row("in the order", "not yet: it may still come"),
        }
        html.put(format_args!("</dl>"));
        for situation in &explanation.situations {
            card(explanation, situation, Some(at), &mut html);
        }
        html.put(format_args!("</template>"));
    }
    html.0
}

//! A layout as SVG, back to front.

use core::fmt;

use quorate_machine::NodeId;

use crate::{
    picture::{
        arrows::{Arrow, Kind},
        lanes::{End, State},
        layout::{AXIS, Layout, RIBBON, RIBBON_STEP},
        text::Escaped,
    },
    recording::{Fed, Happening},
};

const STYLE: &str = include_str!("picture.css");
const HEAD_HEIGHT: i32 = 28;

/// The names of the columns.
pub(crate) struct Head<'a>(pub(crate) &'a Layout<'a>);

/// Everything below the names of the columns.
pub(crate) struct Body<'a>(pub(crate) &'a Layout<'a>);

/// What the marks mean.
pub(crate) struct Legend<'a> {
    pub(crate) layout: &'a Layout<'a>,
    pub(crate) width: i32,
}

/// A file of its own: head, body and legend.
pub(crate) struct Standalone<'a>(pub(crate) &'a Layout<'a>);

impl fmt::Display for Standalone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(layout) = self;
        let (width, legend) = (layout.width, Legend { layout, width: layout.width });
        let height = HEAD_HEIGHT + layout.height + legend.height();
        write!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" class=\"picture faded\">\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n<g>{head}</g>\n\
             <g transform=\"translate(0 {HEAD_HEIGHT})\">{body}</g>\n\
             <g transform=\"translate(0 {below})\">{legend}</g>\n</svg>\n",
            head = Head(layout),
            body = Body(layout),
            below = HEAD_HEIGHT + layout.height,
        )
    }
}

/// A fragment as an `<svg>` of its own, for a page that has the style already.
pub(crate) fn framed(fragment: &dyn fmt::Display, id: &str, (width, height): (i32, i32)) -> String {
    format!(
        "<svg id=\"{id}\" class=\"picture\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\">{fragment}</svg>"
    )
}

impl Head<'_> {
    pub(crate) const HEIGHT: i32 = HEAD_HEIGHT;
}

impl fmt::Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(layout) = self;
        write!(f, "<text class=\"time\" x=\"{AXIS}\" y=\"18\">ms</text>")?;
        for node in (1..=u64::from(layout.nodes)).map(NodeId) {
            write!(f, "<text class=\"lane-name\" x=\"{}\" y=\"18\">{node}</text>", layout.lane(node))?;
        }
        let above = match layout.left_out {
            0 => String::new(),
            left_out => format!("{left_out} earlier moments are left out"),
        };
        write!(f, "<text class=\"words dim\" x=\"{}\" y=\"18\">{above}</text>", layout.words())
    }
}

impl fmt::Display for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(layout) = self;
        for (at, row) in layout.rows.iter().enumerate() {
            let class = if layout.blamed == Some(at) { "row blamed" } else { "row" };
            let (top, height) = (row.y - row.height / 2, row.height);
            let width = layout.width;
            writeln!(
                f,
                "<rect class=\"{class}\" data-m=\"{at}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>"
            )?;
        }
        lanes(layout, f)?;
        bars(layout, f)?;
        gaps(layout, f)?;
        for (at, arrow) in layout.arrows.iter().enumerate() {
            draw_arrow(layout, at, arrow, f)?;
        }
        for at in 0..layout.rows.len() {
            mark(layout, at, f)?;
        }
        verdict(layout, f)
    }
}

fn lanes(layout: &Layout<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for stretch in &layout.stretches {
        let x = layout.lane(stretch.node);
        let (top, bottom) = (stretch.top, stretch.bottom);
        let class = match stretch.state {
            State::Up(Some(role)) => format!("lane role{}", role % ROLE_COLOURS),
            State::Up(None) => "lane".to_owned(),
            State::Down => "lane down".to_owned(),
            State::Unknown => "lane unknown".to_owned(),
        };
        writeln!(f, "<path class=\"{class}\" d=\"M{x} {top}V{bottom}\"/>")?;
    }
    Ok(())
}

const ROLE_COLOURS: usize = 6;

fn bars(layout: &Layout<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for bar in &layout.bars {
        let (x, height) = (RIBBON + bar.slot * RIBBON_STEP, bar.bottom - bar.top);
        let (y, m, text) = (bar.top, bar.moment, Escaped(bar.text));
        writeln!(
            f,
            "<path class=\"leader\" d=\"M{from} {y}H{to}\"/><rect class=\"bar\" data-m=\"{m}\" x=\"{x}\" y=\"{y}\" \
             width=\"5\" height=\"{height}\" rx=\"2\"><title>{text}</title></rect>",
            from = x + 5,
            to = layout.words() - 6,
        )?;
    }
    Ok(())
}

fn gaps(layout: &Layout<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for gap in &layout.gaps {
        let x = layout.lane(gap.node) + 6 + gap.slot * 6;
        let (m, y, height) = (gap.moment, gap.top, (gap.bottom - gap.top).max(2));
        let faded = if layout.is_faded(gap.moment) { " out" } else { "" };
        let (class, cap) = match gap.end {
            End::Durable | End::Survived => ("kept", format!("M{} {}h7", x - 1, gap.bottom)),
            End::Lost | End::SomeLost => ("gone", format!("M{} {}l5 5m0 -5l-5 5", x, gap.bottom - 2)),
            End::Open => ("open", String::new()),
        };
        let (records, end) = (gap.records, gap.end.word());
        let what = if records == 1 { "a record".to_owned() } else { format!("{records} records") };
        writeln!(
            f,
            "<g class=\"gap {class}{faded}\" data-m=\"{m}\"><rect x=\"{x}\" y=\"{y}\" width=\"5\" \
             height=\"{height}\"/><path d=\"{cap}\"/><title>{what}: {end}</title></g>"
        )?;
    }
    Ok(())
}

fn draw_arrow(layout: &Layout<'_>, at: usize, arrow: &Arrow<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Arrow { kind, sent, ended, line: [(x1, y1), (x2, y2)], begins, .. } = arrow;
    // What was sent and never received is no part of anything's past.
    let led = |at: &Option<usize>| at.and_then(|at| layout.past.get(at)) == Some(&true);
    let faded = !layout.past.is_empty() && !led(ended);
    let class = if faded { " out" } else { "" };
    let kind_class = kind.class();
    write!(
        f,
        "<g class=\"m {kind_class}{class}\" data-a=\"{at}\"><path class=\"line\" d=\"M{x1:.0} \
         {y1:.0}L{x2:.1} {y2:.1}",
    )?;
    if let Some([(x, y), (to_x, to_y)]) = begins {
        write!(f, "M{x:.0} {y:.0}L{to_x:.1} {to_y:.1}m-3 0h6")?;
    }
    write!(f, "\"/><path class=\"end\" d=\"")?;
    end(arrow, f)?;
    if sent.is_none_or(|sent| f64::from(layout.rows[sent].y) < *y1) {
        write!(f, "M{x1:.1} {y1:.1}m-3 0h6")?;
    }
    writeln!(f, "\"/></g>")
}

/// A head, or what stands in for one.
fn end(arrow: &Arrow<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let [(x1, y1), (x2, y2)] = arrow.line;
    let length = ((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)).sqrt().max(1.0);
    let (ux, uy) = ((x2 - x1) / length, (y2 - y1) / length);
    let mut head = |back: f64| {
        let (tip_x, tip_y) = (x2 - ux * back, y2 - uy * back);
        let (base_x, base_y) = (tip_x - ux * 6.5, tip_y - uy * 6.5);
        let (nx, ny) = (-uy * 3.2, ux * 3.2);
        let ([ax, ay], [bx, by]) = ([base_x + nx, base_y + ny], [base_x - nx, base_y - ny]);
        write!(f, "M{ax:.1} {ay:.1}L{tip_x:.1} {tip_y:.1}L{bx:.1} {by:.1}")
    };
    match arrow.kind {
        Kind::Twice => head(0.0).and_then(|()| head(5.0)),
        Kind::Arrived | Kind::Again | Kind::Corrupt | Kind::Missed | Kind::UnderWay => head(0.0),
        Kind::Prevented => write!(f, "M{:.1} {:.1}h5", x2 - 2.5, y2),
        Kind::Lost | Kind::Cut | Kind::Overflowed | Kind::Stray => {
            write!(f, "M{:.1} {:.1}l7 7m0 -7l-7 7", x2 - 3.5, y2 - 3.5)
        }
    }
}

/// A row's instant, mark and words.
fn mark(layout: &Layout<'_>, at: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (row, happening) = (&layout.rows[at], &layout.moments[at].happening);
    let faded = if layout.is_faded(at) { " out" } else { "" };
    let (y, base) = (row.y, row.y + 4);
    if let Some((middle, span)) = &row.silence {
        let base = middle + 3;
        write!(f, "<text class=\"silence\" x=\"{AXIS}\" y=\"{base}\">⋮ {span}</text>")?;
    }
    write!(f, "<g class=\"say{faded}\" data-m=\"{at}\">")?;
    if let Some(time) = &row.time {
        write!(f, "<text class=\"time\" x=\"{AXIS}\" y=\"{base}\">{time}</text>")?;
    }
    if matches!(happening, Happening::Phase { .. }) {
        let (from, to) = (AXIS + 6, layout.words() - 6);
        write!(f, "<path class=\"phase-line\" d=\"M{from} {y}H{to}\"/>")?;
    }
    if let Some(node) = happening.node() {
        node_mark(layout.lane(node), y, happening, row.takes_role.as_deref(), f)?;
    }
    write!(f, "<text class=\"words\" x=\"{}\" y=\"{base}\">", layout.words())?;
    for (class, text) in &row.words {
        match *class {
            "" => write!(f, "{}", Escaped(text))?,
            class => write!(f, "<tspan class=\"{class}\">{}</tspan>", Escaped(text))?,
        }
    }
    writeln!(f, "</text></g>")
}

fn node_mark(
    x: i32,
    y: i32,
    happening: &Happening,
    takes_role: Option<&str>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if let Some(initial) = takes_role.and_then(|role| role.chars().next()) {
        let initial = initial.to_uppercase().to_string();
        return write!(
            f,
            "<circle class=\"badge\" cx=\"{x}\" cy=\"{y}\" r=\"7.5\"/><text class=\"initial\" x=\"{x}\" \
             y=\"{}\">{}</text>",
            y + 4,
            Escaped(&initial)
        );
    }
    match happening {
        Happening::Stepped(step) => match &step.fed {
            Fed::Started => write!(f, "<circle class=\"badge\" cx=\"{x}\" cy=\"{y}\" r=\"5.5\"/>"),
            Fed::Received { .. } => write!(f, "<circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>"),
            Fed::Submitted { .. } => write!(f, "<path class=\"mark\" d=\"M{x} {}l6 6l-6 6l-6 -6z\"/>", y - 6),
            Fed::Persisted(_) => {
                write!(f, "<rect class=\"mark\" x=\"{}\" y=\"{}\" width=\"7\" height=\"7\"/>", x - 3, y - 3)
            }
            Fed::Woken => write!(f, "<circle class=\"mark hollow\" cx=\"{x}\" cy=\"{y}\" r=\"3.5\"/>"),
        },
        Happening::Crashed { .. } => {
            write!(f, "<path class=\"crash\" d=\"M{} {}l12 12m0 -12l-12 12\"/>", x - 6, y - 6)
        }
        Happening::Undelivered { .. }
        | Happening::Synced { .. }
        | Happening::Checkpointed { .. }
        | Happening::Fault { .. }
        | Happening::Phase { .. } => Ok(()),
    }
}

fn verdict(layout: &Layout<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let top = layout.height - 16 * i32::try_from(layout.verdict.len()).unwrap_or(0) - 6;
    for (line, y) in layout.verdict.iter().zip((top..).step_by(16)) {
        writeln!(
            f,
            "<text class=\"words verdict\" x=\"{}\" y=\"{y}\">{}</text>",
            layout.words(),
            Escaped(line)
        )?;
    }
    Ok(())
}

impl Legend<'_> {
    const ITEM: i32 = 152;
    const LINE: i32 = 22;

    pub(crate) fn height(&self) -> i32 {
        self.lines() * Self::LINE + 16
    }

    fn per_line(&self) -> i32 {
        (self.width / Self::ITEM).max(1)
    }

    fn lines(&self) -> i32 {
        let items = i32::try_from(self.items().len()).unwrap_or(0);
        (items + self.per_line() - 1) / self.per_line()
    }

    /// What is drawn, around a middle, and what it means: of messages, only what occurs.
    fn items(&self) -> Vec<(String, String)> {
        let layout = self.layout;
        let lane = |class: String| format!("<path class=\"lane {class}\" d=\"M0 -8V8\"/>");
        let roles = layout.roles.iter().enumerate();
        let mut items: Vec<_> = roles
            .map(|(at, role)| (lane(format!("role{}", at % ROLE_COLOURS)), role.name.to_owned()))
            .collect();
        let marks = [
            (lane("down".to_owned()), "down"),
            ("<circle class=\"mark\" r=\"4\"/>".to_owned(), "received"),
            ("<path class=\"mark\" d=\"M0 -6l6 6l-6 6l-6 -6z\"/>".to_owned(), "asked by a client"),
            (
                "<rect class=\"mark\" x=\"-3\" y=\"-3\" width=\"7\" height=\"7\"/>".to_owned(),
                "told of a sync",
            ),
            ("<circle class=\"mark hollow\" r=\"3.5\"/>".to_owned(), "woken"),
            (
                "<g class=\"gap\"><rect x=\"-3\" y=\"-8\" width=\"5\" height=\"16\"/></g>".to_owned(),
                "not durable yet",
            ),
            (
                "<rect class=\"bar\" x=\"-3\" y=\"-8\" width=\"5\" height=\"16\" rx=\"2\"/>".to_owned(),
                "a fault",
            ),
        ];
        items.extend(marks.map(|(mark, meaning)| (mark, meaning.to_owned())));
        let kinds = [
            (Kind::Arrived, "message"),
            (Kind::Twice, "came twice"),
            (Kind::Again, "came again, late"),
            (Kind::Lost, "lost"),
            (Kind::Cut, "met a cut"),
            (Kind::Overflowed, "link full"),
            (Kind::Corrupt, "damaged"),
            (Kind::Missed, "receiver down"),
            (Kind::Stray, "to nobody"),
            (Kind::Prevented, "never left"),
            (Kind::UnderWay, "still under way"),
        ];
        let occurs = |kind: Kind| layout.arrows.iter().any(|arrow| arrow.kind == kind);
        for (kind, meaning) in kinds.into_iter().filter(|(kind, _)| occurs(*kind)) {
            let node = NodeId(1);
            let ends = if kind.lands() { 11.0 } else { 6.0 };
            let sample = Arrow {
                kind,
                letter: 0,
                text: "",
                from: node,
                to: node,
                sent: None,
                ended: None,
                line: [(-12.0, 0.0), (ends, 0.0)],
                begins: None,
            };
            items.push((Sample(&sample).to_string(), meaning.to_owned()));
        }
        items
    }
}

/// An arrow of the legend.
struct Sample<'a>(&'a Arrow<'a>);

impl fmt::Display for Sample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Arrow { kind, line: [(x1, y1), (x2, y2)], .. } = self.0;
        let class = kind.class();
        write!(
            f,
            "<g class=\"m {class}\"><path class=\"line\" d=\"M{x1} {y1}L{x2} {y2}\"/><path class=\"end\" d=\""
        )?;
        end(self.0, f)?;
        write!(f, "\"/></g>")
    }
}

impl fmt::Display for Legend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((mark, meaning), at) in self.items().iter().zip(0..) {
            let x = 24 + at % self.per_line() * Self::ITEM;
            let y = 14 + at / self.per_line() * Self::LINE;
            writeln!(
                f,
                "<g transform=\"translate({x} {y})\">{mark}<text class=\"legend\" x=\"20\" y=\"4\">{}</text></g>",
                Escaped(meaning)
            )?;
        }
        Ok(())
    }
}

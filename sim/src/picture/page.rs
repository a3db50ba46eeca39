//! The page around a picture: the same layout, and as data what a click tells.

use alloc::collections::BTreeMap;

use serde::Serialize;

use crate::{
    picture::{
        layout::Layout,
        svg::{Body, Head, Legend, framed},
        text::{self, Escaped},
    },
    plan::Plan,
    recording::{Done, Fed, Happening, Stepped},
    report::Report,
};

const PAGE: &str = include_str!("page.html");
const PICTURE_STYLE: &str = include_str!("picture.css");
const PAGE_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// As wide as the panel.
const LEGEND_WIDTH: i32 = 316;
/// A longer text is cut: a page is for looking at.
const TEXT_CHARS_MAX: usize = 20_000;

pub(crate) fn page(layout: &Layout<'_>, report: &Report, plan: &Plan) -> String {
    let verdict = &report.verdict;
    let steps = layout.moments.iter().filter(|moment| matches!(moment.happening, Happening::Stepped(_)));
    let mut shown = format!("{} steps of {} nodes", steps.count(), layout.nodes);
    if layout.left_out > 0 {
        shown = format!("the latest {shown}; {} earlier moments are left out", layout.left_out);
    }
    if layout.moments.is_empty() {
        "nothing was recorded".clone_into(&mut shown);
    }
    let legend = Legend { layout, width: LEGEND_WIDTH };
    fill(
        PAGE,
        &[
            ("style", format!("{PICTURE_STYLE}{PAGE_STYLE}")),
            ("class", if verdict.is_passed() { "passed" } else { "failed" }.to_owned()),
            ("verdict", Escaped(&verdict.to_string()).to_string()),
            ("seed", plan.seed.to_string()),
            ("shown", shown),
            ("head", framed(&Head(layout), "head", (layout.width, Head::HEIGHT))),
            ("body", framed(&Body(layout), "body", (layout.width, layout.height))),
            ("legend", framed(&legend, "legend", (LEGEND_WIDTH, legend.height()))),
            ("why", report.explanation.as_deref().map(why).unwrap_or_default()),
            ("plan", lines(&plan.to_string())),
            ("data", json(&data(layout))),
            ("script", SCRIPT.to_owned()),
        ],
    )
}

/// Puts values into the template's `{{slots}}`, in one pass: what a value holds is never taken for a slot.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, (slot, after))) =
        rest.split_once("{{").and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        page.push_str(before);
        page.extend(values.iter().filter(|(name, _)| *name == slot).map(|(_, value)| value.as_str()));
        rest = after;
    }
    page + rest
}

/// What an invariant says at length.
fn why(explanation: &str) -> String {
    format!("<h3>Why</h3>\n  <pre class=\"why\">{}</pre>", lines(explanation))
}

/// Escaped, with its line ends.
fn lines(text: &str) -> String {
    text.lines().map(|line| Escaped(line).to_string()).collect::<Vec<_>>().join("\n")
}

/// JSON that can stand inside a `<script>`: no `<` is left that could end it.
fn json(data: &Data<'_>) -> String {
    let json = serde_json::to_string(data).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// What the script knows. Texts and lines of states are numbers of `texts`, which holds each once.
#[derive(Serialize)]
struct Data<'a> {
    moments: Vec<MomentData>,
    arrows: Vec<ArrowData>,
    states: Vec<Vec<usize>>,
    texts: Vec<&'a str>,
    blamed: Option<usize>,
}

#[derive(Serialize, Default)]
struct MomentData {
    /// The instant, in milliseconds.
    at: String,
    /// What it is, in words.
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<u64>,
    /// The step's number, if it was fed something.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// What it was fed.
    #[serde(skip_serializing_if = "Option::is_none")]
    fed: Option<usize>,
    /// What it did: a word or two before a text, and which arrow shows it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    done: Vec<(String, usize)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<usize>,
    /// What happened before on the same node, and where the message was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<usize>,
}

#[derive(Serialize)]
struct ArrowData {
    from: u64,
    to: u64,
    letter: u64,
    fate: &'static str,
    text: usize,
    sent: Option<usize>,
    ended: Option<usize>,
}

/// Every text once.
#[derive(Default)]
struct Texts<'a> {
    numbers: BTreeMap<&'a str, usize>,
    texts: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn number(&mut self, text: &'a str) -> usize {
        let text = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text, |(end, _)| &text[..end]);
        let Self { numbers, texts } = self;
        *numbers.entry(text).or_insert_with(|| {
            texts.push(text);
            texts.len() - 1
        })
    }
}

fn data<'a>(layout: &Layout<'a>) -> Data<'a> {
    let mut texts = Texts::default();
    let mut states: BTreeMap<&'a str, usize> = BTreeMap::new();
    let mut state_lines = Vec::new();
    let mut moments = Vec::with_capacity(layout.moments.len());
    for (at, moment) in layout.moments.iter().enumerate() {
        let mut data = MomentData {
            at: text::millis(moment.at),
            node: moment.happening.node().map(|node| node.0),
            before: layout.causes.before(at),
            sent: layout.causes.sent(at),
            ..MomentData::default()
        };
        if let Happening::Stepped(step) = &moment.happening {
            tell_step(step, &mut texts, &mut data);
            data.state = Some(*states.entry(&step.portrait.state).or_insert_with(|| {
                state_lines.push(step.portrait.state.lines().map(|line| texts.number(line)).collect());
                state_lines.len() - 1
            }));
        } else {
            moment.happening.to_string().trim().clone_into(&mut data.title);
        }
        moments.push(data);
    }
    let arrows = layout.arrows.iter().map(|arrow| ArrowData {
        from: arrow.from.0,
        to: arrow.to.0,
        letter: arrow.letter,
        fate: arrow.kind.word(),
        text: texts.number(arrow.text),
        sent: arrow.sent,
        ended: arrow.ended,
    });
    let arrows = arrows.collect();
    Data { moments, arrows, states: state_lines, texts: texts.texts, blamed: layout.blamed }
}

fn tell_step<'a>(step: &'a Stepped, texts: &mut Texts<'a>, data: &mut MomentData) {
    let node = step.node;
    data.title = match &step.fed {
        Fed::Started => format!("{node} starts, incarnation {}", step.incarnation),
        Fed::Received { from, letter, .. } => format!("{node} received message {letter} from {from}"),
        Fed::Submitted { tag, .. } => format!("{node} was given command {}", tag.0),
        Fed::Persisted(ticket) => format!("{node} was told that ticket {} is durable", ticket.0),
        Fed::Woken => format!("{node} was woken"),
    };
    data.seq = (step.fed != Fed::Started).then_some(step.seq);
    data.fed = match &step.fed {
        Fed::Received { text, .. } | Fed::Submitted { text, .. } => Some(texts.number(text)),
        Fed::Started | Fed::Persisted(_) | Fed::Woken => None,
    };
    let done = step.done.iter().map(|done| match done {
        Done::Sent { to, letter, fate, text } => {
            let fate = fate.word().map(|word| format!(" ({word})")).unwrap_or_default();
            let letter = if *letter > 0 { format!(", message {letter}") } else { String::new() };
            (format!("send {to}{letter}{fate}"), texts.number(text))
        }
        Done::Persisted { ticket: Some(ticket), text } => {
            (format!("persist, ticket {}", ticket.0), texts.number(text))
        }
        Done::Persisted { ticket: None, text } => ("note".to_owned(), texts.number(text)),
        Done::Told { text } => ("emit".to_owned(), texts.number(text)),
    });
    data.done = done.collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_holds_is_never_a_slot() {
        let values = [("a", "{{b}}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(fill("1{{a}}2{{b}}3{{c}}4", &values), "1{{b}}2x34");
    }
}

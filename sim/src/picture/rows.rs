//! One row per moment: how far down it is, and what it says.

use crate::{
    causality::Causality,
    picture::{
        layout::WORDS,
        text::{self, compact, shorten},
    },
    recording::{Fed, Happening, Moment, Stepped},
};

/// One moment's place and words.
pub(crate) struct Row {
    /// Its middle, in pixels from the top.
    pub(crate) y: i32,
    pub(crate) height: i32,
    /// The instant, unless the row above says the same.
    pub(crate) time: Option<String>,
    /// How long nothing happened before it, if that was long, and where to say so.
    pub(crate) silence: Option<(i32, String)>,
    /// What it says, in parts, each with its style.
    pub(crate) words: Vec<(&'static str, String)>,
    /// The role that the node takes at this step.
    pub(crate) takes_role: Option<String>,
}

const TOP: i32 = 8;
/// Where a gap is wide enough to say how long it was.
const SILENCE_MIN: i32 = 21;
const SILENCE_MAX: i32 = 48;

/// All rows, and where the last one ends.
pub(crate) fn rows(moments: &[Moment], causes: &Causality) -> (Vec<Row>, i32) {
    let mut rows: Vec<Row> = Vec::with_capacity(moments.len());
    let mut bottom = TOP;
    let mut before = moments.first().map(|moment| moment.at).unwrap_or_default();
    for (at, moment) in moments.iter().enumerate() {
        let passed = moment.at.since(before);
        let pixels = gap(u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX));
        let height = height(&moment.happening);
        let y = bottom + pixels + height / 2;
        let time = text::millis(moment.at);
        let is_new = at == 0 || time != text::millis(before);
        let silence = (pixels >= SILENCE_MIN).then(|| (bottom + pixels / 2, text::span(passed)));
        let takes_role = takes_role(moments, causes, at);
        let words = words(&moment.happening, takes_role.as_deref());
        rows.push(Row { y, height, time: is_new.then_some(time), silence, words, takes_role });
        (bottom, before) = (bottom + pixels + height, moment.at);
    }
    (rows, bottom)
}

/// Ten times the time is some pixels more.
fn gap(nanos: u64) -> i32 {
    let doublings = (nanos / 100_000).checked_ilog2().map_or(0, |log| log + 1);
    i32::try_from(3 * doublings).unwrap_or(SILENCE_MAX).min(SILENCE_MAX)
}

const fn height(happening: &Happening) -> i32 {
    match happening {
        Happening::Stepped(_) => 18,
        Happening::Synced { .. } | Happening::Checkpointed { .. } | Happening::Undelivered { .. } => 15,
        Happening::Crashed { .. } | Happening::Fault { .. } => 20,
        Happening::Phase { .. } => 28,
    }
}

fn takes_role(moments: &[Moment], causes: &Causality, at: usize) -> Option<String> {
    let Happening::Stepped(step) = &moments[at].happening else { return None };
    let role = &step.portrait.role;
    let mut before = core::iter::successors(causes.before(at), |at| causes.before(*at));
    let had = before.find_map(|at| role_at(&moments[at]));
    let is_new = step.fed == Fed::Started || had.is_some_and(|had| had != role);
    (is_new && !role.is_empty()).then(|| role.clone())
}

/// The role that a node has after a step.
pub(crate) const fn role_at(moment: &Moment) -> Option<&String> {
    match &moment.happening {
        Happening::Stepped(step) => Some(&step.portrait.role),
        Happening::Undelivered { .. }
        | Happening::Synced { .. }
        | Happening::Checkpointed { .. }
        | Happening::Crashed { .. }
        | Happening::Fault { .. }
        | Happening::Phase { .. } => None,
    }
}

fn words(happening: &Happening, role: Option<&str>) -> Vec<(&'static str, String)> {
    match happening {
        Happening::Stepped(step) => step_words(step, role),
        Happening::Undelivered { letter, to, fate } => {
            let word = fate.word().unwrap_or("gone");
            vec![("dim", format!("message {letter} to {to}: {word}"))]
        }
        Happening::Synced { node, upto } => {
            let upto = upto.map(|ticket| format!(" up to {}", ticket.0)).unwrap_or_default();
            vec![("dim", format!("{node} synced{upto}"))]
        }
        Happening::Checkpointed { node, .. } => vec![("dim", format!("{node} has a new checkpoint"))],
        Happening::Crashed { node, lost, for_ever } => {
            let end = if *for_ever { " for ever" } else { "" };
            let records = if *lost == 1 { "record" } else { "records" };
            vec![("who", node.to_string()), ("bad", format!(" is down{end}, {lost} {records} lost"))]
        }
        Happening::Fault { text, .. } => vec![("fault", shorten(text, WORDS).into_owned())],
        Happening::Phase { text } => vec![("phase", shorten(text, WORDS).into_owned())],
    }
}

fn step_words(step: &Stepped, role: Option<&str>) -> Vec<(&'static str, String)> {
    let Stepped { node, incarnation, fed, done, .. } = step;
    let who = node.to_string();
    let (verb, what) = match fed {
        Fed::Started if *incarnation == 0 => (" starts".to_owned(), String::new()),
        Fed::Started => (" starts again".to_owned(), String::new()),
        Fed::Received { from, text, .. } => (format!(" ← {from} "), compact(text)),
        Fed::Submitted { text, .. } => (" is asked ".to_owned(), compact(text)),
        Fed::Persisted(ticket) => (format!(" persisted {}", ticket.0), String::new()),
        Fed::Woken => (" wakes".to_owned(), String::new()),
    };
    let role = role.map(|role| format!(" as {}", shorten(role, 14))).unwrap_or_default();
    let spare = WORDS.saturating_sub([&who, &verb, &role].map(|part| part.chars().count()).iter().sum());
    let deeds = text::deeds(done);
    // What it did is short, by names alone, and matters more than the message's last fields.
    let deeds =
        shorten(&deeds, spare.saturating_sub(what.chars().count() + 3).max(spare * 3 / 5)).into_owned();
    let arrow = if deeds.is_empty() { 0 } else { 3 + deeds.chars().count() };
    let what = shorten(&what, spare.saturating_sub(arrow)).into_owned();
    let mut words = vec![("who", who), ("", verb), ("what", what), ("role", role)];
    if !deeds.is_empty() {
        words.extend([("dim", " → ".to_owned()), ("", deeds)]);
    }
    words.retain(|(_, text)| !text.is_empty());
    words
}

//! Anomalies as a page: the transactions of each in a row, and of a cycle what leads from one to the next.

use alloc::{format, string::String, vec, vec::Vec};
use core::fmt::Display;

use super::{
    Model,
    history::{History, OnKey, Status, Transaction, TxnId},
    report::{Dependency, Evidence, Finding, Report, Step},
};
use crate::{
    explain::shorten,
    markup::{Escaped, Markup, escaped, fill},
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// How many findings are drawn, how many operations of a transaction are shown, and how long they may be.
const FINDINGS_MAX: usize = 100;
const OPERATIONS_MAX: usize = 24;
const OPERATION_MAX: usize = 60;

impl<K: Display + PartialEq, V: Display> Report<K, V> {
    /// What was found as one page that needs nothing else: a file to open in a browser, offline. `title` says what the history is,
    /// `whence` where a transaction was written down.
    ///
    /// At most 100 findings are drawn; how many are not is said.
    pub fn page<O: Display + OnKey<K>>(
        &self,
        history: &History<O>,
        title: &str,
        whence: impl Fn(TxnId) -> Option<String>,
    ) -> String {
        let names: Vec<_> = self.anomalies().iter().map(|anomaly| format!("{anomaly}")).collect();
        let headline = if names.is_empty() { "no anomaly was found".into() } else { names.join(", ") };
        let models: Vec<_> = self.weakest_violated().iter().map(Model::name).collect();
        let ruled_out =
            if models.is_empty() { String::new() } else { format!(" · not {}", models.join(", not ")) };
        let mut findings = Markup(String::new());
        for finding in self.findings.iter().take(FINDINGS_MAX) {
            draw(finding, history, &whence, &mut findings);
        }
        let more = self.findings.len().saturating_sub(FINDINGS_MAX);
        if more > 0 {
            findings.put(format_args!("<p>{more} more are not shown.</p>"));
        }
        if self.is_truncated {
            findings.put(format_args!("<p>The search for cycles ended early: there may be more.</p>"));
        }
        fill(
            PAGE,
            &[
                ("style", STYLE.into()),
                ("title", escaped(title)),
                ("headline", escaped(&headline)),
                ("ruled_out", escaped(&ruled_out)),
                ("findings", findings.0),
            ],
        )
    }
}

fn draw<K: Display + PartialEq, V: Display, O: Display + OnKey<K>>(
    finding: &Finding<K, V>,
    history: &History<O>,
    whence: &impl Fn(TxnId) -> Option<String>,
    html: &mut Markup,
) {
    let text = format!("{finding}");
    // What comes before is the name, which is the heading.
    let told = text
        .split_once(": ")
        .filter(|(name, _)| !name.contains('\n'))
        .map_or_else(|| text.lines().skip(1).collect::<Vec<_>>(), |(_, told)| told.lines().collect());
    html.put(format_args!("<section><h2>{}</h2><ul>", Escaped(&format!("{}", finding.anomaly))));
    for line in told {
        html.put(format_args!("<li>{}</li>", Escaped(line.trim())));
    }
    html.put(format_args!("</ul><div class=\"sheet\"><div class=\"row\">"));
    let steps = if let Evidence::Cycle(steps) = &finding.evidence { &steps[..] } else { &[] };
    let involved = involved(&finding.evidence);
    for (nth, (txn, keys)) in involved.iter().enumerate() {
        if let Some(transaction) = history.get(*txn) {
            card(*txn, transaction, keys, whence(*txn), html);
        }
        if let Some(step) = steps.get(nth).filter(|_| nth + 1 < involved.len()) {
            arrow("forth", step, html);
        }
    }
    html.put(format_args!("</div>"));
    steps.iter().skip(involved.len() - 1).for_each(|step| arrow("back", step, html));
    html.put(format_args!("</div></section>"));
}

/// The transactions in which an anomaly shows, with the keys on which it does.
fn involved<K, V>(evidence: &Evidence<K, V>) -> Vec<(TxnId, Vec<&K>)> {
    match evidence {
        Evidence::Cycle(steps) => {
            let before = steps.iter().cycle().skip(steps.len().saturating_sub(1));
            let both = steps.iter().zip(before);
            both.map(|(step, before)| {
                (step.from, before.why.key().into_iter().chain(step.why.key()).collect())
            })
            .collect()
        }
        Evidence::Read { reader, key, writer, .. } => {
            writer.iter().chain([reader]).map(|txn| (*txn, vec![key])).collect()
        }
        Evidence::Reads { key, one, other } => vec![(one.0, vec![key]), (other.0, vec![key])],
        Evidence::Updates { key, one, other } => vec![(*one, vec![key]), (*other, vec![key])],
        Evidence::Appends { txn, key, .. } => vec![(*txn, vec![key])],
        Evidence::Versions { .. } => Vec::new(),
    }
}

/// What a transaction did; what it did to one of these keys stands out.
fn card<K: PartialEq, O: Display + OnKey<K>>(
    txn: TxnId,
    transaction: &Transaction<O>,
    keys: &[&K],
    whence: Option<String>,
    html: &mut Markup,
) {
    let status = match transaction.status {
        Status::Committed => "",
        Status::Aborted => " · aborted",
        Status::Unknown => " · outcome unknown",
    };
    let whence = whence.map_or_else(String::new, |whence| format!(" · {whence}"));
    html.put(format_args!(
        "<article><h3>{txn}</h3><p>process {}{status}{}</p><ul>",
        transaction.process,
        Escaped(&whence)
    ));
    for op in transaction.ops.iter().take(OPERATIONS_MAX) {
        let class = if keys.contains(&op.key()) { "named" } else { "other" };
        let text = format!("{op}");
        html.put(format_args!("<li class=\"{class}\">{}</li>", Escaped(&shorten(&text, OPERATION_MAX))));
    }
    let more = transaction.ops.len().saturating_sub(OPERATIONS_MAX);
    if more > 0 {
        html.put(format_args!("<li class=\"other\">… and {more} more</li>"));
    }
    html.put(format_args!("</ul></article>"));
}

fn arrow<K: Display, V: Display>(class: &str, step: &Step<K, V>, html: &mut Markup) {
    let (kind, what) = match &step.why {
        Dependency::Ww { key, after, .. } => ("ww", format!("{key}: {after}")),
        Dependency::Wr { key, value } => ("wr", format!("{key}: {value}")),
        Dependency::Rw { key, value } => ("rw", format!("{key}: {value}")),
        Dependency::Process => ("process", String::new()),
        Dependency::Realtime => ("realtime", String::new()),
    };
    html.put(format_args!(
        "<div class=\"arrow {class} {kind}\" title=\"{}\"><b>{kind}</b><span>{}</span></div>",
        Escaped(&format!("{step}")),
        Escaped(&shorten(&what, OPERATION_MAX))
    ));
}

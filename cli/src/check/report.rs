use std::fmt;

use quorate_consistency::{
    Counterexample,
    format::{Case, Entry, Object, ObjectKey, ObjectState, Recorded as _},
};
use serde::Serialize;

use super::explain::Explained;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    True,
    False,
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        })
    }
}

/// What one file came to.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) operations: usize,
    /// How many operations failed or are pending.
    pub(super) unreturned: usize,
    pub(super) steps: u64,
    pub(super) violation: Option<Violation>,
    pub(super) explained: Option<Explained>,
}

/// An operation, by the lines of its ends.
#[derive(Clone, Debug, Serialize)]
struct Told {
    line: usize,
    process: u64,
    operation: String,
}

/// Where a history went wrong.
#[derive(Debug, Serialize)]
pub(super) struct Violation {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The return that nothing explains.
    returned: Told,
    invoked_line: usize,
    configurations: Vec<Held>,
}

/// An explanation of what came before.
#[derive(Debug, Serialize)]
struct Held {
    state: String,
    waiting: Vec<Told>,
}

/// An object of JSON for a file.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    file: &'a str,
    /// `null` if it is unknown.
    linearizable: Option<bool>,
    operations: usize,
    unreturned: usize,
    steps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<&'a Violation>,
}

fn told(entry: &Entry) -> Told {
    let key = entry.key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
    let operation = format!("{}{key} {}", entry.f, entry.value);
    Told { line: entry.line, process: entry.process, operation }
}

impl Violation {
    /// `None` if the counterexample is not of this history.
    pub(super) fn new(
        object: &Object,
        case: &Case<'_>,
        found: &Counterexample<ObjectKey, ObjectState>,
    ) -> Option<Self> {
        let (called, ended) = case.ends(found.op)?;
        let held = found.configurations.iter().map(|at| Held {
            state: object.shown(&at.state).to_string(),
            waiting: at
                .waiting
                .iter()
                .filter(|id| **id != found.op)
                .filter_map(|id| case.ends(*id).map(|(called, _)| told(called)))
                .collect(),
        });
        Some(Self {
            key: object.shown_key(&found.key).map(|key| key.to_string()),
            returned: told(ended.unwrap_or(called)),
            invoked_line: called.line,
            configurations: held.collect(),
        })
    }
}

impl Report {
    pub(super) fn to_json<'a>(&'a self, file: &'a str) -> Line<'a> {
        Line {
            file,
            linearizable: match self.verdict {
                Verdict::True => Some(true),
                Verdict::False => Some(false),
                Verdict::Unknown => None,
            },
            operations: self.operations,
            unreturned: self.unreturned,
            steps: self.steps,
            violation: self.violation.as_ref(),
        }
    }

    /// Lines for people.
    pub(super) fn explanation(&self) -> Vec<String> {
        let Some(Violation { key, returned, invoked_line, configurations }) = &self.violation else {
            return Vec::new();
        };
        let Told { line, process, operation } = returned;
        let of = key.as_ref().map(|key| format!(" of key {key}")).unwrap_or_default();
        let mut lines = vec![
            format!("no order{of} explains line {line}: process {process} returns from `{operation}`"),
            format!("(invoked in line {invoked_line}). What returned before can leave the object so:"),
        ];
        for (at, Held { state, waiting }) in configurations.iter().enumerate() {
            let waiting: Vec<_> =
                waiting.iter().map(|op| format!("`{}` (line {})", op.operation, op.line)).collect();
            let open = if waiting.is_empty() {
                "nothing else is open".to_owned()
            } else {
                format!("still to come: {}", waiting.join(", "))
            };
            lines.push(format!("  {state}; {open}"));
            let reasons = self.explained.iter().flat_map(|explained| explained.reasons(at));
            lines.extend(reasons.map(|reason| format!("    {reason}")));
        }
        if let Some(explained) = &self.explained {
            lines.push(String::new());
            lines.extend(explained.timeline());
        }
        lines
    }
}

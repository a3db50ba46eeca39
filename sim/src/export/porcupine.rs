use alloc::collections::{BTreeMap, BTreeSet};

use quorate_machine::{Tag, Time};
use serde::Serialize;

use crate::{
    export::{
        jepsen::{Exported, kind},
        processes::Processes,
        value::Value,
    },
    history::{Entry, History, Kind},
};

/// Both forms of a history.
#[derive(Serialize)]
struct File<'a> {
    operations: Vec<Operation<'a>>,
    events: Vec<Event<'a>>,
}

/// `porcupine.Operation`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Operation<'a> {
    client_id: u64,
    input: Said<'a>,
    call: i64,
    output: Option<Said<'a>>,
    #[serde(rename = "Return")]
    returned: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// `porcupine.Event`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    client_id: u64,
    /// Whether it is a return: `porcupine.EventKind`.
    kind: bool,
    value: Option<Said<'a>>,
    id: usize,
}

#[derive(Clone, Serialize)]
struct Said<'a> {
    f: &'a str,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Value>,
}

/// When something returns of which nobody knows when, or whether.
const NEVER: i64 = i64::MAX;

impl<Op: Exported> History<Op> {
    /// The history as JSON that decodes into [porcupine](https://github.com/anishathalye/porcupine)'s types:
    ///
    /// ```json
    /// {"operations": [{"ClientId": 0, "Input": {"f": "write", "value": 3}, "Call": 100,
    ///                  "Output": {"f": "write", "value": 3}, "Return": 300}],
    ///  "events": [{"ClientId": 0, "Kind": false, "Value": {"f": "write", "value": 3}, "Id": 0},
    ///             {"ClientId": 0, "Kind": true, "Value": {"f": "write", "value": 3}, "Id": 0}]}
    /// ```
    ///
    /// Times are nanoseconds of the world's clock. An operation of which nobody knows whether it happened has the largest
    /// `Return` there is, no `Output`, and a `Note`; in the events, where each call needs its return (`Kind` is true), it
    /// returns `null` at the end. What certainly did not happen is left out. Where times are equal the operations overlap;
    /// the events keep the order of the history.
    pub fn porcupine(&self) -> String {
        let mut file = File { operations: Vec::new(), events: Vec::new() };
        let mut processes = Processes::of(self);
        // Failed operations are busy with their process too, so that the numbers are those of `jepsen`.
        let numbers: Vec<u64> = self.entries().iter().map(|entry| processes.number(entry)).collect();
        let mut open: BTreeMap<Tag, usize> = BTreeMap::new();
        let failed = failed(self.entries());
        for ((at, entry), client_id) in self.entries().iter().enumerate().zip(numbers) {
            match kind(entry) {
                Kind::Invoke if !failed.contains(&at) => {
                    let id = file.call(client_id, said(&entry.op), entry.at);
                    open.insert(entry.process, id);
                }
                Kind::Ok => {
                    let Some(id) = open.remove(&entry.process) else { continue };
                    file.returned(id, said(&entry.op), entry.at);
                }
                Kind::Invoke | Kind::Fail | Kind::Info => {}
            }
        }
        for id in open.into_values() {
            let client_id = file.operations[id].client_id;
            file.events.push(Event { client_id, kind: true, value: None, id });
        }
        serde_json::to_string(&file).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
    }
}

impl<'a> File<'a> {
    fn call(&mut self, client_id: u64, input: Said<'a>, at: Time) -> usize {
        let id = self.operations.len();
        self.events.push(Event { client_id, kind: false, value: Some(input.clone()), id });
        let note = Some("nobody knows whether it happened");
        self.operations.push(Operation {
            client_id,
            input,
            call: nanos(at),
            output: None,
            returned: NEVER,
            note,
        });
        id
    }

    fn returned(&mut self, id: usize, output: Said<'a>, at: Time) {
        let operation = &mut self.operations[id];
        let client_id = operation.client_id;
        self.events.push(Event { client_id, kind: true, value: Some(output.clone()), id });
        (operation.output, operation.returned, operation.note) = (Some(output), nanos(at), None);
    }
}

/// Where operations begin that failed.
fn failed<Op: Exported>(entries: &[Entry<Op>]) -> BTreeSet<usize> {
    let mut open: BTreeMap<Tag, usize> = BTreeMap::new();
    let mut failed = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        match kind(entry) {
            Kind::Invoke => drop(open.insert(entry.process, at)),
            Kind::Fail => failed.extend(open.remove(&entry.process)),
            Kind::Ok | Kind::Info => {}
        }
    }
    failed
}

fn said<Op: Exported>(op: &Op) -> Said<'_> {
    Said { f: op.f(), value: op.value(), key: op.key() }
}

fn nanos(at: Time) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(NEVER - 1)
}

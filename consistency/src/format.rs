//! Recorded histories: Jepsen's operation maps in EDN and JSON, and the logs of its etcd tests.
//!
//! [`read`] makes [entries](Entry) of a text and [`write()`] a text of entries; [`assemble`] makes a [`History`] of entries, for a
//! specification that is [`Recorded`]. Transactions are [assembled](assemble_transactions) of the same entries, or
//! [read](read_sessions) as AWDIT writes them. Whatever is not understood is an error with its line: no history is ever judged on a
//! part of its file. [`assemble_bank`] and [`assemble_long_fork`] are for two workloads of Jepsen.

mod bank;
mod edn;
mod entry;
mod error;
mod etcd;
mod json;
mod long_fork;
mod models;
mod porcupine;
mod recorded;
mod txn;
mod value;
mod words;
mod write;

use alloc::{collections::BTreeMap, vec::Vec};

pub use self::{
    bank::assemble_bank,
    entry::{Entry, Kind},
    error::{FormatError, Mistake},
    long_fork::assemble_long_fork,
    recorded::Recorded,
    txn::{RecordedOp, Transactions, assemble_transactions, read_sessions},
    value::Value,
    words::Noted,
    write::write,
};
use crate::{History, HistoryBuilder, Malformed, OpId};

/// How a history is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Maps with `:process`, `:type`, `:f` and `:value`, one after the other or in one vector or list.
    Edn,
    /// Objects with the same names, one after the other or in one array; or an object whose `events` are porcupine's.
    Json,
    /// Lines of a log, `INFO  jepsen.util - 3 :invoke :write 4`, separated by tabs or spaces.
    Etcd,
}

impl Format {
    /// What a text seems to be, by its beginning.
    pub fn guess(text: &str) -> Self {
        let text = text.trim_start();
        let inner = text.strip_prefix('[').unwrap_or(text).trim_start();
        let is_object = inner.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
        if text.starts_with("INFO") {
            Self::Etcd
        } else if is_object {
            Self::Json
        } else {
            Self::Edn
        }
    }
}

/// The entries of a text. Those of the nemesis, whose process is a name and not a number, are no operations and left out.
///
/// # Errors
/// Names the first line that is not understood. A text without entries is an error, too.
pub fn read(text: &str, format: Format) -> Result<Vec<Entry>, FormatError> {
    let entries = match format {
        Format::Edn => edn::read(text)?,
        Format::Json => json::read(text)?,
        Format::Etcd => etcd::read(text)?,
    };
    if entries.is_empty() { Err(FormatError { line: 1, mistake: Mistake::Empty }) } else { Ok(entries) }
}

/// What a `:fail` of a compare-and-set says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedCas {
    /// It was not done, like everything else that failed.
    #[default]
    NotDone,
    /// It was done, and found another value than it compared with. (Unless an error is given instead of its value.)
    Mismatch,
}

/// A history and where it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled<O, R> {
    /// The history.
    pub history: History<O, R>,
    /// For each operation the places, among the entries, of its invocation and of what ended it.
    pub places: Vec<(usize, Option<usize>)>,
}

impl<O, R> Assembled<O, R> {
    /// The places of an operation.
    pub fn places_of(&self, id: OpId) -> Option<(usize, Option<usize>)> {
        self.places.get(id.index()).copied()
    }
}

/// The history that entries make.
///
/// # Errors
/// Names the line of the first entry that the specification does not know, or that does not fit those before it.
pub fn assemble<M: Recorded>(
    model: &M,
    entries: &[Entry],
    failed_cas: FailedCas,
) -> Result<Assembled<M::Op, M::Ret>, FormatError> {
    let mut builder = HistoryBuilder::new();
    let mut open: BTreeMap<u64, (M::Op, &str)> = BTreeMap::new();
    let mut places: Vec<(usize, Option<usize>)> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let at = |mistake| FormatError { line: entry.line, mistake };
        let process = entry.process;
        if entry.kind == Kind::Invoke {
            let op = model.op(entry).map_err(at)?;
            builder.invoke(process, op.clone()).map_err(|refused| at(refused.why.into()))?;
            places.push((place, None));
            open.insert(process, (op, &entry.f));
            continue;
        }
        let invoked = open.remove(&process);
        if invoked.as_ref().is_some_and(|(_, f)| *f != entry.f) {
            return Err(at(Mistake::OtherOperation));
        }
        let op = invoked.as_ref().map(|(op, _)| op);
        let refused = op.filter(|_| failed_cas == FailedCas::Mismatch && !entry.is_error());
        let ended = match (entry.kind, op) {
            (Kind::Ok, Some(op)) => {
                builder.ok(process, model.ret(op, entry).map_err(at)?).map_err(Malformed::from)
            }
            (Kind::Fail, _) => match refused.and_then(|op| model.refused(op)) {
                Some(ret) => builder.ok(process, ret).map_err(Malformed::from),
                None => builder.fail(process),
            },
            (Kind::Info | Kind::Invoke | Kind::Ok, _) => builder.info(process),
        };
        let id = ended.map_err(|error| at(error.into()))?;
        if let Some((_, end)) = places.get_mut(id.index()) {
            *end = Some(place);
        }
    }
    Ok(Assembled { history: builder.finish(), places })
}

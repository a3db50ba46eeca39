use alloc::{borrow::ToOwned as _, collections::BTreeMap, collections::BTreeSet, vec, vec::Vec};

use super::{Entry, Format, FormatError, Kind, Mistake, Transactions, Value, awdit, dbcop, guess, plume};
use crate::txn::{HistoryBuilder, Malformed, RegisterOp};

/// Transactions of registers by session, as formats have them that tell nothing of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sessions {
    transactions: Vec<Txn>,
    /// Where the transactions are that may go on.
    places: BTreeMap<(u64, u64), usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Txn {
    line: usize,
    session: u64,
    pub(super) ops: Vec<RegisterOp<u64, u64>>,
    pub(super) is_aborted: bool,
}

impl Sessions {
    /// The transaction of this name, in this session, does one thing more.
    pub(super) fn add(&mut self, line: usize, session: u64, txn: u64, op: RegisterOp<u64, u64>) {
        let next = self.transactions.len();
        let place = *self.places.entry((session, txn)).or_insert(next);
        match self.transactions.get_mut(place) {
            Some(txn) => txn.ops.push(op),
            None => self.transactions.push(Txn { line, session, ops: vec![op], is_aborted: false }),
        }
    }

    /// A transaction that did not commit.
    pub(super) fn add_aborted(
        &mut self,
        line: usize,
        session: u64,
        ops: impl IntoIterator<Item = RegisterOp<u64, u64>>,
    ) {
        self.transactions.push(Txn { line, session, ops: ops.into_iter().collect(), is_aborted: true });
    }

    /// A transaction that committed.
    pub(super) fn add_whole(&mut self, line: usize, session: u64, ops: Vec<RegisterOp<u64, u64>>) {
        self.transactions.push(Txn { line, session, ops, is_aborted: false });
    }

    /// 0 is what keys hold at first, but those to which somebody writes it.
    pub(super) fn begin_with_zero(&mut self) {
        let ops = self.transactions.iter().flat_map(|txn| &txn.ops);
        let written: BTreeSet<u64> =
            ops.filter_map(|op| if let RegisterOp::Write(key, 0) = op { Some(*key) } else { None }).collect();
        for op in self.transactions.iter_mut().flat_map(|txn| &mut txn.ops) {
            if let RegisterOp::Read(key, value @ Some(0)) = op {
                if !written.contains(key) {
                    *value = None;
                }
            }
        }
    }

    /// Each operation of what did not commit as one that did not commit: who reads what it wrote learns the same of it.
    #[must_use]
    pub(super) fn with_aborted_split(self) -> Self {
        let split = |txn: Txn| {
            let parts = if txn.is_aborted { txn.ops.len() } else { 1 };
            let mut ops = txn.ops;
            (0..parts).map(move |nth| {
                let ops = if txn.is_aborted { vec![ops[nth].clone()] } else { core::mem::take(&mut ops) };
                Txn { line: txn.line, session: txn.session, ops, is_aborted: txn.is_aborted }
            })
        };
        Self {
            transactions: self.transactions.into_iter().flat_map(split).collect(),
            places: BTreeMap::new(),
        }
    }

    /// The transactions of each session in order, the sessions by their first transactions.
    pub(super) fn by_session(&self) -> Vec<Vec<&Txn>> {
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        let mut sessions: Vec<Vec<&Txn>> = Vec::new();
        for txn in &self.transactions {
            let place = *places.entry(txn.session).or_insert(sessions.len());
            if place == sessions.len() {
                sessions.push(Vec::new());
            }
            sessions[place].push(txn);
        }
        sessions
    }

    fn transactions(&self) -> Result<Transactions<RegisterOp<u64, u64>>, FormatError> {
        let mut builder = HistoryBuilder::new();
        let mut lines = Vec::new();
        for (process, session) in (0..).zip(self.by_session()) {
            for txn in session {
                let at = |error: Malformed| FormatError { line: txn.line, mistake: error.into() };
                builder.invoke(process, txn.ops.clone()).map_err(|refused| at(refused.why))?;
                let ended = if txn.is_aborted {
                    builder.fail(process)
                } else {
                    builder.ok(process, txn.ops.clone()).map_err(Malformed::from)
                };
                ended.map_err(at)?;
                lines.push(txn.line);
            }
        }
        Ok(Transactions { history: builder.finish().without_real_time(), lines })
    }

    /// Its transactions as entries, one after the other, of which the order between sessions says nothing.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, FormatError> {
        let mut entries = Vec::new();
        for (process, session) in (0..).zip(self.by_session()) {
            for txn in session {
                let ends = [Kind::Invoke, if txn.is_aborted { Kind::Fail } else { Kind::Ok }];
                for kind in ends {
                    let is_known = kind == Kind::Ok;
                    let ops = txn.ops.iter().map(|op| recorded(op, is_known)).collect::<Option<_>>();
                    let ops = ops.ok_or_else(|| FormatError {
                        line: txn.line,
                        mistake: Mistake::Unsupported("a number of 2⁶³ or more".to_owned()),
                    })?;
                    let (f, value) = ("txn".to_owned(), Value::List(ops));
                    entries.push(Entry { line: txn.line, process, kind, f, value, key: None });
                }
            }
        }
        Ok(entries)
    }

    /// Transactions of registers, whose keys and values are numbers, as sessions.
    pub(super) fn of(entries: &[Entry]) -> Result<Self, FormatError> {
        let mut sessions = Self::default();
        let mut open: BTreeMap<u64, usize> = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            let at = |mistake| FormatError { line: entry.line, mistake };
            if entry.kind == Kind::Invoke {
                open.insert(entry.process, place);
                continue;
            }
            let invoked = open.remove(&entry.process).and_then(|place| entries.get(place));
            let invoked = invoked.ok_or_else(|| at(Mistake::Unwritable("an end without a beginning")))?;
            match entry.kind {
                Kind::Ok => sessions.add_whole(invoked.line, entry.process, numbers(entry).map_err(at)?),
                Kind::Fail => {
                    sessions.add_aborted(invoked.line, entry.process, numbers(invoked).map_err(at)?);
                }
                Kind::Info | Kind::Invoke => return Err(at(OPEN)),
            }
        }
        match open.values().next().and_then(|place| entries.get(*place)) {
            Some(entry) => Err(FormatError { line: entry.line, mistake: OPEN }),
            None => Ok(sessions),
        }
    }
}

const OPEN: Mistake = Mistake::Unwritable("a transaction whose outcome is unknown");

fn recorded(op: &RegisterOp<u64, u64>, is_known: bool) -> Option<Value> {
    let int = |number: &u64| i64::try_from(*number).ok().map(Value::Int);
    let (f, key, value) = match op {
        RegisterOp::Write(key, value) => ("w", key, int(value)?),
        RegisterOp::Read(key, Some(value)) if is_known => ("r", key, int(value)?),
        RegisterOp::Read(key, _) => ("r", key, Value::Nil),
    };
    Some(Value::List(vec![Value::Word(f.to_owned()), int(key)?, value]))
}

fn numbers(entry: &Entry) -> Result<Vec<RegisterOp<u64, u64>>, Mistake> {
    let number = |value: &Value| value.int().and_then(|number| u64::try_from(number).ok());
    let needs =
        || Mistake::Unwritable("anything but transactions of [:w KEY VALUE] and [:r KEY VALUE], of numbers");
    let one = |op: &Value| {
        let [f, key, value] = op.list()? else { return None };
        match (f.name()?, value) {
            ("w", value) => Some(RegisterOp::Write(number(key)?, number(value)?)),
            ("r", Value::Nil) => Some(RegisterOp::Read(number(key)?, None)),
            ("r", value) => Some(RegisterOp::Read(number(key)?, Some(number(value)?))),
            _ => None,
        }
    };
    let list = entry.value.list().filter(|_| entry.f == "txn" && entry.key.is_none()).ok_or_else(needs)?;
    list.iter().map(one).collect::<Option<_>>().ok_or_else(needs)
}

pub(super) fn read(text: &str, format: Format) -> Result<Sessions, FormatError> {
    let text = guess::without_mark(text);
    let sessions = match format {
        Format::Awdit => awdit::read(text)?,
        Format::Plume => plume::read(text)?,
        Format::Dbcop => dbcop::read(text)?,
        Format::Edn | Format::Json | Format::Etcd | Format::Native => {
            return Err(FormatError { line: 1, mistake: Mistake::Part("a format of sessions") });
        }
    };
    if sessions.transactions.is_empty() {
        return Err(FormatError { line: 1, mistake: Mistake::Empty });
    }
    Ok(sessions)
}

/// Transactions of registers in a [format of sessions](Format::is_of_sessions), whose keys and values are numbers.
///
/// # Errors
/// Names the first line that is not understood. A text without operations is an error, too.
pub fn read_sessions(text: &str, format: Format) -> Result<Transactions<RegisterOp<u64, u64>>, FormatError> {
    read(text, format)?.transactions()
}

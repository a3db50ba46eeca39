use alloc::{borrow::Cow, string::String, vec::Vec};

use super::{
    Entry, FailedCas, Format, FormatError, Mistake, RecordedOp, Transactions, Value, assemble_transactions,
    awdit, dbcop, edn, etcd, guess, json, lines::newlines, native, plume, sessions, sessions::Sessions,
    write,
};

/// A history as it was written down: its entries in order, and what is said of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// What is said of the history. Only the [native](Format::Native) format says a model, a first value, or what it means that
    /// a compare-and-set failed; in [logs](Format::Etcd) that is always a mismatch.
    pub header: Header,
    /// The ends of its operations.
    pub entries: Vec<Entry>,
}

/// What is said of a history beside its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// What it is a history of, by the name that `quorate check` has for it.
    pub model: Option<String>,
    /// What the object holds at first.
    pub init: Option<Value>,
    /// What the order of the entries says.
    pub order: Order,
    /// What a `:fail` of a compare-and-set says.
    pub failed_cas: FailedCas,
}

/// What the order of entries says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What came before what.
    #[default]
    Time,
    /// What came before what in each process, and nothing more.
    Sessions,
}

impl Recording {
    /// Reads a text. Entries of the nemesis, whose process is a name and not a number, are no operations and left out.
    ///
    /// # Errors
    /// Names the first line that is not understood. A text without entries is an error, too.
    pub fn read(text: &str, format: Format) -> Result<Self, FormatError> {
        let text = guess::without_mark(text);
        let of_time = |entries| Self { header: Header::default(), entries };
        let recording = match format {
            Format::Edn => of_time(edn::read(text)?),
            Format::Json => of_time(json::read(text)?),
            Format::Etcd => {
                let header = Header { failed_cas: FailedCas::Mismatch, ..Header::default() };
                Self { header, entries: etcd::read(text)? }
            }
            Format::Native => native::read(text)?,
            Format::Awdit | Format::Plume | Format::Dbcop => {
                let header = Header { order: Order::Sessions, ..Header::default() };
                Self { header, entries: sessions::read(text, format)?.entries()? }
            }
        };
        if recording.entries.is_empty() {
            return Err(FormatError { line: 1, mistake: Mistake::Empty });
        }
        Ok(recording)
    }

    /// Writes it down such that [`read`](Self::read) reads it as it is, but for its lines, for the names of sessions, for what
    /// only the native format says of a history, and for what did not commit, of which Plume's has each operation alone.
    ///
    /// # Errors
    /// Names the line of the first entry that the format cannot hold.
    pub fn write(&self, format: Format) -> Result<String, FormatError> {
        let first = self.entries.first().map_or(1, |entry| entry.line);
        let at = |mistake| FormatError { line: first, mistake };
        if self.entries.is_empty() {
            return Err(at(Mistake::Empty));
        }
        let order = if format.is_of_sessions() { Order::Sessions } else { Order::Time };
        if format != Format::Native && order != self.header.order {
            return Err(at(Mistake::Unwritable(match order {
                Order::Time => "sessions without an order in time",
                Order::Sessions => "what came before what in time",
            })));
        }
        let text = match format {
            Format::Native => {
                let mut text = String::new();
                // A string can always be written to.
                let _ = native::header(&mut text, &self.header);
                let _ = self.entries.iter().try_for_each(|entry| native::entry(&mut text, entry));
                text
            }
            Format::Awdit => awdit::write(&Sessions::of(&self.entries)?).unwrap_or_default(),
            Format::Plume => plume::write(&Sessions::of(&self.entries)?).unwrap_or_default(),
            Format::Dbcop => dbcop::write(&Sessions::of(&self.entries)?).unwrap_or_default(),
            Format::Edn | Format::Json | Format::Etcd => write(&self.entries, format),
        };
        self.compare(&text, format)?;
        Ok(text)
    }

    /// Whether a text says the same: what a format has no way to say is found in what is read again.
    fn compare(&self, text: &str, format: Format) -> Result<(), FormatError> {
        let again = Self::read(text, format).map(|again| again.entries).unwrap_or_default();
        let mut expected = Cow::Borrowed(&self.entries);
        if format.is_of_sessions() {
            let mut sessions = Sessions::of(&self.entries)?;
            if format == Format::Plume {
                sessions = sessions.with_aborted_split();
            }
            expected = Cow::Owned(sessions.entries()?);
        }
        let is_same = |one: &Entry, other: &Entry| {
            let Entry { line: _, process, kind, f, value, key } = one;
            (process, kind, f, value, key)
                == (&other.process, &other.kind, &other.f, &other.value, &other.key)
        };
        let mut pairs = (0..).zip(expected.iter());
        let lost = pairs.find(|(place, entry)| again.get(*place).is_none_or(|other| !is_same(entry, other)));
        match lost {
            Some((_, entry)) => Err(FormatError { line: entry.line, mistake: LOST }),
            None if again.len() > expected.len() => Err(FormatError { line: 1, mistake: LOST }),
            None => Ok(()),
        }
    }

    /// The transactions that it is of: each value is a list of `[f key value]`.
    ///
    /// # Errors
    /// As [`assemble_transactions`].
    pub fn transactions<O: RecordedOp>(&self) -> Result<Transactions<O>, FormatError> {
        let Transactions { history, lines } = assemble_transactions(&self.entries)?;
        let history = if self.header.order == Order::Time { history } else { history.without_real_time() };
        Ok(Transactions { history, lines })
    }
}

const LOST: Mistake = Mistake::Unwritable("this entry");

/// The entries of a text whose order is that of time. Those of the nemesis are left out.
///
/// # Errors
/// Names the first line that is not understood. A text without entries is an error, too, and so are sessions, of which
/// the order in time is not known: they are a [`Recording`].
pub fn read(text: &str, format: Format) -> Result<Vec<Entry>, FormatError> {
    let recording = Recording::read(text, format)?;
    match recording.header.order {
        Order::Time => Ok(recording.entries),
        Order::Sessions => Err(FormatError { line: 1, mistake: Mistake::Timeless }),
    }
}

/// The text that bytes are.
///
/// # Errors
/// Names the first line that is not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, FormatError> {
    core::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + newlines(valid);
        FormatError { line, mistake: Mistake::NotText }
    })
}

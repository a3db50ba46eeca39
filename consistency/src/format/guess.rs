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
    /// A line of JSON that says what the history is, and one for each end of an operation: what this crate writes. It
    /// holds every [value](super::Value) there is.
    Native,
    /// Sessions of transactions on registers as AWDIT writes them: `w KEY VALUE` and `r KEY VALUE`, `-----` between
    /// transactions and `=====` between sessions.
    Awdit,
    /// Operations of transactions on registers as Plume and `PolySI` write them: `w(KEY,VALUE,SESSION,TXN)` and
    /// `r(KEY,VALUE,SESSION,TXN)`.
    Plume,
    /// Sessions of transactions on registers as dbcop writes them, in JSON.
    Dbcop,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Edn, Self::Json, Self::Etcd, Self::Native, Self::Awdit, Self::Plume, Self::Dbcop];

    /// What a text seems to be, by its beginning.
    pub fn guess(text: &str) -> Self {
        let text = without_mark(text).trim_start();
        let inner = text.strip_prefix('[').map_or(text, str::trim_start);
        // The first name of an object.
        let name = inner.strip_prefix('{').and_then(|rest| rest.trim_start().strip_prefix('"'));
        let is_named = |names: &[&str]| {
            let begins =
                |name: &str, rest: &str| rest.strip_prefix(name).is_some_and(|end| end.starts_with('"'));
            name.is_some_and(|rest| names.iter().any(|name| begins(name, rest)))
        };
        let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
        if begins(&["INFO"]) {
            Self::Etcd
        } else if begins(&["r(", "w("]) {
            Self::Plume
        } else if begins(&["r ", "w ", "---", "==="]) {
            Self::Awdit
        } else if text.starts_with('{') && is_named(&["quorate"]) {
            Self::Native
        } else if text.starts_with('[') && inner.starts_with('[')
            || text.starts_with('{') && is_named(&["params", "info", "start", "end", "data"])
        {
            Self::Dbcop
        } else if name.is_some() {
            Self::Json
        } else {
            Self::Edn
        }
    }

    /// Whether it tells only which transactions are of one session, and in which order, but not what came before what.
    pub const fn is_of_sessions(self) -> bool {
        matches!(self, Self::Awdit | Self::Plume | Self::Dbcop)
    }
}

/// A text without the mark that some editors begin it with.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

//! Files that hold recorded histories.

use std::{fs, path::Path};

use clap::ValueEnum;
use quorate_consistency::format::{self, Format, FormatError, Recording, Value};

use crate::problem::Problem;

/// The formats that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// What the file's beginning looks like
    Auto,
    /// Jepsen's operations as EDN maps
    Edn,
    /// The same as JSON objects
    Json,
    /// Operations of a key-value store as EDN maps; missing keys read as ""
    PorcupineKv,
    /// Lines of the log of Jepsen's etcd test
    #[value(alias = "etcd")]
    PorcupineEtcd,
    /// Lines of JSON: what the history is, then its operations; holds everything
    Native,
    /// Sessions of transactions on registers: w K V, r K V, -----, =====
    Awdit,
    /// Operations of transactions on registers: w(K,V,SESSION,TXN), r(K,V,SESSION,TXN)
    #[value(alias = "polysi")]
    Plume,
    /// Sessions of transactions on registers, as dbcop's JSON
    Dbcop,
}

impl FormatName {
    /// The format; `None` if the file is to be looked at.
    pub(crate) const fn format(self) -> Option<Format> {
        Some(match self {
            Self::Auto => return None,
            Self::Edn | Self::PorcupineKv => Format::Edn,
            Self::Json => Format::Json,
            Self::PorcupineEtcd => Format::Etcd,
            Self::Native => Format::Native,
            Self::Awdit => Format::Awdit,
            Self::Plume => Format::Plume,
            Self::Dbcop => Format::Dbcop,
        })
    }
}

/// The text of a file, and what it is.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    pub(crate) text: String,
    pub(crate) format: Format,
    is_kv: bool,
}

impl Source {
    pub(crate) fn open(file: &Path, format: FormatName) -> Result<Self, Problem> {
        let name = file.display().to_string();
        let bytes = fs::read(file).map_err(|error| Problem::new(format!("{name}: {error}")))?;
        let text =
            format::text(&bytes).map(str::len).map_err(|error| Problem::new(format!("{name}: {error}")));
        text?;
        let text = String::from_utf8(bytes).map_err(|error| Problem::new(format!("{name}: {error}")))?;
        let is_kv = format == FormatName::PorcupineKv;
        let format = format.format().unwrap_or_else(|| Format::guess(&text));
        Ok(Self { name, text, format, is_kv })
    }

    pub(crate) fn recording(&self) -> Result<Recording, Problem> {
        let mut recording = Recording::read(&self.text, self.format).map_err(|error| self.problem(&error))?;
        if self.is_kv {
            recording.header.model = Some("kv".to_owned());
            recording.header.init = Some(Value::Text(String::new()));
        }
        Ok(recording)
    }

    pub(crate) fn problem(&self, error: &FormatError) -> Problem {
        Problem::new(format!("{}: {error}", self.name))
    }
}

//! Session guarantees of a store that says which versions its answers cover.

use std::path::Path;

use quorate_consistency::{
    Guarantees, VersionedHistory,
    format::{Entry, assemble_versions},
};

use super::{report::Verdict, weak::WeakReport};
use crate::problem::Problem;

pub(super) fn judge(file: &Path, entries: &[Entry]) -> Result<WeakReport, Problem> {
    let name = file.display();
    let versions = assemble_versions(entries).map_err(|error| Problem::new(format!("{name}: {error}")))?;
    let line = |place: usize| versions.lines.get(place).copied().unwrap_or_default();
    let history = VersionedHistory::new(&versions.ops).map_err(|error| {
        use quorate_consistency::VersionError::{InstalledTwice, NeverInstalled};
        Problem::new(match error {
            InstalledTwice { first, second } => {
                format!("{name}: line {}: installs the same version as line {}", line(second), line(first))
            }
            NeverInstalled { read } => {
                format!("{name}: line {}: covers a version that nobody installs", line(read))
            }
            other => format!("{name}: {other}"),
        })
    })?;
    let why = history.check(Guarantees::ALL).err().map(|violations| {
        let told = violations.iter().map(|found| {
            let (read, write, because) = (line(found.read), line(found.write), line(found.because));
            let guarantee = found.guarantee.name();
            format!("not {guarantee}: line {read} does not cover line {write}, although line {because} asks for it")
        });
        told.collect::<Vec<_>>().join("\n  ")
    });
    let verdict = if why.is_none() { Verdict::True } else { Verdict::False };
    Ok(WeakReport::new(verdict, why, versions.ops.len()))
}

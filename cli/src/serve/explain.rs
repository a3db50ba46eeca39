//! What an error of a node means to the person who started it.

use std::{io::ErrorKind, net::SocketAddr};

use quorate_host::{AddressError, FolderError, JournalFolderError, OpenError, RunError};
use quorate_kv::node::{EndError, StartError};

use super::Options;
use crate::problem::Problem;

/// Why it does not start.
pub(super) fn start(error: &StartError, options: &Options) -> Problem {
    match error {
        StartError::Address(error) | StartError::Open(OpenError::Address(error)) => address(error, options),
        StartError::Open(OpenError::Folder(error)) => folder(error),
        StartError::Open(OpenError::Journal(error)) => journal(error),
        StartError::Open(open @ (OpenError::Record { .. } | OpenError::Absorb { .. })) => {
            Problem::new(open).hint(REPLACE)
        }
        StartError::Ended(error) => end(error),
        other => Problem::new(other),
    }
}

/// Why it ended by itself.
pub(super) fn end(error: &EndError) -> Problem {
    match error {
        EndError::Run(RunError::Journal(failed)) if failed.source.kind() == ErrorKind::StorageFull => {
            Problem::new(error).hint("make room on that disk, then start the node again")
        }
        EndError::Run(RunError::Journal(_)) => {
            Problem::new(error).hint("the disk may be failing; check it before the node is started again")
        }
        EndError::Broken => Problem::new(error).hint(REPLACE),
        other => Problem::new(other),
    }
}

const REPLACE: &str = "keep a copy of the folder; this version cannot read it, and no file of it has been changed to make it fit";

fn address(error: &AddressError, options: &Options) -> Problem {
    match error {
        AddressError::NotLoopback { .. } => {
            Problem::new(error).hint("use 127.0.0.1:PORT; to reach it from elsewhere, tunnel (ssh -L)")
        }
        AddressError::Bind { address, source } if source.kind() == ErrorKind::AddrInUse => {
            let (option, what) = option_of(*address, options);
            Problem::new(format!("{address} is in use by another program; {what} needs it")).hint(format!(
                "stop that program (it may be this same node), or choose another port with {option}"
            ))
        }
        AddressError::Bind { address, source } if source.kind() == ErrorKind::PermissionDenied => {
            Problem::new(format!("{address} cannot be listened on: {source}"))
                .hint("ports below 1024 are for privileged programs; choose a higher one")
        }
        other => Problem::new(other),
    }
}

fn option_of(address: SocketAddr, options: &Options) -> (&'static str, &'static str) {
    if address == options.client {
        ("--client", "the door for clients")
    } else if options.metrics == Some(address) {
        ("--metrics", "the metrics endpoint")
    } else {
        ("--peer on every node", "the door for the other nodes")
    }
}

fn folder(error: &FolderError) -> Problem {
    let problem = Problem::new(error);
    match error {
        FolderError::Locked { .. } => {
            problem.hint("this node is running already; a folder serves one process at a time")
        }
        FolderError::Unwritable { source, .. } if source.kind() == ErrorKind::StorageFull => {
            problem.hint("the disk is full: make room, then start the node again")
        }
        FolderError::Unwritable { .. } => {
            problem.hint("choose another folder with --data, or change its permissions")
        }
        FolderError::NotAFolder { .. } | FolderError::NotOurs { .. } => {
            problem.hint("choose an empty or new folder with --data; nothing was changed in this one")
        }
        FolderError::Foreign { found, .. } => problem.hint(format!(
            "start it with --id {} --cluster-id {}, or choose another folder with --data",
            found.node.0, found.cluster
        )),
        FolderError::NewerFormat { .. } => problem.hint("nothing was changed in it"),
        FolderError::Damaged { .. } => problem.hint(REPLACE),
        _ => problem,
    }
}

fn journal(error: &JournalFolderError) -> Problem {
    let problem = Problem::new(error);
    match error {
        JournalFolderError::Io { .. } => {
            problem.hint("the disk or the permissions are at fault, not the data")
        }
        _ => problem.hint(format!(
            "data that had been acknowledged is damaged, so this node must not go on; {REPLACE}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Error, ErrorKind},
        sync::Arc,
    };

    use quorate_host::{RunError, WriteError};
    use quorate_kv::node::EndError;

    use super::end;

    fn ended(kind: ErrorKind) -> String {
        let failed = WriteError { path: "n1/journal-1".into(), source: Error::from(kind) };
        end(&EndError::Run(RunError::Journal(Arc::new(failed)))).to_string()
    }

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        let full = ended(ErrorKind::StorageFull);
        assert!(
            full.contains("disk full while writing n1/journal-1") && full.contains("make room"),
            "{full}"
        );
        let broken = ended(ErrorKind::Other);
        assert!(broken.contains("may be failing") && !broken.contains("full"), "{broken}");
    }
}

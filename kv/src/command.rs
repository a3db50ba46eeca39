//! Commands as Redis spells them: a table, and one parser per command.

mod docs;
mod error;
mod keys;
mod local;
mod strings;
mod table;

use bytes::Bytes;

pub use self::{
    error::CommandError,
    local::{Hello, Local},
    table::{Arity, Flag, KeyPositions, Spec, TABLE},
};
use crate::{operation::Operation, query::Query};

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The connection answers it, without the store.
    Local(Local),
    /// A read.
    Read(Query),
    /// A write.
    Write(Operation),
}

/// Reads a command. `arguments` begin with its name.
///
/// # Errors
/// The [error line](CommandError) that Redis gives.
pub fn parse(arguments: &[Bytes]) -> Result<Request, CommandError> {
    let Some((name, rest)) = arguments.split_first() else { return Err(CommandError::Syntax) };
    let Some(spec) = find(name) else { return Err(error::unknown_command(name, rest)) };
    if !spec.arity.allows(arguments.len()) {
        return Err(CommandError::Arity { command: spec.name });
    }
    (spec.parse)(rest)
}

/// The command of this name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))
}

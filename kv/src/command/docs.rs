//! What COMMAND says: the table, in Redis's shapes.

use bytes::Bytes;

use super::table::{Spec, TABLE};
use crate::reply::Reply;

/// COMMAND COUNT.
pub(super) fn count() -> Reply {
    Reply::count(TABLE.len())
}

/// COMMAND LIST.
pub(super) fn list() -> Reply {
    Reply::Array(TABLE.iter().map(|spec| Reply::bulk(spec.name)).collect())
}

/// COMMAND and COMMAND INFO: all commands, or those named; nil for a name that there is none of.
pub(super) fn info(names: &[Bytes]) -> Reply {
    if names.is_empty() {
        return Reply::Array(TABLE.iter().map(describe).collect());
    }
    let described = names.iter().map(|name| super::find(name).map_or(Reply::Nil, describe));
    Reply::Array(described.collect())
}

/// COMMAND DOCS: all commands, or those named; a name that there is none of is left out.
pub(super) fn docs(names: &[Bytes]) -> Reply {
    if names.is_empty() {
        return Reply::Map(TABLE.iter().map(document).collect());
    }
    Reply::Map(names.iter().filter_map(|name| super::find(name)).map(document).collect())
}

fn describe(spec: &Spec) -> Reply {
    let flags = spec.flags.iter().map(|flag| Reply::Simple(flag.name().into()));
    Reply::Array(vec![
        Reply::bulk(spec.name),
        Reply::Integer(spec.arity.signed()),
        Reply::Array(flags.collect()),
        Reply::Integer(spec.keys.first),
        Reply::Integer(spec.keys.last),
        Reply::Integer(spec.keys.step),
        Reply::Array(Vec::new()), // access categories: there is no access control
        Reply::Array(Vec::new()), // tips
        Reply::Array(Vec::new()), // key specifications: the three positions above say it all
        Reply::Array(Vec::new()), // subcommands
    ])
}

fn document(spec: &Spec) -> (Reply, Reply) {
    let facts = [("summary", spec.summary), ("since", spec.since), ("group", spec.group)];
    let facts = facts.map(|(name, fact)| (Reply::bulk(name), Reply::bulk(fact)));
    (Reply::bulk(spec.name), Reply::Map(facts.into()))
}

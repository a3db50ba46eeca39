//! Commands on keys, whatever their values.
#![expect(clippy::unnecessary_wraps, reason = "the table of commands holds one type of parser")]

use bytes::Bytes;

use super::{CommandError, Request, error::shown};
use crate::{
    number,
    operation::{Change, End, ExpireWhen, Operation},
    query::{Query, Scan, TtlShape},
};

type Parsed = Result<Request, CommandError>;

pub(super) fn del(rest: &[Bytes]) -> Parsed {
    Ok(Request::Write(Operation::Del { keys: rest.to_vec() }))
}

pub(super) fn exists(rest: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::Exists { keys: rest.to_vec() }))
}

pub(super) fn type_of(rest: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::Type { key: key(rest)? }))
}

pub(super) fn keys(rest: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::Keys { pattern: key(rest)? }))
}

pub(super) fn dbsize(_: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::DbSize))
}

pub(super) fn dump_all(_: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::Dump))
}

pub(super) fn flushall(rest: &[Bytes]) -> Parsed {
    match rest {
        [] => Ok(Request::Write(Operation::FlushAll)),
        [mode] if is(mode, "SYNC") || is(mode, "ASYNC") => Ok(Request::Write(Operation::FlushAll)),
        _ => Err(CommandError::Syntax),
    }
}

pub(super) fn scan(rest: &[Bytes]) -> Parsed {
    /// How many keys SCAN looks at unless told.
    const COUNT: usize = 10;
    let cursor = number::unsigned(&key(rest)?).ok_or(CommandError::InvalidCursor)?;
    let mut scan = Scan { cursor, pattern: None, count: COUNT, type_name: None };
    for option in rest.get(1..).unwrap_or_default().chunks(2) {
        let [name, value] = option else { return Err(CommandError::Syntax) };
        match name.to_ascii_uppercase().as_slice() {
            b"MATCH" => scan.pattern = Some(value.clone()),
            b"TYPE" => scan.type_name = Some(value.clone()),
            b"COUNT" => {
                let count = number::integer(value).ok_or(CommandError::NotAnInteger)?;
                scan.count = usize::try_from(count).map_err(|_| CommandError::Syntax)?;
                if scan.count == 0 {
                    return Err(CommandError::Syntax);
                }
            }
            _ => return Err(CommandError::Syntax),
        }
    }
    Ok(Request::Read(Query::Scan(scan)))
}

pub(super) fn expire(rest: &[Bytes]) -> Parsed {
    expiring("expire", false, false, rest)
}

pub(super) fn pexpire(rest: &[Bytes]) -> Parsed {
    expiring("pexpire", true, false, rest)
}

pub(super) fn expireat(rest: &[Bytes]) -> Parsed {
    expiring("expireat", false, true, rest)
}

pub(super) fn pexpireat(rest: &[Bytes]) -> Parsed {
    expiring("pexpireat", true, true, rest)
}

fn expiring(command: &'static str, milliseconds: bool, absolute: bool, rest: &[Bytes]) -> Parsed {
    let [key, time, options @ ..] = rest else { return Err(CommandError::Arity { command }) };
    let when = expire_when(options)?;
    let ms = time_ms(command, time, milliseconds, absolute)?;
    let end = if absolute { End::AtMs(ms) } else { End::AfterMs(ms) };
    Ok(Request::Write(Operation::Expire { key: key.clone(), end, when }))
}

fn expire_when(options: &[Bytes]) -> Result<ExpireWhen, CommandError> {
    let (mut absent, mut present, mut later, mut earlier) = (false, false, false, false);
    for option in options {
        match option.to_ascii_uppercase().as_slice() {
            b"NX" => absent = true,
            b"XX" => present = true,
            b"GT" => later = true,
            b"LT" => earlier = true,
            _ => return Err(CommandError::UnsupportedOption { option: shown(option, 128) }),
        }
    }
    if absent && (present || later || earlier) {
        return Err(CommandError::ExpirePresence);
    }
    let has_end = if absent { Some(false) } else { present.then_some(true) };
    match (later, earlier) {
        (true, true) => Err(CommandError::ExpireDirection),
        (true, false) => Ok(ExpireWhen { has_end, change: Some(Change::Later) }),
        (false, true) => Ok(ExpireWhen { has_end, change: Some(Change::Earlier) }),
        (false, false) => Ok(ExpireWhen { has_end, change: None }),
    }
}

pub(super) fn ttl(rest: &[Bytes]) -> Parsed {
    end_of(rest, TtlShape { absolute: false, milliseconds: false })
}

pub(super) fn pttl(rest: &[Bytes]) -> Parsed {
    end_of(rest, TtlShape { absolute: false, milliseconds: true })
}

pub(super) fn expiretime(rest: &[Bytes]) -> Parsed {
    end_of(rest, TtlShape { absolute: true, milliseconds: false })
}

pub(super) fn pexpiretime(rest: &[Bytes]) -> Parsed {
    end_of(rest, TtlShape { absolute: true, milliseconds: true })
}

fn end_of(rest: &[Bytes], shape: TtlShape) -> Parsed {
    Ok(Request::Read(Query::Ttl { key: key(rest)?, shape }))
}

pub(super) fn persist(rest: &[Bytes]) -> Parsed {
    Ok(Request::Write(Operation::Persist { key: key(rest)? }))
}

/// An instant in milliseconds, or a span that is small enough to be added to any clock.
pub(super) fn time_ms(
    command: &'static str,
    time: &[u8],
    milliseconds: bool,
    absolute: bool,
) -> Result<i64, CommandError> {
    /// No clock shows a later instant: the year 10889.
    const LATEST_NOW_MS: i64 = 1 << 48;
    let time = number::integer(time).ok_or(CommandError::NotAnInteger)?;
    let (unit, base) = (if milliseconds { 1 } else { 1_000 }, if absolute { 0 } else { LATEST_NOW_MS });
    let ms = time.checked_mul(unit).filter(|ms| ms.checked_add(base).is_some());
    ms.ok_or(CommandError::InvalidExpireTime { command })
}

fn key(rest: &[Bytes]) -> Result<Bytes, CommandError> {
    rest.first().cloned().ok_or(CommandError::Syntax)
}

fn is(argument: &[u8], word: &str) -> bool {
    argument.eq_ignore_ascii_case(word.as_bytes())
}

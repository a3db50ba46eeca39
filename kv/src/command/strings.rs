//! Commands on values.
#![expect(clippy::unnecessary_wraps, reason = "the table of commands holds one type of parser")]

use bytes::Bytes;

use super::{CommandError, Request, keys::time_ms};
use crate::{
    number,
    operation::{Condition, End, Expiry, Operation, Set, SetAnswer},
    query::Query,
};

type Parsed = Result<Request, CommandError>;

pub(super) fn get(rest: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::Get { key: key(rest)? }))
}

pub(super) fn mget(rest: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::GetAll { keys: rest.to_vec() }))
}

pub(super) fn strlen(rest: &[Bytes]) -> Parsed {
    Ok(Request::Read(Query::Strlen { key: key(rest)? }))
}

pub(super) fn set(rest: &[Bytes]) -> Parsed {
    let [key, value, options @ ..] = rest else { return Err(CommandError::Arity { command: "set" }) };
    let mut set = plain(key, value);
    let (mut condition, mut expiry) = (None, None);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.to_ascii_uppercase().as_slice() {
            b"NX" => once(&mut condition, Condition::Absent)?,
            b"XX" => once(&mut condition, Condition::Present)?,
            b"GET" => set.answer = SetAnswer::Previous,
            b"KEEPTTL" => once(&mut expiry, Ends::Keep)?,
            unit @ (b"EX" | b"PX" | b"EXAT" | b"PXAT") => {
                let time = options.next().ok_or(CommandError::Syntax)?;
                let (milliseconds, absolute) = (unit.starts_with(b"P"), unit.ends_with(b"AT"));
                once(&mut expiry, Ends::Time { time, milliseconds, absolute })?;
            }
            _ => return Err(CommandError::Syntax),
        }
    }
    set.condition = condition.unwrap_or_default();
    set.expiry = match expiry {
        None => Expiry::Never,
        Some(Ends::Keep) => Expiry::Keep,
        Some(Ends::Time { time, milliseconds, absolute }) => {
            let ms = positive_ms("set", time, milliseconds, absolute)?;
            Expiry::Ends(if absolute { End::AtMs(ms) } else { End::AfterMs(ms) })
        }
    };
    Ok(Request::Write(Operation::Set(set)))
}

/// SET's options on the key's end, before the number among them is read: a wrong option counts before a wrong number.
#[derive(PartialEq)]
enum Ends<'a> {
    Keep,
    Time { time: &'a Bytes, milliseconds: bool, absolute: bool },
}

/// Takes an option that excludes its alternatives. The same condition twice is no contradiction.
fn once<T: PartialEq>(slot: &mut Option<T>, value: T) -> Result<(), CommandError> {
    match slot {
        Some(before) if *before != value => Err(CommandError::Syntax),
        Some(_) | None => {
            *slot = Some(value);
            Ok(())
        }
    }
}

pub(super) fn setnx(rest: &[Bytes]) -> Parsed {
    let [key, value] = rest else { return Err(CommandError::Arity { command: "setnx" }) };
    let set = Set { condition: Condition::Absent, answer: SetAnswer::Flag, ..plain(key, value) };
    Ok(Request::Write(Operation::Set(set)))
}

pub(super) fn getset(rest: &[Bytes]) -> Parsed {
    let [key, value] = rest else { return Err(CommandError::Arity { command: "getset" }) };
    let set = Set { answer: SetAnswer::Previous, ..plain(key, value) };
    Ok(Request::Write(Operation::Set(set)))
}

pub(super) fn setex(rest: &[Bytes]) -> Parsed {
    set_with_end("setex", false, rest)
}

pub(super) fn psetex(rest: &[Bytes]) -> Parsed {
    set_with_end("psetex", true, rest)
}

fn set_with_end(command: &'static str, milliseconds: bool, rest: &[Bytes]) -> Parsed {
    let [key, time, value] = rest else { return Err(CommandError::Arity { command }) };
    let end = End::AfterMs(positive_ms(command, time, milliseconds, false)?);
    Ok(Request::Write(Operation::Set(Set { expiry: Expiry::Ends(end), ..plain(key, value) })))
}

pub(super) fn getdel(rest: &[Bytes]) -> Parsed {
    Ok(Request::Write(Operation::GetDel { key: key(rest)? }))
}

pub(super) fn mset(rest: &[Bytes]) -> Parsed {
    set_all("mset", false, rest)
}

pub(super) fn msetnx(rest: &[Bytes]) -> Parsed {
    set_all("msetnx", true, rest)
}

fn set_all(command: &'static str, if_none_exists: bool, rest: &[Bytes]) -> Parsed {
    if rest.len() % 2 != 0 {
        return Err(CommandError::Arity { command });
    }
    let pair = |pair: &[Bytes]| Some((pair.first()?.clone(), pair.get(1)?.clone()));
    let pairs = rest.chunks_exact(2).filter_map(pair).collect();
    Ok(Request::Write(Operation::SetAll { pairs, if_none_exists }))
}

pub(super) fn append(rest: &[Bytes]) -> Parsed {
    let [key, tail] = rest else { return Err(CommandError::Arity { command: "append" }) };
    Ok(Request::Write(Operation::Append { key: key.clone(), tail: tail.clone() }))
}

pub(super) fn incr(rest: &[Bytes]) -> Parsed {
    increment(rest, 1)
}

pub(super) fn decr(rest: &[Bytes]) -> Parsed {
    increment(rest, -1)
}

pub(super) fn incrby(rest: &[Bytes]) -> Parsed {
    increment(rest, amount(rest)?)
}

pub(super) fn decrby(rest: &[Bytes]) -> Parsed {
    increment(rest, amount(rest)?.checked_neg().ok_or(CommandError::DecrementOverflow)?)
}

fn increment(rest: &[Bytes], by: i64) -> Parsed {
    Ok(Request::Write(Operation::Increment { key: key(rest)?, by }))
}

fn amount(rest: &[Bytes]) -> Result<i64, CommandError> {
    rest.get(1).and_then(|text| number::integer(text)).ok_or(CommandError::NotAnInteger)
}

/// The first argument. The table's arity has made sure that there is one.
fn key(rest: &[Bytes]) -> Result<Bytes, CommandError> {
    rest.first().cloned().ok_or(CommandError::Syntax)
}

fn plain(key: &Bytes, value: &Bytes) -> Set {
    Set {
        key: key.clone(),
        value: value.clone(),
        condition: Condition::Always,
        expiry: Expiry::Never,
        answer: SetAnswer::Status,
    }
}

fn positive_ms(
    command: &'static str,
    time: &[u8],
    milliseconds: bool,
    absolute: bool,
) -> Result<i64, CommandError> {
    let ms = time_ms(command, time, milliseconds, absolute)?;
    if ms > 0 { Ok(ms) } else { Err(CommandError::InvalidExpireTime { command }) }
}

//! Clocks as they come from elsewhere: as bytes, as text, and in logs.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use core::fmt::Debug;

use quorate_vclock::{
    CausalContext, CausalMessage, DenseClock, DotRange, HlcStamp, LamportStamp, Siblings, VClock,
    itc::{self, Stamp},
    shiviz::{Execution, Log, write_event},
    wire::{Actor, Limits, Wire},
};

/// Bytes are refused at an offset that they have, or are the very bytes of the value that they decode to; and that value is one
/// that could have been made. The first byte says of what.
pub fn decode(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 13 {
        0 => clock::<u8>(bytes),
        1 => clock::<u64>(bytes),
        2 => clock::<String>(bytes),
        3 => clock::<[u8; 16]>(bytes),
        4 => clock::<(u32, u16)>(bytes),
        5 => context(bytes),
        6 => drop(decoded::<Siblings<u64, Vec<u8>>>(bytes)),
        7 => drop(decoded::<CausalMessage<Vec<u8>, String>>(bytes)),
        8 => drop(decoded::<DotRange<u16>>(bytes)),
        9 => drop(decoded::<HlcStamp>(bytes)),
        10 => drop(decoded::<LamportStamp<u64>>(bytes)),
        11 => drop(decoded::<DenseClock<5>>(bytes)),
        _ => stamp(bytes),
    }
}

fn decoded<T: Wire + Debug>(bytes: &[u8]) -> Option<T> {
    match T::decode(bytes, &Limits::default()) {
        Ok(value) => {
            assert_eq!(value.to_bytes(), bytes, "{value:?}");
            assert_eq!(value.encoded_len(), bytes.len(), "{value:?}");
            Some(value)
        }
        Err(error) => {
            assert!(error.offset <= bytes.len(), "{error}");
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn clock<A: Actor + Clone + Debug>(bytes: &[u8]) {
    let Some(clock) = decoded::<VClock<A>>(bytes) else { return };
    let again: VClock<A> = clock.clone().into_iter().collect();
    assert_eq!(again, clock);
    let mut merged = clock.clone();
    merged.merge(&VClock::new());
    merged.merge(&clock);
    assert_eq!(merged, clock);
    assert_eq!(clock.diff(&VClock::new()).map(|range| u128::from(range.len())).sum::<u128>(), clock.total());
}

fn context(bytes: &[u8]) {
    let Some(context) = decoded::<CausalContext<u16>>(bytes) else { return };
    let mut again = CausalContext::new();
    for range in context.ranges() {
        if again.insert_range(range.cloned()).is_err() {
            return; // longer than what may be inserted at once
        }
    }
    assert_eq!(again, context);
    assert_eq!(context.ranges().map(|range| u128::from(range.len())).sum::<u128>(), context.total());
    let mut floor = CausalContext::from(context.floor());
    assert_eq!(floor.diff(&context).count(), 0);
    floor.union(&context);
    assert_eq!(floor, context);
}

fn stamp(bytes: &[u8]) {
    let Ok(stamp) = Stamp::decode(bytes, itc::Limits::default()) else { return };
    assert_eq!(stamp.encode(), bytes);
    if let Ok((left, right)) = stamp.clone().fork() {
        assert_eq!(left.join(right).ok(), Some(stamp));
    }
}

/// A text is refused as a log at a line that it has, and as a clock at a column; or it is one. A log is checked, told and drawn
/// without harm, and what is written of it is read as the same events.
pub fn shiviz(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    match text.parse::<VClock<String>>() {
        Ok(clock) => {
            let is_plain = |name: &str| {
                !name.is_empty()
                    && !name.contains(|char: char| char.is_whitespace() || ",{}\"".contains(char))
            };
            if clock.iter().all(|dot| is_plain(dot.actor)) {
                assert_eq!(clock.to_string().parse().as_ref(), Ok(&clock));
            }
        }
        Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}"),
    }
    match text.parse::<Log>() {
        Ok(log) => log.executions.iter().for_each(|execution| told(execution, text)),
        Err(error) => assert!((1..=text.lines().count().max(1)).contains(&error.line), "{error}"),
    }
}

fn told(execution: &Execution, text: &str) {
    let events = &execution.events;
    let lines = text.lines().count();
    assert!(!events.is_empty() && events.iter().all(|event| (1..=lines).contains(&event.line)));
    let broken = execution.check();
    assert!(broken.iter().all(|broken| events[broken.event].line == broken.line));
    let (messages, depths) = (execution.messages(), execution.depths());
    assert_eq!(depths.len(), events.len());
    for message in messages {
        assert_ne!(events[message.from].host, events[message.to].host);
        assert!(!broken.is_empty() || depths[message.from] < depths[message.to]);
    }
    // An event that its own clock does not count has no entry to be read from.
    if events.iter().any(|event| event.number() == 0) {
        return;
    }
    let mut log = String::new();
    for event in events {
        write_event(&mut log, &event.host, &event.clock, &event.text).expect("its host was in a log");
    }
    let again: Log = log.parse().unwrap_or_else(|error| panic!("{error} in {log:?}"));
    assert_eq!(again.executions.len(), 1, "{log:?}");
    let flat = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    for (event, again) in events.iter().zip(&again.executions[0].events) {
        assert_eq!((&event.host, &event.clock), (&again.host, &again.clock), "{log:?}");
        assert_eq!(event.text.replace(flat, " ").trim(), again.text.trim(), "{log:?}");
    }
    assert_eq!(events.len(), again.executions[0].events.len(), "{log:?}");
}

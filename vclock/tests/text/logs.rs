//! What must hold of logs. Each check says what it reached, or what does not hold.

use std::collections::BTreeSet;

use quorate_machine::Rng;
use quorate_vclock::{
    Causality, VClock,
    shiviz::{Event, Execution, Log, Message, write_event},
};

use crate::executions::{make, pasts, shuffle};

/// Whether some execution has these clocks, by the sets of events that they stand for: an event knows the event before it at its host,
/// and the one that each entry names, and whatever these know; and must count exactly that.
fn could_happen(events: &[Event]) -> bool {
    let find = |host: &str, number: u64| {
        let is_it = |event: &Event| event.host == host && event.number() == number;
        let mut found = events.iter().enumerate().filter(|(_, event)| is_it(event)).map(|(at, _)| at);
        // Twice the same is no event.
        found.next().filter(|_| found.next().is_none())
    };
    let mut causes = Vec::new();
    for event in events {
        let number = event.number();
        let Some(before) = number.checked_sub(1) else { return false };
        let named = event.clock.iter().map(|dot| (dot.actor.as_str(), dot.counter.get()));
        let others = named.filter(|(host, _)| *host != event.host);
        let own = (before > 0).then_some((event.host.as_str(), before));
        let found: Option<Vec<usize>> = others.chain(own).map(|(host, number)| find(host, number)).collect();
        let (Some(found), Some(_)) = (found, find(&event.host, number)) else { return false };
        causes.push(found);
    }
    let pasts = pasts(&causes);
    events.iter().enumerate().all(|(at, event)| {
        let known = pasts[at].iter().chain([&at]).map(|at| (events[*at].host.clone(), events[*at].number()));
        let mut counted = VClock::new();
        counted.extend(known.filter_map(|(host, number)| quorate_vclock::Dot::new(host, number)));
        !pasts[at].contains(&at) && counted == event.clock
    })
}

fn agrees(execution: &Execution) -> Result<bool, String> {
    let (broken, could) = (execution.check(), could_happen(&execution.events));
    if broken.is_empty() == could {
        return Ok(could);
    }
    Err(format!(
        "{:?} could {}happen, and what is found is {broken:?}",
        execution.events,
        if could { "" } else { "not " }
    ))
}

fn event(host: &str, entries: &[(&str, u64)], line: usize) -> Event {
    let clock = entries.iter().map(|(actor, counter)| ((*actor).to_owned(), *counter)).collect();
    Event { host: host.to_owned(), clock, text: String::new(), line }
}

/// All logs of four events at two hosts, and of three events at three, with entries up to 2: the check finds something exactly in those
/// that could not happen.
pub(crate) fn exactly_what_cannot_happen_is_broken() -> Result<String, String> {
    let (mut sound, mut all) = (0, 0);
    for number in 0..9_u64.pow(4) {
        let entry = |at: u32| number / 3_u64.pow(at) % 3;
        let of = |host, at: u32| event(host, &[("a", entry(2 * at)), ("b", entry(2 * at + 1))], 1);
        let events = vec![of("a", 0), of("a", 1), of("b", 2), of("b", 3)];
        sound += u32::from(agrees(&Execution { label: String::new(), events })?);
        all += 1;
    }
    for number in 0..27_u64.pow(3) {
        let entry = |at: u32| number / 3_u64.pow(at) % 3;
        let of = |host, at: u32| {
            event(host, &[("a", entry(3 * at)), ("b", entry(3 * at + 1)), ("c", entry(3 * at + 2))], 1)
        };
        let events = vec![of("a", 0), of("b", 1), of("c", 2)];
        sound += u32::from(agrees(&Execution { label: String::new(), events })?);
        all += 1;
    }
    Ok(format!("{sound} of {all} logs could happen"))
}

/// A log with one entry changed is found to be broken exactly if it could not have happened.
pub(crate) fn one_changed_entry_is_noticed() -> Result<String, String> {
    let (mut broken, mut changed) = (0, 0);
    let mut rng = Rng::new(7);
    for round in 0..200 {
        let mut execution = make(&mut rng, 2 + round % 4, 3 + round % 12).execution;
        shuffle(&mut rng, &mut execution);
        if !agrees(&execution)? {
            return Err(format!("{execution:?} has happened"));
        }
        for _ in 0..20 {
            let mut other = execution.clone();
            let at = usize::try_from(rng.below(other.events.len() as u64)).unwrap_or(0);
            let host =
                other.events[usize::try_from(rng.below(other.events.len() as u64)).unwrap_or(0)].host.clone();
            let clock = &mut other.events[at].clock;
            let (held, up) = (clock.get(&host), rng.below(2) == 0);
            let entries = clock.iter().map(|dot| (dot.actor.clone(), dot.counter.get()));
            let to = if up { held + 1 } else { held.saturating_sub(1) };
            *clock = entries.filter(|(actor, _)| *actor != host).chain([(host.clone(), to)]).collect();
            broken += u32::from(!agrees(&other)?);
            changed += 1;
        }
    }
    Ok(format!("{broken} of {changed} changed logs are broken"))
}

fn written(execution: &Execution) -> Result<String, String> {
    let mut log = String::new();
    for event in &execution.events {
        write_event(&mut log, &event.host, &event.clock, &event.text).map_err(|error| error.to_string())?;
    }
    Ok(log)
}

/// A log is read as it was written, in both forms.
pub(crate) fn a_log_is_read_as_it_was_written() -> Result<String, String> {
    let mut rng = Rng::new(3);
    let mut logs = 0;
    for round in 0..100 {
        let execution = make(&mut rng, 1 + round % 6, 1 + round % 40).execution;
        let log = written(&execution)?;
        let expected = Log { executions: vec![execution] };
        let read = log.parse::<Log>();
        if read.as_ref() != Ok(&expected) {
            return Err(format!("{log}is read as {read:?}"));
        }
        // The same with each text behind its clock.
        let lines: Vec<&str> = log.lines().collect();
        let swapped: Vec<&str> = lines.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        let swapped = swapped.join("\n");
        let mut expected = expected;
        expected.executions[0].events.iter_mut().for_each(|event| event.line -= 1);
        let read = swapped.parse::<Log>();
        if read.as_ref() != Ok(&expected) {
            return Err(format!("{swapped}\nis read as {read:?}"));
        }
        logs += 2;
    }
    Ok(format!("{logs} logs"))
}

/// The messages that clocks tell, with the order at each host, lead to what really led to each event, and to nothing else; and none of
/// them can be left out.
pub(crate) fn messages_are_what_clocks_tell() -> Result<String, String> {
    let mut rng = Rng::new(5);
    let (mut messages, mut pairs) = (0, 0);
    for round in 0..150 {
        let made = make(&mut rng, 2 + round % 5, 2 + round % 30);
        let execution = made.execution;
        let found = execution.messages();
        let mut causes: Vec<Vec<usize>> = vec![Vec::new(); execution.events.len()];
        for (at, event) in execution.events.iter().enumerate() {
            let before = execution.events[..at].iter().rposition(|before| before.host == event.host);
            causes[at].extend(before);
        }
        let alone = pasts(&causes);
        for Message { from, to } in &found {
            causes[*to].push(*from);
        }
        let (told, happened) = (pasts(&causes), pasts(&made.causes));
        if told != happened {
            return Err(format!("{:?} are told by {:?}", found, written(&execution)?));
        }
        for Message { from, to } in &found {
            let without: BTreeSet<usize> = causes[*to]
                .iter()
                .filter(|cause| *cause != from)
                .flat_map(|cause| told[*cause].iter().chain([cause]))
                .copied()
                .collect();
            if without.contains(from) || alone[*to].contains(from) {
                return Err(format!("{from} to {to} need not be told: {}", written(&execution)?));
            }
        }
        deeper(&execution, &happened)?;
        for (later, past) in happened.iter().enumerate() {
            for earlier in 0..later {
                let relation = execution.events[earlier].clock.compare(&execution.events[later].clock);
                if past.contains(&earlier) != (relation == Causality::Before) {
                    return Err(format!("{earlier} is {relation} {later}: {}", written(&execution)?));
                }
                pairs += 1;
            }
        }
        messages += found.len();
    }
    Ok(format!("{messages} messages, {pairs} pairs of events"))
}

/// An event is one deeper than the deepest that led to it.
fn deeper(execution: &Execution, pasts: &[BTreeSet<usize>]) -> Result<(), String> {
    let depths = execution.depths();
    for (at, past) in pasts.iter().enumerate() {
        let expected = past.iter().map(|led| depths[*led] + 1).max().unwrap_or(0);
        if depths[at] != expected {
            return Err(format!("{at} is at {}, not {expected}: {}", depths[at], written(execution)?));
        }
    }
    Ok(())
}

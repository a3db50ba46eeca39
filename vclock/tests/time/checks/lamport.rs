use std::collections::BTreeSet;

use quorate_vclock::{Lamport, LamportStamp};

use super::execution::{Execution, Kind};

/// What led to an event has a lower stamp; and no two stamps are equal.
pub(crate) fn stamps_rise_along_happened_before() -> Result<String, String> {
    let (mut pairs, mut unrelated) = (0, 0);
    for seed in 0..40 {
        let execution = Execution::random(seed, 4, 120);
        let stamps = stamped(&execution)?;
        for (cause, effect) in execution.causes() {
            if stamps[cause] >= stamps[effect] || stamps[cause].time >= stamps[effect].time {
                return Err(format!("seed {seed}: {} led to {}", stamps[cause], stamps[effect]));
            }
            pairs += 1;
        }
        let distinct: BTreeSet<_> = stamps.iter().collect();
        if distinct.len() != stamps.len() {
            return Err(format!("seed {seed}: {} stamps for {} events", distinct.len(), stamps.len()));
        }
        unrelated += stamps.len() * (stamps.len() - 1) / 2;
    }
    Ok(format!("{pairs} causes with their effects, of {unrelated} pairs of events"))
}

fn stamped(execution: &Execution) -> Result<Vec<LamportStamp<usize>>, String> {
    let mut clocks = vec![Lamport::new(); execution.actors];
    let mut stamps: Vec<LamportStamp<usize>> = Vec::new();
    for event in &execution.events {
        let clock = &mut clocks[event.actor];
        let time = match event.kind {
            Kind::Local | Kind::Send => clock.tick(),
            Kind::Receive(sent) => clock.observe(stamps[sent].time),
        };
        stamps.push(LamportStamp::new(time.map_err(|error| error.to_string())?, event.actor));
    }
    Ok(stamps)
}

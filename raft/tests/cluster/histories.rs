//! What clients saw, judged as a history of one register.
//!
//! Every write has a value of its own, so that no search is needed: the write of a value and the reads that saw it form a
//! zone of the history, and zones either fit side by side or do not (Gibbons and Korach, *Testing shared memories*, 1997).

use std::collections::BTreeMap;

use quorate_machine::Tag;
use quorate_sim::{History, Invariant, Kind, View};

use super::{Cluster, Op};

/// There is one order of all reads and writes that agrees with what every client saw, and when (Raft §8).
pub fn linearizable() -> Box<dyn Invariant<Cluster>> {
    Box::new(Linearizable)
}

struct Linearizable;

impl Invariant<Cluster> for Linearizable {
    fn name(&self) -> &'static str {
        "linearizable"
    }

    fn at_end(&mut self, view: &View<'_, Cluster>) -> Result<(), String> {
        judge(&zones(view.history())?)
    }
}

/// The calls about one value: in the order that is sought they come one after the other, the write first.
#[derive(Clone, Copy, Debug)]
struct Zone {
    value: u64,
    /// The first place in the history by which one of them was over.
    first_end: u64,
    /// The last place at which one of them began.
    last_begin: u64,
}

impl Zone {
    /// Whether the value was there all the time between these places, instead of at some moment between them.
    fn is_forward(&self) -> bool {
        self.first_end < self.last_begin
    }
}

const NEVER: u64 = u64::MAX;

/// The zones of all values that were read, or certainly written. A write of several values is ordered but not atomic: each
/// value is a write of its own, all of them open as long as the whole was.
fn zones(history: &History<Op>) -> Result<Vec<Zone>, String> {
    let mut begun: BTreeMap<Tag, u64> = BTreeMap::new();
    let mut invoked: BTreeMap<u64, u64> = BTreeMap::from([(0, 0)]);
    let mut zones = BTreeMap::from([(0, Zone { value: 0, first_end: 0, last_begin: 0 })]);
    for (place, entry) in (1_u64..).zip(history.entries()) {
        let start = begun.get(&entry.process).copied().unwrap_or(place);
        let values = match (&entry.op, entry.kind) {
            (_, Kind::Invoke) => {
                begun.insert(entry.process, place);
                if let Op::Write(values) = &entry.op {
                    invoked.extend(values.iter().map(|value| (*value, place)));
                }
                continue;
            }
            (Op::Write(values), Kind::Ok) => values.as_slice(),
            (Op::Read(Some(seen)), Kind::Ok) => core::slice::from_ref(seen),
            _ => continue,
        };
        for value in values {
            let Some(write_begun) = invoked.get(value) else {
                return Err(format!("{value} was read before anybody wrote it"));
            };
            let zone = zones.entry(*value).or_insert(Zone {
                value: *value,
                first_end: NEVER,
                last_begin: *write_begun,
            });
            zone.first_end = zone.first_end.min(place);
            zone.last_begin = zone.last_begin.max(start);
        }
    }
    Ok(zones.into_values().collect())
}

/// No two values may be there at the same time, and none may have its only moment while another is there.
fn judge(zones: &[Zone]) -> Result<(), String> {
    let (mut forward, backward): (Vec<Zone>, Vec<Zone>) = zones.iter().copied().partition(Zone::is_forward);
    forward.sort_by_key(|zone| zone.first_end);
    for pair in forward.windows(2) {
        if pair[1].first_end < pair[0].last_begin {
            return Err(format!("{} was read after {} and before it", pair[1].value, pair[0].value));
        }
    }
    for zone in backward {
        let before = forward.partition_point(|other| other.first_end < zone.last_begin);
        let Some(around) = before.checked_sub(1).and_then(|at| forward.get(at)) else { continue };
        if zone.first_end < around.last_begin {
            return Err(format!("{} was there while {} was", zone.value, around.value));
        }
    }
    Ok(())
}

#[test]
fn a_stale_read_and_a_lost_write_are_found() {
    let entry = |process, kind, op: &Op| (Tag(process), kind, op.clone());
    let verdict = |entries: &[(Tag, Kind, Op)]| {
        let mut history = History::new();
        for (process, kind, op) in entries {
            history.push(*process, *kind, op.clone(), quorate_machine::Time::ZERO);
        }
        zones(&history).and_then(|zones| judge(&zones))
    };
    let call = |process, op: Op| [entry(process, Kind::Invoke, &op), entry(process, Kind::Ok, &op)];
    let write = |process, value| call(process, Op::Write(vec![value]));
    let read = |process, value| call(process, Op::Read(Some(value)));
    let fine = [read(1, 0), write(2, 7), read(3, 7), write(4, 8), read(5, 8)].concat();
    assert_eq!(verdict(&fine), Ok(()));
    for wrong in [
        [write(1, 7), read(2, 0)].concat(),
        [write(1, 7), write(2, 8), read(3, 7)].concat(),
        [write(1, 7), write(2, 8), read(3, 8), read(4, 7)].concat(),
        [read(1, 7).as_slice(), &write(2, 7)].concat(),
    ] {
        assert!(verdict(&wrong).is_err(), "{wrong:?}");
    }
    // A write of unknown outcome may take effect late, or in the middle of another call, but only once.
    let open = entry(1, Kind::Invoke, &Op::Write(vec![7]));
    let late = [[open.clone()].as_slice(), &write(2, 8), &read(3, 8), &read(4, 7)].concat();
    assert_eq!(verdict(&late), Ok(()));
    let twice = [[open].as_slice(), &read(3, 7), &write(2, 8), &read(4, 7)].concat();
    assert!(verdict(&twice).is_err());
}

//! Clocks as bytes.

use core::hint::black_box;

use quorate_machine::Rng;
use quorate_vclock::{
    VClock,
    wire::{Limits, Wire as _},
};

use crate::vclock::contest::{Contest, Entrant};

type Entries = Vec<(u64, u64)>;

pub(super) fn encoding() -> Vec<Contest> {
    clocks().iter().map(|(what, entries)| encode(what, entries)).collect()
}

pub(super) fn decoding() -> Vec<Contest> {
    clocks().iter().map(|(what, entries)| decode(what, entries)).collect()
}

fn clocks() -> Vec<(String, Entries)> {
    let clocks = [3, 32, 100].into_iter().flat_map(|size| {
        let numbered = (format!("{size} actors numbered from 0"), entries(size, |n, _| n));
        let random = (format!("{size} actors of random numbers"), entries(size, |_, rng| rng.draw()));
        [numbered, random]
    });
    clocks.collect()
}

/// Counters are of four digits at most.
fn entries(size: u64, actor: impl Fn(u64, &mut Rng) -> u64) -> Entries {
    let mut rng = Rng::new(size);
    let mut entries: Entries = (0..size).map(|n| (actor(n, &mut rng), 1 + rng.below(9_999))).collect();
    entries.sort_unstable();
    entries
}

fn theirs(entries: &Entries) -> crdts::VClock<u64> {
    entries.iter().map(|(actor, counter)| crdts::Dot::new(*actor, *counter)).collect()
}

/// How many bytes each takes, in the order of the entrants.
fn bytes(entries: &Entries) -> [usize; 3] {
    let (ours, theirs) = (entries.iter().copied().collect::<VClock<u64>>(), theirs(entries));
    [
        ours.to_bytes().len(),
        serde_json::to_vec(&theirs).map_or(0, |bytes| bytes.len()),
        postcard::to_allocvec(&theirs).map_or(0, |bytes| bytes.len()),
    ]
}

fn encode(what: &str, entries: &Entries) -> Contest {
    let [quorate, json, compact] = bytes(entries);
    let (ours, peer) = (entries.iter().copied().collect::<VClock<u64>>(), theirs(entries));
    let peer_too = peer.clone();
    let encoded = |some: bool| u64::from(some);
    Contest {
        what: format!("{what}; {quorate}, {json} and {compact} bytes"),
        things: 1,
        entrants: vec![
            Entrant::new("quorate", move |times| {
                (0..times).map(|_| encoded(!black_box(&ours).to_bytes().is_empty())).sum()
            }),
            Entrant::new("crdts, JSON", move |times| {
                (0..times).map(|_| encoded(serde_json::to_vec(black_box(&peer)).is_ok())).sum()
            }),
            Entrant::new("crdts, postcard", move |times| {
                (0..times).map(|_| encoded(postcard::to_allocvec(black_box(&peer_too)).is_ok())).sum()
            }),
        ],
    }
}

fn decode(what: &str, entries: &Entries) -> Contest {
    let (last, _) = entries.last().copied().unwrap_or((0, 0));
    let ours = entries.iter().copied().collect::<VClock<u64>>().to_bytes();
    let json = serde_json::to_vec(&theirs(entries)).unwrap_or_default();
    let compact = postcard::to_allocvec(&theirs(entries)).unwrap_or_default();
    Contest {
        what: what.to_owned(),
        things: 1,
        entrants: vec![
            Entrant::new("quorate", move |times| {
                let decode = || VClock::<u64>::decode(black_box(&ours), &Limits::default());
                (0..times).map(|_| decode().map_or(0, |clock| clock.get(&last))).sum()
            }),
            Entrant::new("crdts, JSON", move |times| {
                let decode = || serde_json::from_slice::<crdts::VClock<u64>>(black_box(&json));
                (0..times).map(|_| decode().map_or(0, |clock| clock.get(&last))).sum()
            }),
            Entrant::new("crdts, postcard", move |times| {
                let decode = || postcard::from_bytes::<crdts::VClock<u64>>(black_box(&compact));
                (0..times).map(|_| decode().map_or(0, |clock| clock.get(&last))).sum()
            }),
        ],
    }
}

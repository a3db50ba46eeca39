//! Every interleaving of small clusters.
#![expect(clippy::panic, reason = "a test says why it failed")]

mod cluster;

use cluster::Cluster;
use quorate_sim::explore::{Scope, explore};

/// Closed scopes: an election and a crash, prompt or not; two elections, a proposal and a crash.
const CLOSED: [&str; 4] = [
    "nodes 3, commands 0, wakes 1, crashes 0",
    "nodes 3, commands 0, wakes 1, crashes 1, delays 0",
    "nodes 2, commands 0, wakes 2, crashes 1",
    "nodes 2, commands 1, wakes 2, crashes 1, delays 0",
];

fn scope(text: &str) -> Scope {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn small_clusters_keep_their_promises_in_every_play() {
    for text in CLOSED {
        let report = explore(&Cluster::default(), &scope(text));
        println!("{report}");
        let report = report.proven().unwrap_or_else(|report| panic!("{report}"));
        assert!(report.coverage.persisted > 1_000, "{report}");
    }
}

/// Which scope shows the mistake, what it breaks, and by how many actions.
#[cfg(quorate_bugs)]
#[test]
fn mistakes_are_shown_by_shortest_plays() {
    use quorate_raft::Bug;
    let prompt = "nodes 3, commands 0, wakes 1, crashes 1, delays 0";
    let slow = "nodes 3, commands 0, wakes 1, crashes 0, delays 1";
    let found = [
        // The vote that its journal lacks is in its checkpoint.
        (Bug::VoteNotPersisted, prompt, "checkpoint equals the fold", 5),
        (Bug::VoteBeforeDurable, prompt, "one leader per term", 10),
        (Bug::VoteBeforeDurable, slow, "one leader per term", 7),
        (Bug::AckBeforeDurable, prompt, "committed for ever", 15),
        (Bug::AckBeforeDurable, slow, "committed for ever", 13),
        (Bug::LeaderCountsItselfEarly, slow, "committed for ever", 15),
    ];
    for (bug, text, invariant, actions) in found {
        let report = explore(&Cluster { bug: Some(bug) }, &scope(text));
        println!("{bug:?}: {report}");
        let found = report.counterexample.as_ref().map(|found| (found.breach.invariant, found.actions));
        assert_eq!(found, Some((invariant, actions)), "{bug:?}: {report}");
    }
}

//! Every interleaving of small worlds: the whole register keeps what it promises in all of them, and each bug that a
//! play can show is shown by a shortest one.
#![expect(clippy::panic, reason = "a test says why it failed")]

mod toy;

use quorate_sim::explore::{Coverage, Exploration, Scope, explore};
use toy::{Toy, broken::Bug};

fn scope(text: &str) -> Scope {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn explored(bug: Option<Bug>, text: &str) -> Exploration {
    explore(&Toy { bug }, &scope(text))
}

/// How large a closed scope is: states, transitions, depth, states of a node.
type Size = (u64, u64, u32, u64);

const CLOSED: [(&str, Size); 6] = [
    ("nodes 1, commands 3, wakes 0, crashes 1", (72, 89, 8, 22)),
    ("nodes 3, commands 1, wakes 2, crashes 1", (2_045, 6_597, 20, 17)),
    ("nodes 3, commands 2, wakes 2, crashes 1", (70_273, 328_325, 27, 49)),
    ("nodes 3, commands 2, wakes 2, crashes 1, delays 0", (57_624, 191_266, 29, 41)),
    ("nodes 3, commands 1, wakes 1, crashes 2, duplicates 1", (10_761, 47_711, 21, 17)),
    ("nodes 5, commands 1, wakes 0, crashes 1, delays 1", (20_109, 62_165, 24, 58)),
];

#[test]
fn the_register_keeps_its_promises_in_every_play() {
    for (text, size) in CLOSED {
        let report = explored(None, text).proven().unwrap_or_else(|report| panic!("{report}"));
        println!("{report}");
        assert_eq!((report.states, report.transitions, report.depth, report.node_states), size, "{text}");
    }
}

/// One node, one command, one crash, counted by hand. With a crash to come: idle, writing, written. After it: idle,
/// writing and written again; back with nothing; back with a version that nobody was told of, about to speak of it and
/// having done so; the same with one that somebody was told of.
#[test]
fn a_world_that_can_be_counted_by_hand() {
    let report = explored(None, "nodes 1, commands 1, wakes 0, crashes 1");
    assert_eq!((report.states, report.transitions, report.closed), (3 + 8, 10, true), "{report}");
    let Coverage { crashes_losing_nothing, crashes_losing_records, .. } = report.coverage;
    assert_eq!((crashes_losing_nothing, crashes_losing_records), (3, 1), "each prefix of what is unsynced");
}

/// Which scope shows the bug, what it breaks, by how many actions, and after how many states.
const FOUND: [(Bug, &str, &str, u32, u64); 12] = [
    (Bug::SendsBeforeDurable, "nodes 3, commands 2, wakes 1, crashes 1", "written is kept", 7, 764),
    (Bug::SpeaksBeforeDurable, "nodes 3, commands 1, wakes 0, crashes 0", "written is kept", 4, 12),
    // Of three nodes, the writer and one other are a majority anyway.
    (Bug::CountsTwice, "nodes 5, commands 1, wakes 0, crashes 0", "written is kept", 6, 22),
    (Bug::WritesReset, "nodes 1, commands 4, wakes 0, crashes 0", "checkpoint equals the fold", 7, 26),
    (Bug::WritesNonsense, "nodes 3, commands 1, wakes 0, crashes 0", "every record folds", 1, 1),
    (Bug::ForgetsImage, "nodes 3, commands 1, wakes 0, crashes 1", "recovery equals the fold", 2, 6),
    (Bug::RefusesImage, "nodes 3, commands 1, wakes 0, crashes 1", "every image recovers", 2, 6),
    (Bug::CheckpointsHalf, "nodes 3, commands 1, wakes 0, crashes 0", "checkpoint equals the fold", 1, 1),
    (Bug::Spins, "nodes 3, commands 1, wakes 0, crashes 0", "deadline moves", 3, 4),
    (Bug::AnswersTwice, "nodes 3, commands 1, wakes 0, crashes 0", "one answer per command", 1, 2),
    (Bug::Panics, "nodes 2, commands 7, wakes 0, crashes 0, delays 0", "no panic", 40, 677),
    (Bug::WritesToItself, "nodes 3, commands 1, wakes 0, crashes 0", "no message to itself", 1, 1),
];

#[test]
fn every_bug_that_a_play_can_show_is_shown() {
    for (bug, text, invariant, actions, states) in FOUND {
        let report = explored(Some(bug), text);
        let Some(found) = &report.counterexample else { panic!("{bug:?} survives {report}") };
        println!("{bug:?}: {} after {actions} actions, {states} states", found.breach);
        let came_to = (found.breach.invariant, found.actions, report.states);
        assert_eq!(came_to, (invariant, actions, states), "{bug:?}: {report}");
        assert!(
            !report.closed && report.depth == actions - 1,
            "{bug:?}: shorter plays were all seen: {report}"
        );
        let whole = explored(None, text);
        assert!(whole.closed, "what is shown is the bug: {whole}");
    }
}

#[test]
fn a_counterexample_is_a_play_to_read() {
    let report = explored(Some(Bug::SpeaksBeforeDurable), "nodes 3, commands 1, wakes 0, crashes 0");
    let text = report.to_string();
    for part in [
        "scope: nodes 3, commands 1, wakes 0, crashes 0, drops 0, duplicates 0, delays any, seed 0, states 1000000",
        "broken: 12 states",
        "written is kept: Version { number: 1, value: 100 } is on 0 of 3 disks, after 4 actions",
        "n1 submit 1 100  -> persist 1 Version { number: 1, value: 100 }",
        "n1 <- n2 Stored { number: 1 }  -> emit Written",
    ] {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
}

#[test]
fn a_capped_scope_says_so() {
    let report = explored(None, "nodes 3, commands 2, wakes 2, crashes 1, states 1000");
    assert_eq!((report.closed, report.states, report.counterexample.is_some()), (false, 1_000, false));
    assert!(report.to_string().contains("capped: 1000 states"), "{report}");
    assert!(report.proven().is_err());
}

#[test]
fn exploring_again_changes_nothing() {
    for bug in [None, Some(Bug::SendsBeforeDurable)] {
        let twice = [(); 2].map(|()| explored(bug, "nodes 3, commands 2, wakes 1, crashes 1"));
        assert_eq!(twice[0], twice[1]);
    }
}

#[test]
fn a_message_that_is_dropped_or_copied_reaches_no_other_state_of_a_node() {
    let base = "nodes 3, commands 1, wakes 1, crashes 1";
    let plain = explored(None, base);
    let dropping = explored(None, &format!("{base}, drops 2"));
    assert!(dropping.coverage.dropped > 0 && dropping.states > plain.states, "{dropping}");
    assert_eq!(dropping.node_states, plain.node_states, "one that never arrives is as good as lost");
    assert!(explored(None, &format!("{base}, duplicates 1")).coverage.duplicated > 0);
}

#[test]
fn a_delay_is_a_disk_that_is_slow_to_sync() {
    let bug = Some(Bug::SpeaksBeforeDurable);
    let world = "nodes 3, commands 1, wakes 0, crashes 0";
    let prompt = explored(bug, &format!("{world}, delays 0"));
    assert!(
        prompt.closed && prompt.coverage.delayed == 0,
        "where disks are quick nobody speaks too soon: {prompt}"
    );
    let slow = explored(bug, &format!("{world}, delays 1"));
    let found = slow.counterexample.as_ref().map(|found| (found.breach.invariant, found.actions));
    assert_eq!(found, Some(("written is kept", 6)), "{slow}");
    assert!(slow.to_string().contains("! n2 is slow to sync"), "{slow}");
}

#[test]
fn a_scope_that_is_none_says_what_is_wrong() {
    let error = |text: &str| text.parse::<Scope>().map_err(|error| error.to_string()).err();
    let is = |text: &str| Some(text.to_owned());
    assert_eq!(error("nodes"), is("expected a name and a number, as in `nodes 3`, found `nodes`"));
    assert_eq!(error("nodes 3, nodes 4"), is("`nodes` is given twice"));
    assert_eq!(error("nodes 0"), is("`nodes` is a number from 1 to 64, not `0`"));
    assert_eq!(error("nodes 65"), is("`nodes` is a number from 1 to 64, not `65`"));
    assert_eq!(error("crashes -1"), is("`crashes` is a number from 0 to 255, not `-1`"));
    assert_eq!(error("delays some"), is("`delays` is a number from 0 to 255 or any, not `some`"));
    assert_eq!(error("states 0"), is("`states` is a number from 1 to 4294967295, not `0`"));
    assert!(
        error("wishes 3")
            .is_some_and(|error| error.starts_with("there is no `wishes` in a scope, only nodes"))
    );
    assert_eq!("".parse(), Ok(Scope::default()));
    let all = "nodes 2, commands 3, wakes 4, crashes 5, drops 6, duplicates 7, delays 8, seed 9, states 10";
    assert_eq!(scope(all).to_string(), all);
}

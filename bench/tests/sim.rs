//! Every simulator does all of the work that it is measured by.

use quorate_bench::sim::{Outcome, Race, Runner, Search, Searcher};

#[test]
fn every_simulator_carries_out_every_write_with_the_same_messages() {
    for runner in Runner::ALL {
        for (nodes, registers) in [(1, 1), (3, 1), (5, 7), (5, 200)] {
            let race = Race { nodes, registers, writes: 20 };
            let writes = 20 * u64::from(registers);
            let messages = writes * 2 * (u64::from(nodes) - 1);
            assert_eq!(runner.run(race), Outcome { writes, messages }, "{runner}: {race:?}");
        }
    }
}

/// quorate counts what a disk and a wake answer at once as states of their own; stateright's actor does them in one step.
#[test]
fn every_explorer_closes_the_scope_with_states_of_the_same_order() {
    for (nodes, commands, wakes) in [(1, 2, 0), (3, 1, 1), (3, 2, 2), (5, 1, 1)] {
        let search = Search { nodes, commands, wakes };
        let [ours, theirs] = Searcher::ALL.map(|searcher| searcher.run(search).states);
        println!("{search:?}: {ours} and {theirs} states");
        assert!(theirs <= ours && ours <= 3 * theirs, "{search:?}: {ours} and {theirs} states");
    }
}

#[test]
fn simulators_are_found_by_their_names() {
    for runner in Runner::ALL {
        assert_eq!(runner.name().parse(), Ok(runner));
    }
    for searcher in Searcher::ALL {
        assert_eq!(searcher.name().parse(), Ok(searcher));
    }
    assert!("another".parse::<Runner>().is_err() && "another".parse::<Searcher>().is_err());
}

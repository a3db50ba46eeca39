//! Every simulator does all of the work that it is measured by.

use quorate_bench::sim::{Outcome, Race, Runner};

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

#[test]
fn simulators_are_found_by_their_names() {
    for runner in Runner::ALL {
        assert_eq!(runner.name().parse(), Ok(runner));
    }
    assert!("another".parse::<Runner>().is_err());
}

//! Every engine does all of the work that it is measured by.

use quorate_bench::raft::{Engine, Workload};

#[test]
fn every_engine_applies_everything_on_all_nodes() {
    for engine in Engine::ALL {
        for batch in [1, 64] {
            let mut cluster = engine.cluster(batch, 16);
            let workload = Workload { batch, proposals: 20_000 };
            let proposed = workload.run(&mut *cluster);
            assert!(proposed >= 20_000, "{engine} ran only {proposed}");
            let counts = cluster.applied().map(|applied| applied.count);
            assert_eq!(counts, [proposed; 3], "{engine} in batches of {batch}");
            assert!(cluster.messages() > 0, "{engine} sent nothing");
        }
    }
}

#[test]
fn payloads_reach_every_application() {
    for engine in Engine::ALL.into_iter().filter(|engine| engine.carries_payloads()) {
        let mut cluster = engine.cluster(2, 100);
        Workload { batch: 2, proposals: 10 }.run(&mut *cluster);
        for applied in cluster.applied() {
            assert_eq!(applied.sum, 10 * (7 + 100), "{engine}");
        }
    }
}

#[test]
fn engines_are_found_by_their_names() {
    for engine in Engine::ALL {
        assert_eq!(engine.name().parse(), Ok(engine));
    }
    assert!("another".parse::<Engine>().is_err());
}

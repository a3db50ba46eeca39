//! Plans as text, and runs as functions of plans.

mod toy;

use quorate_sim::{Bounds, Plan, PlanError, generate, run, run_recorded};
use toy::Toy;

const GENERATORS: [fn(u64, &Bounds) -> Plan; 8] = [
    generate::mix,
    generate::calm,
    generate::uniform,
    generate::swarm,
    generate::targeted,
    generate::swizzle,
    generate::ladder,
    generate::priority,
];

#[test]
fn a_printed_plan_reads_back_as_it_was() {
    let names = [
        ": crash ",
        ": pause ",
        ": cut ",
        ": isolate ",
        ": clog ",
        ": jump ",
        " back ",
        ": slow ",
        ": full ",
        ": wipe ",
        ": rot ",
        ": misdirect ",
        "lose torn",
        "lose pages",
        "lose subset",
        "link n",
        "capacity 1",
        "burst 1",
    ];
    let mut kinds = [0; 18];
    for seed in 0..500 {
        for generator in GENERATORS {
            let plan = generator(seed, &Bounds { subsets: true, ..Bounds::default() });
            let text = plan.to_string();
            assert_eq!(text.parse(), Ok(plan), "{text}");
            for (count, name) in kinds.iter_mut().zip(names) {
                *count += text.matches(name).count();
            }
        }
    }
    assert!(kinds.iter().all(|count| *count > 50), "{kinds:?}");
}

#[test]
fn generated_plans_keep_their_bounds() {
    let bounds =
        Bounds { nodes: 3..=4, commands_max: 5, faults_max: 3, drift_ppm_max: 7, ..Bounds::default() };
    for seed in 0..500 {
        for generator in GENERATORS {
            let plan = generator(seed, &bounds);
            assert!(bounds.nodes.contains(&plan.nodes));
            assert!(plan.commands.len() <= 5 && plan.faults.len() <= 2 * 3 + 2 && plan.clocks.drift_ppm <= 7);
            assert!(plan.network.latency.end <= bounds.latency_max && plan.disk.sync.end <= bounds.sync_max);
        }
    }
}

fn error(text: &str) -> (usize, usize, String) {
    let PlanError { line, column, reason } = text.parse::<Plan>().expect_err("this is not a plan");
    (line, column, reason.to_string())
}

#[test]
fn what_is_not_a_plan_is_refused_at_its_line_and_column() {
    let expected = |what: &str, found: &str| format!("expected {what}, found {found}");
    assert_eq!(error(""), (1, 1, expected("`quorate plan 2`", "the end of the line")));
    assert_eq!(error("quorate plan\n"), (1, 13, expected("a version", "the end of the line")));
    assert_eq!(
        error("quorate plan 3\nnew things"),
        (1, 14, "this plan has version 3; this simulator reads versions up to 2".to_owned())
    );
    let plan = |line: &str| error(&format!("# a comment\nquorate plan 1\n\n{line}\n"));
    assert_eq!(plan("sed 7"), (4, 1, expected("a plan's key", "`sed`")));
    assert_eq!(plan("  seed x"), (4, 8, expected("a seed", "`x`")));
    assert_eq!(plan("seed 7 8"), (4, 8, expected("the end of the line", "`8`")));
    assert_eq!(plan("nodes 65"), (4, 7, expected("a number of nodes from 1 to 64", "`65`")));
    assert_eq!(plan("latency 1ms"), (4, 9, expected("a range such as 1ms..5ms", "`1ms`")));
    assert_eq!(plan("safety 5"), (4, 8, expected("a span such as 20ms", "`5`")));
    assert_eq!(plan("safety 99999999999s"), (4, 8, expected("a span such as 20ms", "`99999999999s`")));
    assert_eq!(plan("loss 1000001ppm"), (4, 6, expected("a chance up to 1000000ppm", "`1000001ppm`")));
    assert_eq!(plan("fault at 1s crash n1"), (4, 13, expected("`:`", "`crash`")));
    assert_eq!(
        plan("fault at 1s: crash n0 down 1s lose all"),
        (4, 20, expected("a node such as n1", "`n0`"))
    );
    assert_eq!(
        plan("fault at 1s: crash n1 down 1s lose it"),
        (4, 36, expected("nothing, suffix, all, subset, torn or pages", "`it`"))
    );
    assert_eq!(plan("fault after n1 send 0: pause it for 1s"), (4, 21, expected("a count from 1", "`0`")));
    assert_eq!(plan("fault after n1 crash 1: pause it for 1s").1, 16);
    assert_eq!(
        plan("fault at 1s: pause it for 1s"),
        (4, 14, "`it` needs a trigger that a node sets off".to_owned())
    );
    assert_eq!(plan("command 1s n4 0"), (4, 12, "there is no n4 among 3 nodes".to_owned()));
    assert_eq!(plan("é").1, 1);
}

#[test]
fn no_text_makes_the_parser_panic() {
    let plan = generate::mix(12, &Bounds::default()).to_string();
    for (at, _) in plan.char_indices() {
        let (start, end) = plan.split_at(at);
        let _ = start.parse::<Plan>();
        let _ = format!("{start}é:{end}").parse::<Plan>();
        let _ = format!("{start}{}", end.get(1..).unwrap_or("")).parse::<Plan>();
    }
}

#[test]
fn tracing_and_running_again_change_nothing() {
    for seed in 0..200 {
        let plan = generate::mix(seed, &Bounds::default());
        let report = run(&Toy::default(), &plan);
        let traced = run_recorded(&Toy::default(), &plan, 1_000);
        assert_eq!(report.fingerprint, traced.fingerprint);
        assert_eq!(report.counters, traced.counters);
        assert!(report.recording.moments.is_empty() && !traced.recording.moments.is_empty());
    }
}

#[test]
fn every_seed_is_another_run() {
    let plan = |seed| Plan { seed, ..generate::uniform(3, &Bounds::default()) };
    let mut fingerprints: Vec<_> =
        (0..100).map(|seed| run(&Toy::default(), &plan(seed)).fingerprint).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 100);
}

/// Seeds and plans are kept in corpora: what a plan means must not drift, nor depend on the build. Change this number
/// only together with the register or the plan's version.
#[test]
fn what_a_plan_means_is_frozen() {
    let fingerprints =
        (0..50).map(|seed| run(&Toy::default(), &generate::mix(seed, &Bounds::default())).fingerprint);
    assert_eq!(fingerprints.fold(0_u64, |all, one| all.rotate_left(1) ^ one), 1_495_782_097_756_732_137);
}

//! Simulated registers: the whole one passes under every generator, and the runs have met every fault there is.

mod toy;

use quorate_machine::{NodeId, Time};
use quorate_sim::{Bounds, Check, Plan, Verdict, check, generate, replay_corpus, run, run_traced};
use toy::{Toy, broken::Bug};

#[test]
fn the_corpus_passes() {
    let tally = replay_corpus(&Toy::default(), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"));
    let tally = tally.unwrap_or_else(|error| panic!("{error}"));
    assert!(tally.plans > 0, "the corpus is there");
}

#[test]
fn the_register_survives_every_generator() {
    let bounds = Bounds::default();
    let tally = check(&Toy::default(), 0..3_000, |seed| generate::mix(seed, &bounds));
    let tally = tally.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    let unmet = tally.counters.iter().filter(|(name, count)| *count < 100 && *name != "stray");
    assert_eq!(unmet.collect::<Vec<_>>(), [], "faults that (almost) never happened prove nothing");
}

fn plan(text: &str) -> Plan {
    format!("quorate plan 1\n{text}").parse().expect("this is a plan")
}

#[test]
fn a_crash_after_a_record_prevents_what_follows_in_the_same_step() {
    let report = run(
        &Toy::default(),
        &plan("fault after n1 persist 1: crash it down 100ms lose all\ncommand 1ms n1 0\n"),
    );
    assert_eq!(report.verdict, Verdict::Passed);
    let counters = report.counters;
    assert_eq!((counters.crashes_mid_step, counters.records_lost, counters.sent), (1, 1, 0));
}

#[test]
fn a_crash_that_loses_nothing_leaves_what_the_machine_was_never_told() {
    let report = run(
        &Toy::default(),
        &plan("fault after n1 persist 1: crash it down 100ms lose nothing\ncommand 1ms n1 0\n"),
    );
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!((report.counters.never_told, report.counters.records_lost), (1, 0));
    assert!(report.counters.sent > 0, "the restarted writer goes on with what is on its disk");
}

#[test]
fn a_cut_works_one_way_and_ends() {
    let cut = "liveness 0s\nsafety 2s\nfault at 0ns: cut n1 -> n2,n3 for 1s\ncommand 1ms n1 0\n";
    let report = run_traced(&Toy::default(), &plan(cut), 1_000);
    let written = report.trace.iter().find(|line| line.contains("emit Written")).expect("written in the end");
    let millis: u64 = written.trim_start().split('.').next().and_then(|ms| ms.parse().ok()).expect("a time");
    assert!((1_000..1_100).contains(&millis), "{written}");
    let other =
        run(&Toy::default(), &plan("liveness 0s\nfault at 0ns: cut n2,n3 -> n1 for 1s\ncommand 1ms n1 0\n"));
    assert!(other.counters.cut > 0 && other.counters.persisted == 3, "stored everywhere, and never heard of");
}

#[test]
fn a_paused_node_meets_its_backlog_late_and_in_order() {
    let paused =
        "safety 3s\nfault at 0ns: pause n2 for 1s\nfault at 0ns: pause n3 for 2s\ncommand 1ms n1 0\n";
    let report = run_traced(&Toy::default(), &plan(paused), 1_000);
    let first = |node: &str| {
        let line =
            report.trace.iter().find(|line| line.contains(&format!("{node} <- n1"))).expect("a message");
        line.trim_start().split('.').next().map(str::to_owned)
    };
    assert_eq!((first("n2").as_deref(), first("n3").as_deref()), (Some("1000"), Some("2000")));
}

#[test]
fn a_clog_delivers_late_and_a_jump_wakes_early() {
    let report = run_traced(
        &Toy::default(),
        &plan("nodes 2\nliveness 0s\nsafety 2s\nfault at 0ns: clog n1 -> n2 for 1s\ncommand 1ms n1 0\n"),
        1_000,
    );
    let first = report.trace.iter().find(|line| line.contains("n2 <- n1")).expect("a message");
    assert!(first.trim_start().starts_with("1000."), "{first}");
    let wakes = |text: &str| {
        let report = run_traced(&Toy::default(), &plan(text), 1_000);
        report.trace.iter().filter(|line| line.contains("n1 wake")).count()
    };
    let cut = "nodes 2\nliveness 0s\nsafety 70ms\nfault at 0ns: cut n1 -> n2 for 9s\ncommand 1ms n1 0\n";
    assert_eq!(wakes(cut), 2);
    assert_eq!(wakes(&format!("{cut}fault at 20ms: jump n1 by 45ms\n")), 3);
}

#[test]
fn a_crash_after_a_message_prevents_the_others_of_the_same_step() {
    let text = "liveness 0s\nfault after n1 send 1: crash it down 9s lose all\ncommand 1ms n1 0\n";
    let report = run(&Toy::default(), &plan(text));
    assert_eq!(
        (report.counters.sent, report.counters.delivered, report.counters.crashes_mid_step),
        (2, 1, 1)
    );
}

/// The core that the run healed, and how many lines of its play hold the text.
fn healed(plan: &Plan, text: &str) -> (String, usize) {
    let report = run_traced(&Toy::default(), plan, 10_000);
    assert_eq!(report.verdict, Verdict::Passed);
    let core = report.trace.iter().find(|line| line.contains("the core")).expect("a liveness phase");
    (core.clone(), report.trace.iter().filter(|line| line.contains(text)).count())
}

#[test]
fn outside_the_core_everything_stays_broken() {
    // Both faults would end by themselves at 1.5 s, before the command.
    let crash = plan("safety 1s\nfault at 500ms: crash n2 down 1s lose all\ncommand 2s n1 0\n");
    let cut = plan("safety 1s\nfault at 500ms: cut n2 <-> n1,n3 for 1s\ncommand 2s n1 0\n");
    let mut inside = 0;
    for seed in 0..30 {
        let (core, starts) = healed(&Plan { seed, ..crash.clone() }, "n2 starts");

        assert_eq!(starts, 1 + usize::from(core.contains("n2")), "{core}");
        let (core, reached) = healed(&Plan { seed, ..cut.clone() }, "n2 <- n1");
        assert_eq!(reached > 0, core.contains("n1") && core.contains("n2"), "{core}");
        inside += starts - 1;
    }
    assert!((4..27).contains(&inside), "n2 is in the core in {inside} of 30 runs");
}

#[test]
fn a_failure_tells_the_plan_the_play_and_how_to_replay_it() {
    let check = Check { environment: false, ..Check::default() };
    let toy = Toy { bug: Some(Bug::SpeaksBeforeDurable) };
    let failure = check.run(&toy, 0..100, |seed| generate::mix(seed, &Bounds::default()));
    let failure = failure.expect_err("the bug is found");
    assert!(failure.size() < failure.first_size, "it shrinks");
    let text = failure.to_string();
    for part in
        ["violated after", "written is kept", "n1 submit", "quorate plan 1", "SIM_PLAN=FILE cargo test"]
    {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let again = run(&toy, &failure.plan.to_string().parse().expect("what is printed is a plan"));
    assert_eq!(again.verdict, *failure.verdict());
}

#[test]
fn one_thread_or_more_find_the_same() {
    let find = |threads| {
        let check = Check { threads, environment: false, shrink_runs: 0, ..Check::default() };
        let toy = Toy { bug: Some(Bug::Panics) };
        let failure = check.run(&toy, 0..100, |seed| generate::mix(seed, &Bounds::default()));
        failure.expect_err("the bug is found").seed
    };
    assert_eq!(find(1), find(2));
    assert_eq!(find(1), find(7));
}

#[test]
fn commands_go_where_the_plan_says() {
    let plan = plan("nodes 2\ncommand 1ms n2 0\n");
    assert_eq!((plan.commands[0].node, plan.commands[0].at), (NodeId(2), Time::from_nanos(1_000_000)));
    let report = run_traced(&Toy::default(), &plan, 10);
    assert!(report.trace.iter().any(|line| line.contains("n2 submit 1 100") && line.contains("Refused")));
}

//! Simulated registers: the whole one passes under every generator, and the runs have met every fault there is.

mod toy;

use quorate_machine::{NodeId, Time};
use quorate_sim::{
    Bounds, Check, Observer, Plan, Report, Run, Step, Verdict, View, check, generate, replay_corpus, run,
    run_recorded,
};
use toy::{Toy, broken::Bug};

#[test]
fn the_corpus_passes() {
    let tally = replay_corpus(&Toy::default(), concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus"));
    let tally = tally.unwrap_or_else(|error| panic!("{error}"));
    assert!(tally.plans > 0, "the corpus is there");
}

#[test]
fn the_register_survives_every_generator() {
    let bounds = Bounds { subsets: true, ..Bounds::default() };
    let tally = check(&Toy::default(), 0..4_000, |seed| generate::mix(seed, &bounds));
    let tally = tally.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{tally}");
    let rare = ["stray", "damage_missed"];
    let unmet = tally.counters.iter().filter(|(name, count)| *count < 40 && !rare.contains(name));
    assert_eq!(unmet.collect::<Vec<_>>(), [], "faults that (almost) never happened prove nothing");
    assert_eq!(tally.marks.missed(), Vec::<&str>::new(), "nor do plans that never get there");
}

/// Without crashes no node goes on with anything: such a suite has to be told from one that has looked.
#[test]
fn a_mark_that_no_run_hits_is_missed() {
    let tally = check(&Toy::default(), 0..50, |seed| generate::calm(seed, &Bounds::default()));
    let tally = tally.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(tally.marks.missed(), ["a node went on with what it had stored"]);
    assert!(tally.to_string().contains("a write was refused"));
}

fn play(report: &Report) -> Vec<String> {
    report.recording.play(usize::MAX)
}

fn plan(text: &str) -> Plan {
    format!("quorate plan 2\n{text}").parse().expect("this is a plan")
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
    let report = run_recorded(&Toy::default(), &plan(cut), 1_000);
    let written =
        play(&report).into_iter().find(|line| line.contains("emit Written")).expect("written in the end");
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
    let report = run_recorded(&Toy::default(), &plan(paused), 1_000);
    let first = |node: &str| {
        let line = play(&report)
            .into_iter()
            .find(|line| line.contains(&format!("{node} <- n1")))
            .expect("a message");
        line.trim_start().split('.').next().map(str::to_owned)
    };
    assert_eq!((first("n2").as_deref(), first("n3").as_deref()), (Some("1000"), Some("2000")));
}

#[test]
fn a_clog_delivers_late_and_a_jump_wakes_early() {
    let report = run_recorded(
        &Toy::default(),
        &plan("nodes 2\nliveness 0s\nsafety 2s\nfault at 0ns: clog n1 -> n2 for 1s\ncommand 1ms n1 0\n"),
        1_000,
    );
    let first = play(&report).into_iter().find(|line| line.contains("n2 <- n1")).expect("a message");
    assert!(first.trim_start().starts_with("1000."), "{first}");
    let wakes = |text: &str| {
        let report = run_recorded(&Toy::default(), &plan(text), 1_000);
        play(&report).into_iter().filter(|line| line.contains("n1 wake")).count()
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
    let report = run_recorded(&Toy::default(), plan, 10_000);
    assert_eq!(report.verdict, Verdict::Passed);
    let core = play(&report).into_iter().find(|line| line.contains("the core")).expect("a liveness phase");
    (core.clone(), play(&report).into_iter().filter(|line| line.contains(text)).count())
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
    assert!(failure.after.commands < failure.before.commands, "it shrinks");
    assert!(failure.report.recording.play(usize::MAX).len() <= 30, "it is read on one screen");
    let text = failure.to_string();
    for part in
        ["violated after", "written is kept", "n1 submit", "quorate plan 2", "SIM_PLAN=FILE cargo test -p"]
    {
        assert!(text.contains(part), "{part} is missing from\n{text}");
    }
    let again = run(&toy, &failure.plan.to_string().parse().expect("what is printed is a plan"));
    assert_eq!(again.verdict, *failure.verdict());
}

#[test]
fn a_failure_leaves_its_plan_in_a_file_and_one_command_replays_it() {
    let toy = Toy { bug: Some(Bug::AnswersTwice) };
    let failure = check(&toy, 0..100, |seed| generate::mix(seed, &Bounds::default()));
    let failure = failure.expect_err("the bug is found");
    let command = failure.replay.strip_prefix("SIM_PLAN=").expect("a file");
    let (file, command) = command.split_once(" cargo ").expect("and a command");
    let plan = std::fs::read_to_string(file.trim_matches('\'')).expect("the file is there");
    assert_eq!(plan.parse().as_ref(), Ok(&failure.plan));
    let test = "a_failure_leaves_its_plan_in_a_file_and_one_command_replays_it";
    assert_eq!(command, format!("test -p quorate-sim {test}"));
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
    let report = run_recorded(&Toy::default(), &plan, 10);
    assert!(
        play(&report).into_iter().any(|line| line.contains("n2 submit 1 100") && line.contains("Refused"))
    );
}

#[test]
fn a_full_disk_ends_the_process_until_there_is_space() {
    let report = run_recorded(
        &Toy::default(),
        &plan("safety 3s\nfault at 0ns: full n2 for 1s\ncommand 1ms n1 0\ncommand 2s n1 1\n"),
        1_000,
    );
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!((report.counters.filled, report.counters.restarts), (1, 1));
    let starts: Vec<_> = play(&report).into_iter().filter(|line| line.contains("n2 starts")).collect();
    assert!(starts.len() == 2 && starts[1].trim_start().starts_with("1000."), "{starts:?}");
}

#[test]
fn a_slow_disk_answers_late() {
    let synced = |text: &str| {
        let report = run_recorded(&Toy::default(), &plan(text), 1_000);
        let line = play(&report).into_iter().find(|line| line.contains("n1 synced")).expect("a sync");
        line.trim_start().split('.').next().and_then(|ms| ms.parse::<u64>().ok()).expect("a time")
    };
    assert!((2..5).contains(&synced("command 1ms n1 0\n")));
    assert!((402..405).contains(&synced("fault at 0ns: slow n1 by 400ms for 10ms\ncommand 1ms n1 0\n")));
}

#[test]
fn a_wiped_node_stays_down_and_the_others_go_on() {
    let report =
        run(&Toy::default(), &plan("fault at 500ms: wipe n3 down 10ms\ncommand 1ms n1 0\ncommand 2s n1 1\n"));
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!((report.counters.wipes, report.counters.restarts), (1, 0));
}

#[test]
fn to_destroy_more_than_a_minority_must_be_expected() {
    let two = "fault at 500ms: wipe n3 down 10ms\nfault at 600ms: wipe n2 down 10ms\ncommand 1ms n1 0\n";
    let verdict = |text: &str| run(&Toy::default(), &plan(text)).verdict;
    let unrecoverable = verdict(two);
    assert!(matches!(unrecoverable, Verdict::Unrecoverable { .. }), "{unrecoverable}");
    let check = Check { environment: false, ..Check::default() };
    assert!(check.run_plan(&Toy::default(), &plan(two)).is_err(), "the plan does not say so");
    assert!(check.run_plan(&Toy::default(), &plan(&format!("{two}expect unrecoverable\n"))).is_ok());
    let survived = verdict("command 1ms n1 0\nexpect unrecoverable\n");
    assert_eq!(survived.invariant(), Some("recoverable"), "{survived}");
}

/// Three versions on every disk, then damage, then a restart.
fn damaged(damage: &str, seed: u64) -> Report {
    let text = "command 1ms n1 0\ncommand 200ms n1 1\ncommand 400ms n1 2\nsafety 2s\n";
    let crash = "fault at 1s: crash n2 down 10ms lose all\n";
    run(&Toy::default(), &plan(&format!("seed {seed}\n{text}fault at 900ms: {damage} n2\n{crash}")))
}

#[test]
fn damage_of_what_was_synced_keeps_the_node_down() {
    for damage in ["rot", "misdirect"] {
        let reports: Vec<_> = (0..60).map(|seed| damaged(damage, seed)).collect();
        assert!(reports.iter().all(|report| report.verdict == Verdict::Passed), "{damage}");
        let noticed: u64 = reports.iter().map(|report| report.counters.damage_noticed).sum();
        let missed: u64 = reports.iter().map(|report| report.counters.damage_missed).sum();
        let back: u64 = reports.iter().map(|report| report.counters.restarts).sum();
        println!("{damage}: {noticed} noticed, {missed} missed, {back} without effect");
        assert!(noticed > 10 && noticed + missed + back == 60);
    }
}

#[test]
fn a_torn_write_loses_a_suffix_and_lost_pages_too() {
    for loss in ["torn", "pages"] {
        let lost = (0..60).map(|seed| {
            let crash = format!("fault after n1 persist 1: crash it down 100ms lose {loss}\n");
            let report = run(&Toy::default(), &plan(&format!("seed {seed}\n{crash}command 1ms n1 0\n")));
            assert_eq!(report.verdict, Verdict::Passed);
            report.counters.records_lost
        });
        let lost: u64 = lost.sum();
        assert!((10..=60).contains(&lost), "{loss}: {lost} of 60 lost");
    }
}

#[test]
fn what_noise_has_damaged_is_thrown_away() {
    let report = run_recorded(
        &Toy::default(),
        &plan("link n1 -> n2: corruption 1000000ppm\nliveness 0s\ncommand 1ms n1 0\n"),
        1_000,
    );
    assert!(report.counters.corrupted > 3 && report.counters.corrupted < report.counters.sent);
    let lines = play(&report);
    assert!(lines.iter().any(|line| line.contains("(corrupt)")));
    assert!(!lines.iter().any(|line| line.contains("n2 <- n1")));
}

#[test]
fn a_run_can_do_without_its_history_and_be_watched() {
    struct Counts(u64, Option<Verdict>);

    impl Observer<Toy> for Counts {
        fn after(&mut self, _: &View<'_, Toy>, _: &Step<'_, Toy>) {
            self.0 += 1;
        }

        fn at_end(&mut self, _: &View<'_, Toy>, verdict: &Verdict) {
            self.1 = Some(verdict.clone());
        }
    }

    let plan = plan("command 1ms n1 0\n");
    let (toy, mut counts) = (Toy::default(), Counts(0, None));
    let report = Run::new(&toy, &plan).without_history().observed(&mut counts).go();
    assert_eq!(report.fingerprint, run(&toy, &plan).fingerprint);
    assert_eq!((counts.0, counts.1), (report.events + 3, Some(Verdict::Passed)), "three nodes start");
}

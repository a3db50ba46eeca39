//! No invariant and no law counts until a seeded bug has turned it red: every one of them is named here beside the
//! bug that it catches. `cargo test -p quorate-sim --test seeded_bugs -- --nocapture` prints the tables.

mod toy;

use core::time::Duration;

use quorate_sim::{
    Bounds, Check, Plan, Shrunk, Size, Verdict, generate,
    hunt::{Bag, Catch, Generator, Hunt, Hunted, Seeded},
    laws, run, shrink,
};
use toy::{
    Toy,
    broken::{BUGS, Bug},
    mute::Mute,
};

/// Which invariant must catch the bug in simulated runs, and within how many seeds of the mix.
const BY_INVARIANT: [(Bug, &str, u64); 16] = [
    (Bug::SendsBeforeDurable, "written is kept", 2_000),
    (Bug::SpeaksBeforeDurable, "written is kept", 200),
    (Bug::CountsTwice, "written is kept", 200),
    (Bug::WritesReset, "versions rise", 200),
    (Bug::WritesNonsense, "every record folds", 200),
    (Bug::ForgetsImage, "recovery equals the fold", 200),
    (Bug::RefusesImage, "every image recovers", 200),
    (Bug::CheckpointsHalf, "checkpoint equals the fold", 200),
    (Bug::Spins, "deadline moves", 200),
    (Bug::Crawls, "time moves on", 200),
    (Bug::AnswersTwice, "one answer per command", 200),
    (Bug::NeverAnswers, "one answer per command", 200),
    (Bug::NeverResends, "one answer per command", 200),
    (Bug::Panics, "no panic", 200),
    (Bug::Impure, "deterministic", 200),
    (Bug::WritesToItself, "no message to itself", 200),
];

const fn toy(bug: Bug) -> Toy {
    Toy { bug: Some(bug) }
}

fn by_invariant() -> impl Iterator<Item = Seeded<'static>> {
    BY_INVARIANT.into_iter().map(|(bug, invariant, seeds)| {
        let seeded = Seeded::in_plans(format!("{bug:?}"), toy(bug)).by(invariant).within(seeds);
        // Where wakes come late it does not crawl but walk, through millions of steps that nobody objects to.
        let seeded = if bug == Bug::Crawls { seeded.only_with("mix").times(1) } else { seeded };
        // If the checkpoint is first to fold, the image has not gone back yet.
        if bug == Bug::WritesReset { seeded.by("checkpoint equals the fold") } else { seeded }
    })
}

fn by_law() -> Vec<Seeded<'static>> {
    macro_rules! by_law {
        ($($law:ident: $($bug:ident),+;)+) => {
            vec![$($(
                Seeded::by_law(stringify!($bug), toy(Bug::$bug), stringify!($law), laws::$law),
            )+)+]
        };
    }
    by_law! {
        deterministic: Impure;
        forks_identically: Shares;
        shifts_with_time: ReadsTheClock;
        total_on_garbage: Panics, WritesNonsense;
        bounded: Floods, WritesToItself;
        answers_once: AnswersTwice;
        early_wake_is_a_no_op: WakesEarly;
        due_wake_progresses: Spins;
        tickets_rise: ReusesTicket;
        foreign_persisted_is_harmless: BelievesAnyTicket;
        recovery_equals_the_fold: ForgetsImage, RefusesImage;
        checkpoint_equals_the_fold: CheckpointsHalf, WritesReset;
        refuses_bad_configs: AcceptsAnything, AcceptsNoPause;
        duplicates_are_harmless: CountsMessages;
        nothing_leaks_before_its_ticket: SpeaksBeforeDurable, SendsBeforeDurable;
        round_trips: EncodesShort;
        golden_bytes: EncodesAnew;
        bounded_state: Hoards;
        accepted_configs_are_total: AcceptsNoPause;
        commutes_with_renaming: LooksDown;
        decides_without_its_seed: TossesACoin;
    }
}

#[test]
fn what_nobody_can_read_is_caught() {
    for (shown, why) in
        [("", "prints nothing"), ("two\nlines", "more than one line"), (&"long".repeat(9_999), "bytes")]
    {
        let broken =
            laws::prove("prints_in_a_line", &Mute { shown: shown.to_owned() }, laws::prints_in_a_line);
        let Err(broken) = broken else { panic!("{shown:?} survives") };
        assert!(broken.why.contains(why), "{broken}");
    }
    let spoken = Mute { shown: "a message".to_owned() };
    assert_eq!(laws::prove("prints_in_a_line", &spoken, laws::prints_in_a_line), Ok(()));
}

#[test]
fn every_invariant_and_every_law_catches_its_bug() {
    let mute = Seeded::by_law(
        "PrintsNothing",
        Mute { shown: String::new() },
        "prints_in_a_line",
        laws::prints_in_a_line,
    );
    let bugs: Vec<_> = by_invariant().chain(by_law()).chain([mute]).collect();
    let bounds = Bounds::default();
    let hunted = Hunt::default().run(&bugs, &Generator::all(&bounds));
    let hunted = hunted.unwrap_or_else(|escaped| panic!("{escaped}"));
    println!("{hunted}");
    for (row, (_, invariant, _)) in hunted.rows().iter().zip(BY_INVARIANT) {
        assert_eq!(row.bag("mix").map(|bag| bag.missed), Some(0), "the mix finds {} every time", row.bug);
        let by = [Catch::Violated(invariant), Catch::Stuck(invariant)];
        assert!(by.iter().any(|by| row.caught().contains_key(by)), "{row}: never by {invariant}");
    }
    let unhunted = BUGS.iter().filter(|bug| !hunted.rows().iter().any(|row| row.bug == format!("{bug:?}")));
    assert_eq!(unhunted.collect::<Vec<_>>(), [] as [&Bug; 0]);
}

#[test]
fn without_its_bug_the_toy_is_whole() {
    // The wrapper itself changes nothing: what the tables above catch is the bug.
    let check = Check { environment: false, ..Check::default() };
    let bounds = Bounds::default();
    assert!(check.run(&Toy::default(), 0..500, |seed| generate::mix(seed, &bounds)).is_ok());
}

#[test]
fn what_escapes_is_named() {
    let bounds = Bounds::default();
    let generators = [Generator::new("calm", |seed| generate::calm(seed, &bounds))];
    let bugs = [
        Seeded::in_plans("none", Toy::default()),
        Seeded::in_plans("another", toy(Bug::WritesNonsense)).by("written is kept"),
        Seeded::in_plans("stuck", toy(Bug::NeverAnswers)).by("stuck"),
        Seeded::by_law("lawful", Toy::default(), "deterministic", laws::deterministic),
        Seeded::by_story("untold", "a story that ends well", || false),
        Seeded::by_story("told", "a story that ends badly", || true),
        Seeded::by_story("broken", "a story that does not end", || panic!("half way")),
    ];
    let escaped = Hunt { seeds: 50, ..Hunt::default() }.run(&bugs, &generators).expect_err("most of them");
    assert_eq!(escaped.survived, ["none", "lawful", "untold"]);
    let others = [
        ("another".to_owned(), Catch::Violated("every record folds")),
        ("broken".to_owned(), Catch::Panicked("half way".to_owned())),
    ];
    assert_eq!(escaped.otherwise, others);
    for line in
        ["none survives", "another is caught by something else: every record folds", "| `told` | story: a "]
    {
        assert!(escaped.to_string().contains(line), "{line} is missing from\n{escaped}");
    }
}

#[test]
fn hunts_find_the_same_on_any_number_of_threads_and_go_on_where_the_last_ended() {
    let bounds = Bounds::default();
    let generators = Generator::all(&bounds);
    let find = |threads, hunts| {
        // All but the one that draws on something outside.
        let bugs: Vec<_> = by_invariant().filter(|bug| bug.name() != "Impure").collect();
        let hunted = Hunt { threads, hunts, ..Hunt::default() }.run(&bugs, &generators);
        what(&hunted.unwrap_or_else(|escaped| panic!("{escaped}")))
    };
    let (once, more) = (find(1, 1), find(3, 4));
    assert_eq!(more, find(1, 4));
    for ((seeds, ..), (more, ..)) in once.iter().zip(&more) {
        assert!(more.starts_with(seeds), "{more:?} begins with {seeds:?}");
    }
}

/// All but the milliseconds.
type Found = (Vec<u64>, Vec<(Catch, usize)>, usize);

fn what(hunted: &Hunted) -> Vec<Found> {
    let bags = hunted.rows().iter().flat_map(|row| &row.bags);
    let caught = |bag: &Bag| bag.caught.iter().map(|(by, times)| (by.clone(), *times)).collect();
    bags.map(|bag| (bag.seeds.clone(), caught(bag), bag.missed)).collect()
}

/// How many failing plans of each bug are made smaller.
const SHRUNK: usize = 5;

#[test]
fn what_fails_becomes_small_and_fails_alike() {
    println!("| bug | faults | commands | nodes | rates | ms | runs |\n|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for (bug, ..) in BY_INVARIANT.into_iter().filter(|(bug, ..)| ![Bug::Impure, Bug::Crawls].contains(bug)) {
        let shrunk: Vec<_> = failing(bug).map(|plan| shrunk(bug, &plan)).take(SHRUNK).collect();
        println!("| `{bug:?}` | {} |", sizes(&shrunk));
        all.extend(shrunk);
    }
    println!("| all | {} |", sizes(&all));
}

fn sizes(shrunk: &[Shrunk]) -> String {
    let column = |size: fn(&Size) -> usize| {
        let before = mean(shrunk.iter().map(|shrunk| size(&shrunk.before)));
        format!("{before} → {}", mean(shrunk.iter().map(|shrunk| size(&shrunk.after))))
    };
    let columns = [
        column(|size| size.faults),
        column(|size| size.commands),
        column(|size| size.nodes.into()),
        column(|size| size.rates),
        column(|size| usize::try_from(size.virtual_time.as_millis()).unwrap_or(usize::MAX)),
        mean(shrunk.iter().map(|shrunk| usize::try_from(shrunk.runs).unwrap_or(usize::MAX))),
    ];
    columns.join(" | ")
}

/// To a tenth.
fn mean(all: impl ExactSizeIterator<Item = usize>) -> String {
    let count = all.len();
    let tenths = (all.sum::<usize>() * 20 / count).div_ceil(2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Plans with many faults that find the bug.
fn failing(bug: Bug) -> impl Iterator<Item = Plan> {
    let plans = (0..100_000).map(|seed| generate::targeted(seed, &Bounds::default()));
    plans.filter(move |plan| plan.faults.len() >= 8 && !run(&toy(bug), plan).verdict.is_passed())
}

fn shrunk(bug: Bug, plan: &Plan) -> Shrunk {
    let verdict = run(&toy(bug), plan).verdict;
    let shrunk = shrink(&toy(bug), plan, &verdict, 2_000);
    let again = run(&toy(bug), &shrunk.plan);
    assert_eq!(again.verdict.invariant(), verdict.invariant(), "{bug:?}: {}", shrunk.plan);
    assert_eq!(shrunk.plan.to_string().parse().as_ref(), Ok(&shrunk.plan));
    assert_eq!((Size::of(plan), Size::of(&shrunk.plan)), (shrunk.before, shrunk.after));
    assert!(shrunk.runs <= 2_000 && shrunk.after.faults <= shrunk.before.faults);
    shrunk
}

#[test]
fn a_plan_that_passes_is_not_made_smaller() {
    let plan = generate::mix(3, &Bounds::default());
    assert!(run(&Toy::default(), &plan).verdict.is_passed());
    for verdict in [Verdict::Passed, Verdict::Stuck { invariant: "at rest", why: String::new() }] {
        let shrunk = shrink(&Toy::default(), &plan, &verdict, 100);
        assert_eq!((&shrunk.plan, shrunk.after), (&plan, shrunk.before));
        assert_eq!(shrunk.after.virtual_time, Duration::from_secs(13));
    }
}

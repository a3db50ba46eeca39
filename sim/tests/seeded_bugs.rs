//! No invariant and no law counts until a seeded bug has turned it red: every one of them is named here beside the
//! bug that it catches.

mod toy;

use quorate_sim::{Bounds, Check, generate, laws};
use toy::{
    Toy,
    broken::{BUGS, Bug},
    mute::Mute,
};

/// Which invariant must catch the bug in simulated runs, and within how many seeds.
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

#[test]
fn every_invariant_catches_its_bug() {
    for (bug, invariant, seeds) in BY_INVARIANT {
        let check = Check { environment: false, ..Check::default() };
        let bounds = Bounds::default();
        let failure = check.run(&Toy { bug: Some(bug) }, 0..seeds, |seed| generate::mix(seed, &bounds));
        let Err(failure) = failure else { panic!("{bug:?} survives {seeds} seeds") };
        assert_eq!(failure.verdict().invariant(), Some(invariant), "{bug:?}: {failure}");
        println!("{bug:?}: {invariant}, seed {}, from {} to {}", failure.seed, failure.before, failure.after);
    }
}

#[test]
fn every_law_catches_its_bug() {
    macro_rules! by_law {
        ($($law:ident: $($bug:ident),+;)+) => {
            $($(
                let toy = Toy { bug: Some(Bug::$bug) };
                let broken = laws::prove(stringify!($law), &toy, laws::$law);
                let Err(broken) = broken else { panic!("{} survives {}", stringify!($bug), stringify!($law)) };
                println!("{:?}: {broken}", toy.bug);
            )+)+
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
fn without_its_bug_the_toy_is_whole() {
    // The wrapper itself changes nothing: what the tables above catch is the bug.
    assert_eq!(BUGS.len(), 30);
    let check = Check { environment: false, ..Check::default() };
    let bounds = Bounds::default();
    assert!(check.run(&Toy::default(), 0..500, |seed| generate::mix(seed, &bounds)).is_ok());
}

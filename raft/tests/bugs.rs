//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-raft --test bugs`.
#![cfg(quorate_bugs)]

mod cluster;
mod draw;
#[path = "paper/lab.rs"]
mod lab;
mod samples;
#[path = "cluster/script.rs"]
mod script;
#[path = "paper/stories.rs"]
mod stories;

use std::{collections::BTreeSet, panic};

use cluster::Cluster;
use quickcheck::Gen;
use quorate_raft::Bug;
use quorate_sim::{
    hunt::{Bag, Generator, Hunt, Row, Seeded},
    laws::{self, Finding},
};
use stories::Adjust;

/// What must catch a bug.
#[derive(Clone, Copy)]
enum By {
    /// Simulated clusters.
    Plans,
    /// A law of machines, under random inputs.
    Law(&'static str, fn(&Cluster, &mut Gen) -> Result<Finding, String>),
    /// A story that makes a rare coincidence happen, or tells what costs nothing but time.
    Story(&'static str, fn(Adjust<'_>) -> bool),
}

macro_rules! law {
    ($law:ident) => {
        By::Law(stringify!($law), laws::$law)
    };
}

macro_rules! story {
    ($story:ident) => {
        By::Story(stringify!($story), stories::$story)
    };
}

/// Each bug, its number in the list of classic mistakes (README), — if it is not there, and all that must catch it.
const TABLE: &[(Bug, &str, &[By])] = &[
    (Bug::VoteNotPersisted, "M03", &[By::Plans]),
    (Bug::VoteBeforeDurable, "M04", &[By::Plans]),
    (Bug::VoteIgnoresTerm, "M01", &[By::Plans]),
    (Bug::VoteIgnoresIndex, "M02", &[By::Plans]),
    (Bug::TermKeepsVote, "M05", &[By::Plans]),
    (Bug::StepDownForgetsVote, "M06", &[By::Plans]),
    (Bug::TermNotPersisted, "M12", &[By::Plans]),
    (Bug::IgnoresHigherTerm, "—", &[By::Plans]),
    (Bug::LastTermRepeats, "M67", &[law!(total_on_garbage)]),
    (Bug::VotesDespiteLeader, "—", &[By::Plans]),
    (Bug::ElectedByHalf, "M19", &[By::Plans]),
    (Bug::CountsStaleAnswers, "M07", &[By::Plans]),
    (Bug::AckBeforeDurable, "M11", &[By::Plans]),
    (Bug::LeaderCountsItselfEarly, "M10", &[By::Plans]),
    (Bug::CountsReplacedWrites, "M15", &[By::Plans]),
    (Bug::CountsEveryTicket, "M16", &[By::Plans]),
    (Bug::CommitsByHalf, "M19", &[By::Plans]),
    (Bug::CountsOnlyAnswers, "M20", &[By::Plans]),
    (Bug::CommitsOlderTerm, "M08", &[By::Plans, story!(figure_8_c_commits_nothing)]),
    (Bug::CommitsUnverified, "M09", &[By::Plans]),
    (Bug::TruncatesOnOverlap, "M13", &[By::Plans]),
    (Bug::KeepsConflict, "M14", &[By::Plans]),
    (Bug::DeliversBeforeDurable, "M35", &[By::Plans]),
    (Bug::IndexOverflows, "M67", &[story!(the_last_place_is_never_taken)]),
    (Bug::MatchRegresses, "M17", &[story!(a_late_answer_takes_nothing_back)]),
    (Bug::NextFallsBehindMatch, "M18", &[By::Plans]),
    (Bug::WindowStaysFull, "M52", &[By::Plans]),
    (Bug::NeverLeavesProbe, "M53", &[story!(a_proposal_waits_for_no_heartbeat)]),
    (Bug::NeverSendsAgain, "M56", &[By::Plans]),
    (Bug::InstallsOldSnapshot, "M32", &[By::Plans]),
    (Bug::SnapshotKeepsConflict, "M30", &[By::Plans]),
    (Bug::SnapshotLowersTerm, "M31", &[By::Plans]),
    (Bug::SnapshotBeforeDurable, "M33", &[By::Plans]),
    (Bug::CompactsUndelivered, "M34", &[story!(a_snapshot_of_the_future_is_refused)]),
    (Bug::TransferNeverRetries, "M54", &[By::Plans]),
    (Bug::CompactedLeaderIsMute, "M55", &[By::Plans]),
    (Bug::ReadsUnconfirmed, "M38", &[By::Plans, story!(a_deposed_leader_answers_no_read)]),
    (Bug::ReadsBeforeOwnTerm, "M37", &[By::Plans]),
    (Bug::ReadsJoinEarlierRound, "M38", &[By::Plans, story!(an_earlier_round_confirms_no_later_read)]),
    (Bug::ReadsMistakeLives, "M36", &[By::Plans, story!(an_answer_to_a_former_life_is_no_answer)]),
    (Bug::ForwardsTwice, "—", &[By::Plans]),
    (Bug::ForwardsMistakeLives, "M60", &[story!(a_new_life_may_forward_again)]),
    (Bug::SettlesByIndex, "M59", &[By::Plans]),
    (Bug::PreVoteRaisesTerm, "M43", &[By::Plans]),
    (Bug::PreVoteHidesTerm, "M44", &[story!(a_longer_log_in_a_lower_term_is_elected)]),
    (Bug::PreVoteIgnoresLog, "M45", &[By::Plans]),
    (Bug::CandidateIgnoresPreVote, "M46", &[story!(a_candidate_lets_another_go_first)]),
    (Bug::RefusesOwnLeader, "M47", &[story!(a_restarted_leader_is_elected_again)]),
    (Bug::AppendKeepsTimer, "M48", &[By::Plans]),
    (Bug::RefusalResetsTimer, "M49", &[By::Plans]),
    (Bug::TimeoutDrawnOnce, "M50", &[By::Plans]),
    (Bug::NeverAbdicates, "M51", &[By::Plans]),
    (Bug::IgnoresStalledDisk, "M65", &[By::Plans]),
    (Bug::StrangersPanic, "M66", &[law!(total_on_garbage)]),
    (Bug::OrderLeaks, "M68", &[law!(deterministic)]),
];

#[test]
fn every_seeded_bug_is_in_the_table() {
    let listed: BTreeSet<_> = TABLE.iter().map(|(bug, ..)| *bug).collect();
    assert_eq!((listed.len(), TABLE.len()), (Bug::ALL.len(), Bug::ALL.len()));
}

#[test]
fn without_a_bug_every_story_ends_well() {
    for (bug, _, ways) in TABLE {
        for by in *ways {
            if let By::Story(name, story) = by {
                assert!(story(&|_| {}), "{name}, which is to catch {bug:?}");
            }
        }
    }
}

#[test]
fn every_seeded_bug_is_caught() {
    let rows = || TABLE.iter().flat_map(|(bug, number, ways)| ways.iter().map(move |by| (*bug, number, *by)));
    let bugs: Vec<_> = rows().map(|(bug, _, by)| by.seeded(bug)).collect();
    let hunted = Hunt { seeds: 20_000, hunts: 5, ..Hunt::default() }
        .run(&bugs, &[Generator::new("plans", cluster::plans::plan)])
        .unwrap_or_else(|escaped| panic!("{escaped}"));
    println!(
        "| bug | number | caught by (times) | first seed | median seeds | ms |\n|---|---|---|---|---|---|"
    );
    for (row, (_, number, _)) in hunted.rows().iter().zip(rows()) {
        println!("{}", line(row, number));
    }
}

impl By {
    fn seeded(self, bug: Bug) -> Seeded<'static> {
        let (name, cluster) = (format!("{bug:?}"), Cluster { bug: Some(bug) });
        match self {
            Self::Plans => Seeded::in_plans(name, cluster),
            Self::Law(law, holds) => Seeded::by_law(name, cluster, law, holds),
            Self::Story(story, ends_well) => Seeded::by_story(name, story, move || {
                // A story that cannot be told to its end does not end well.
                !panic::catch_unwind(|| ends_well(&|config| config.bug = Some(bug))).unwrap_or(false)
            }),
        }
    }
}

/// One line of the table in the README.
fn line(row: &Row, number: &str) -> String {
    let caught: Vec<_> = row.caught().into_iter().map(|(by, times)| format!("{by} ({times})")).collect();
    let plans = row.bag("plans");
    let shown = |number: Option<String>| number.unwrap_or_default();
    let first = shown(plans.and_then(|bag| Some((bag.seeds.first()? - 1).to_string())));
    let seeds = shown(plans.and_then(Bag::median_seeds).map(|seeds| seeds.to_string()));
    let millis = shown(plans.and_then(Bag::median_took).map(|took| took.as_millis().to_string()));
    format!("| `{}` | {number} | {} | {first} | {seeds} | {millis} |", row.bug, caught.join(", "))
}

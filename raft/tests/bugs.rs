//! Every seeded bug is caught: `RUSTFLAGS="--cfg quorate_bugs" cargo test -p quorate-raft --test bugs`.
#![cfg(quorate_bugs)]
#![expect(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, or why it failed")]

mod cluster;
#[path = "paper/lab.rs"]
mod lab;
#[path = "paper/stories.rs"]
mod stories;

use std::{collections::BTreeMap, panic, thread};

use cluster::Cluster;
use quorate_raft::{Bug, Config, Index};
use quorate_sim::{Verdict, run};

/// How many plans a bug may survive.
const SEEDS: u64 = 20_000;
/// How often each bug is hunted, from where the last hunt has ended.
const HUNTS: usize = 9;

/// What the hunts for one bug came to.
#[derive(Default)]
struct Bag {
    caught: BTreeMap<String, usize>,
    first: u64,
    needed: Vec<u64>,
}

#[test]
fn every_seeded_bug_is_caught() {
    the_stories_catch_their_bugs();
    // An assertion that a bug breaks is how it is caught, not news.
    let loud = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let (front, back) = Bug::ALL.split_at(Bug::ALL.len() / 2);
    let bags: Vec<Bag> = thread::scope(|scope| {
        let other = scope.spawn(|| back.iter().map(|bug| hunt(*bug)).collect::<Vec<_>>());
        let mut bags: Vec<_> = front.iter().map(|bug| hunt(*bug)).collect();
        bags.extend(other.join().expect("hunting does not panic"));
        bags
    });
    panic::set_hook(loud);

    println!("| bug | caught by (times) | hunts | first seed | median seeds |\n|---|---|---|---|---|");
    for (bug, bag) in Bug::ALL.iter().zip(&bags) {
        println!("| `{bug:?}` | {bag} |");
    }
    let survivors: Vec<_> =
        Bug::ALL.iter().zip(&bags).filter(|(_, bag)| bag.needed.is_empty()).map(|(bug, _)| bug).collect();
    assert!(survivors.is_empty(), "never caught in {SEEDS} plans: {survivors:?}");
}

fn hunt(bug: Bug) -> Bag {
    let cluster = Cluster { bug: Some(bug) };
    let (mut bag, mut start) = (Bag::default(), 0);
    while bag.needed.len() < HUNTS {
        let caught = (start..start + SEEDS).find_map(|seed| Some((seed, catch(&cluster, seed)?)));
        let Some((seed, name)) = caught else { break };
        if bag.needed.is_empty() {
            bag.first = seed;
        }
        *bag.caught.entry(name).or_default() += 1;
        bag.needed.push(seed - start + 1);
        start = seed + 1;
    }
    bag.needed.sort_unstable();
    bag
}

fn catch(cluster: &Cluster, seed: u64) -> Option<String> {
    match run(cluster, &cluster::plans::plan(seed)).verdict {
        Verdict::Passed => None,
        Verdict::Violated { invariant, .. } => Some(invariant.to_owned()),
        Verdict::Stuck { .. } => Some("stuck".to_owned()),
        Verdict::Unrecoverable { .. } => None,
    }
}

impl std::fmt::Display for Bag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names: Vec<_> = self.caught.iter().collect();
        names.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
        let names: Vec<_> = names.into_iter().map(|(name, times)| format!("{name} ({times})")).collect();
        let median = self.needed.get(self.needed.len() / 2).copied().unwrap_or_default();
        write!(f, "{} | {} of {HUNTS} | {} | {median}", names.join(", "), self.needed.len(), self.first)
    }
}

/// Two of them need a rare coincidence; the paper tells the story that makes it happen.
fn the_stories_catch_their_bugs() {
    let with = |bug| move |config: &mut Config| config.bug = Some(bug);
    assert!(stories::a_deposed_leader_answers_a_read(with(Bug::ReadsUnconfirmed)));
    assert!(stories::figure_8(with(Bug::CommitsOlderTerm)).status(lab::id(1)).committed >= Index(2));
    assert!(!stories::a_deposed_leader_answers_a_read(|_| {}));
    assert!(stories::figure_8(|_| {}).status(lab::id(1)).committed < Index(2));
}

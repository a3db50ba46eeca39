//! Hunts seeded bugs: how soon which generator finds them, and what they are caught by.
//!
//! Tests that have never failed prove little. So a machine is given one classic mistake at a time, and each must be
//! caught: by an invariant or as stuck in simulated runs, by a [law](crate::laws), or by a directed story.
//!
//! ```
//! # #[path = "../../../machine/examples/register.rs"]
//! # mod register;
//! # use quorate_machine::{NodeId, Rng, Tag};
//! # use quorate_sim::{Plan, Subject};
//! # use register::{Config, Event, Register};
//! # struct Toy { impatient: bool }
//! # impl Subject for Toy {
//! #     type Machine = Register;
//! #     type App = ();
//! #     fn config(&self, id: NodeId, plan: &Plan, _: &()) -> Config {
//! #         let members = (1..=u64::from(plan.nodes)).map(NodeId).collect();
//! #         let after = if self.impatient { 0 } else { 50 };
//! #         Config { id, writer: NodeId(1), members, resend_after: std::time::Duration::from_millis(after) }
//! #     }
//! #     fn app(&self, _: NodeId, _: &Plan) {}
//! #     fn command(&self, k: u64, _: &mut Rng) -> u64 { 100 + k }
//! #     fn tag_of(&self, event: &Event) -> Option<Tag> {
//! #         match event { Event::Written { tag, .. } | Event::Refused { tag, .. } => Some(*tag) }
//! #     }
//! # }
//! use quorate_sim::{Bounds, hunt::{Generator, Hunt, Seeded}};
//!
//! let bugs = [Seeded::in_plans("resends at once", Toy { impatient: true }).by("deadline moves")];
//! match (Hunt { seeds: 200, ..Hunt::default() }).run(&bugs, &Generator::all(&Bounds::default())) {
//!     Ok(hunted) => println!("{hunted}"), // the tables
//!     Err(escaped) => panic!("{escaped}"), // which bugs survived
//! }
//! ```

mod bag;
mod table;

use core::{
    fmt, iter,
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicUsize, Ordering},
};
use std::{
    panic::{catch_unwind, resume_unwind},
    thread,
    time::Instant,
};

use quickcheck::Gen;

pub use crate::runner::hunt::{
    bag::{Bag, Catch},
    table::{Escaped, Hunted, Row},
};
use crate::{
    generate::{self, Bounds},
    laws::{self, Finding},
    plan::Plan,
    report::Verdict,
    run::{message, run},
    runner::{check::NOT_DETERMINISTIC, quiet::quietly},
    subject::Subject,
};

/// How long bugs are hunted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunt {
    /// How many plans of one generator a hunt tries, for bugs that do not say it [themselves](Seeded::within).
    pub seeds: u64,
    /// How often bugs that do not say it [themselves](Seeded::times) are hunted with each generator. Each hunt goes on
    /// from the seed where the last has ended.
    pub hunts: usize,
    /// After how many hunts in vain a generator is given up for a bug; at least 1.
    pub misses_max: usize,
    /// How many threads share the work. What is found does not depend on it.
    pub threads: usize,
}

impl Default for Hunt {
    /// Nine hunts of at most 2,000 plans, until one is in vain, on two threads.
    fn default() -> Self {
        Self { seeds: 2_000, hunts: 9, misses_max: 1, threads: 2 }
    }
}

/// A generator of plans, by name.
pub struct Generator<'a> {
    name: String,
    plan: Box<dyn Fn(u64) -> Plan + Sync + 'a>,
}

impl<'a> Generator<'a> {
    /// A generator: a function of the seed.
    pub fn new(name: impl Into<String>, plan: impl Fn(u64) -> Plan + Sync + 'a) -> Self {
        Self { name: name.into(), plan: Box::new(plan) }
    }

    /// Those of [`generate`](crate::generate).
    pub fn all(bounds: &'a Bounds) -> Vec<Self> {
        let named = |name, plan: fn(u64, &Bounds) -> Plan| Self::new(name, move |seed| plan(seed, bounds));
        vec![
            named("calm", generate::calm),
            named("uniform", generate::uniform),
            named("swarm", generate::swarm),
            named("targeted", generate::targeted),
            named("swizzle", generate::swizzle),
            named("priority", generate::priority),
            named("ladder", generate::ladder),
            named("mix", generate::mix),
        ]
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Generator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A seeded bug: the subject that has it, and how it must be caught.
pub struct Seeded<'a> {
    name: String,
    by: Vec<&'static str>,
    seeds: Option<u64>,
    hunts: Option<usize>,
    only: Vec<&'static str>,
    way: Way<'a>,
}

enum Way<'a> {
    Plans(Box<Look<'a>>),
    Once { how: Catch, look: Box<LookOnce<'a>> },
}

/// Runs the plan, twice if so told, and says what was caught.
type Look<'a> = dyn Fn(&Plan, bool) -> Option<Catch> + Sync + 'a;
/// Says whether the bug was caught and, where there are seeds, how many it took.
type LookOnce<'a> = dyn Fn() -> Option<Option<u64>> + Sync + 'a;

impl<'a> Seeded<'a> {
    /// To be caught in simulated runs of the subject.
    pub fn in_plans<S: Subject + 'a>(name: impl Into<String>, subject: S) -> Self {
        Self::new(name, Way::Plans(Box::new(move |plan, twice| catch(&subject, plan, twice))))
    }

    /// To be caught by one of the [laws](crate::laws) of the subject.
    pub fn by_law<S: Sync + 'a>(
        name: impl Into<String>,
        subject: S,
        law: &'static str,
        holds: impl Fn(&S, &mut Gen) -> Result<Finding, String> + Sync + 'a,
    ) -> Self {
        let look = move || {
            let broken = laws::prove(law, &subject, &holds).err()?;
            Some(Some(broken.seed.saturating_add(1)))
        };
        Self::new(name, Way::Once { how: Catch::Law(law), look: Box::new(look) })
    }

    /// To be caught by a story that says whether it was. Check as well that it catches nothing in a sound subject.
    pub fn by_story(
        name: impl Into<String>,
        story: &'static str,
        caught: impl Fn() -> bool + Sync + 'a,
    ) -> Self {
        let look = move || caught().then_some(None);
        Self::new(name, Way::Once { how: Catch::Story(story), look: Box::new(look) })
    }

    fn new(name: impl Into<String>, way: Way<'a>) -> Self {
        Self { name: name.into(), by: Vec::new(), seeds: None, hunts: None, only: Vec::new(), way }
    }

    /// Demands that in simulated runs it is caught by this: the name of an invariant, or `stuck`. Several names are
    /// alternatives; without any, anything will do. Only a bug that `deterministic` may catch has its plans run twice.
    #[must_use]
    pub fn by(mut self, name: &'static str) -> Self {
        self.by.push(name);
        self
    }

    /// How many plans of one generator a hunt for this bug tries.
    #[must_use]
    pub fn within(mut self, seeds: u64) -> Self {
        self.seeds = Some(seeds);
        self
    }

    /// How often it is hunted with each generator.
    #[must_use]
    pub fn times(mut self, hunts: usize) -> Self {
        self.hunts = Some(hunts);
        self
    }

    /// Hunts it with the generator of this name, and with others named like this; without any, with all.
    #[must_use]
    pub fn only_with(mut self, generator: &'static str) -> Self {
        self.only.push(generator);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn is_hunted_with(&self, generator: &Generator<'_>) -> bool {
        self.only.is_empty() || self.only.contains(&generator.name())
    }
}

impl fmt::Debug for Seeded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, by, seeds, .. } = self;
        f.debug_struct("Seeded")
            .field("name", name)
            .field("by", by)
            .field("seeds", seeds)
            .finish_non_exhaustive()
    }
}

impl Hunt {
    /// Hunts every bug with every generator. Panics on the way are caught, and not printed.
    ///
    /// # Errors
    /// Which bugs survived every generator, or were caught by something else than what was demanded.
    pub fn run(&self, bugs: &[Seeded<'_>], generators: &[Generator<'_>]) -> Result<Hunted, Box<Escaped>> {
        let mut rows: Vec<_> = bugs.iter().map(|bug| Row::new(bug.name(), &bug.by)).collect();
        let jobs: Vec<_> =
            bugs.iter().enumerate().flat_map(|(row, bug)| self.jobs(row, bug, generators)).collect();
        for (job, bag) in self.share(&jobs) {
            if let Some(row) = jobs.get(job).and_then(|(row, _)| rows.get_mut(*row)) {
                row.bags.push(bag);
            }
        }
        Hunted::new(rows, generators.iter().map(|generator| generator.name.clone()).collect()).judged()
    }

    /// What is to be done for one bug, in the order of the generators.
    fn jobs<'b>(&'b self, row: usize, bug: &'b Seeded<'_>, generators: &'b [Generator<'_>]) -> Vec<Job<'b>> {
        match &bug.way {
            Way::Once { how, look } => vec![(row, Box::new(move || look_once(how, look)))],
            Way::Plans(look) => {
                let job = |generator| -> Job<'b> { (row, Box::new(move || self.hunt(bug, look, generator))) };
                generators.iter().filter(|generator| bug.is_hunted_with(generator)).map(job).collect()
            }
        }
    }

    /// Does all jobs, whoever is free the next, and gives back what came of them in their order.
    fn share(&self, jobs: &[Job<'_>]) -> Vec<(usize, Bag)> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mine = iter::from_fn(|| {
                let job = next.fetch_add(1, Ordering::Relaxed);
                jobs.get(job).map(|(_, work)| (job, quietly(work)))
            });
            mine.collect::<Vec<_>>()
        };
        let mut done: Vec<_> = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.threads.max(1)).map(|_| scope.spawn(work)).collect();
            let done =
                workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
            done.flatten().collect()
        });
        done.sort_by_key(|(job, _)| *job);
        done
    }

    fn hunt(&self, bug: &Seeded<'_>, look: &Look<'_>, generator: &Generator<'_>) -> Bag {
        let twice = bug.by.contains(&NOT_DETERMINISTIC);
        let (seeds, hunts) = (bug.seeds.unwrap_or(self.seeds), bug.hunts.unwrap_or(self.hunts));
        let mut bag = Bag::new(&generator.name);
        let mut start = 0_u64;
        while bag.hunts() < hunts && bag.missed < self.misses_max.max(1) {
            let begun = Instant::now();
            let end = start.saturating_add(seeds);
            let caught = (start..end).find_map(|seed| Some((seed, look(&(generator.plan)(seed), twice)?)));
            if let Some((seed, by)) = caught {
                bag.note(by, Some(seed - start + 1), begun.elapsed());
                start = seed.saturating_add(1);
            } else {
                bag.missed += 1;
                start = end;
            }
        }
        bag
    }
}

/// For which row, and what.
type Job<'a> = (usize, Box<dyn Fn() -> Bag + Sync + 'a>);

fn look_once(how: &Catch, look: &LookOnce<'_>) -> Bag {
    let mut bag = Bag::new("");
    let begun = Instant::now();
    match catch_unwind(AssertUnwindSafe(look)) {
        Ok(Some(seeds)) => bag.note(how.clone(), seeds, begun.elapsed()),
        Ok(None) => bag.missed += 1,
        Err(panic) => bag.note(Catch::Panicked(message(&*panic)), None, begun.elapsed()),
    }
    bag
}

fn catch<S: Subject>(subject: &S, plan: &Plan, twice: bool) -> Option<Catch> {
    let look = || {
        let report = run(subject, plan);
        let differs = twice && report.verdict.is_passed() && report != run(subject, plan);
        match report.verdict {
            Verdict::Violated { invariant, .. } => Some(Catch::Violated(invariant)),
            Verdict::Stuck { invariant, .. } => Some(Catch::Stuck(invariant)),
            Verdict::Unrecoverable { .. } if report.verdict.meets(plan.expect) => None,
            Verdict::Unrecoverable { .. } => Some(Catch::Unrecoverable),
            // To give up is to catch nothing.
            Verdict::Undecided { .. } => None,
            Verdict::Passed => differs.then_some(Catch::Violated(NOT_DETERMINISTIC)),
        }
    };
    catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|panic| Some(Catch::Panicked(message(&*panic))))
}

//! The application beside a machine: told events, answering with commands, with a disk and a clock of its own.

use core::{convert::Infallible, time::Duration};

use quorate_machine::{Durable, Input, InputOf, Machine, NodeId, OutboxOf, Rng, Tag, Ticket, Time};
use quorate_sim::{
    Answers, App, Bounds, Check, Invariant, Kind, Node, Objection, Plan, Step, Subject, View, check,
    explore::{self, Breach, Explored, Scope, explore},
    generate, run,
};

/// Adds numbers up, durably; is told by its application how many of its sums that has made durable itself.
#[derive(Clone)]
struct Sum {
    sum: u64,
    unsynced: Vec<(Ticket, Tag, u64)>,
}

#[derive(Clone, Debug, Hash)]
enum Command {
    Add(u64),
    /// The application has this sum on its own disk.
    Kept(u64),
}

#[derive(Clone, Debug)]
enum Event {
    Added { tag: Tag, sum: u64 },
    Noted { tag: Tag },
}

impl Machine for Sum {
    type Message = ();
    type Command = Command;
    type Record = u64;
    type Event = Event;

    fn step(&mut self, _: Time, input: InputOf<Self>, out: &mut OutboxOf<Self>) {
        match input {
            Input::Submit { tag, command: Command::Add(number) } => {
                self.sum = self.sum.saturating_add(number);
                self.unsynced.push((out.persist(number), tag, self.sum));
            }
            Input::Submit { tag, command: Command::Kept(sum) } => {
                assert!(sum <= self.sum, "kept {sum} of {}", self.sum);
                out.emit(Event::Noted { tag });
            }
            Input::Persisted(ticket) => {
                self.unsynced.retain(|(issued, tag, sum)| {
                    if *issued <= ticket {
                        out.emit(Event::Added { tag: *tag, sum: *sum });
                    }
                    *issued > ticket
                });
            }
            Input::Receive { .. } | Input::Wake => {}
        }
    }

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn digest(&self, hasher: &mut dyn core::hash::Hasher) {
        hasher.write_u64(self.sum);
    }
}

impl Durable for Sum {
    type Config = u64;
    type Image = u64;
    type Error = Infallible;

    fn absorb(image: &mut u64, record: u64) -> Result<(), Infallible> {
        *image += record;
        Ok(())
    }

    fn recover(kept: u64, image: u64, _: u64, _: Time) -> Result<Self, Infallible> {
        assert!(kept <= image, "the application kept {kept}, the machine only {image}");
        Ok(Self { sum: image, unsynced: Vec::new() })
    }

    fn checkpoint(&self, record: &mut dyn FnMut(u64)) {
        record(self.sum);
    }
}

/// Keeps the latest sum on its own disk, which takes a while.
#[derive(Clone, Default, Hash)]
struct Keeper {
    seen: u64,
    kept: u64,
    starts: u64,
    lied: bool,
}

impl App<Sum> for Keeper {
    type Op = u64;

    fn on_start(&mut self, _: &mut Answers<'_, Command, u64>) {
        self.starts += 1;
        assert_eq!(self.seen, self.kept, "only what is durable survives");
    }

    fn on_client(&mut self, k: u64, tag: Tag, _: &Command, answers: &mut Answers<'_, Command, u64>) {
        answers.invoke(tag, k);
    }

    fn on_event(&mut self, event: &Event, answers: &mut Answers<'_, Command, u64>) {
        match event {
            Event::Added { tag, sum } => {
                self.seen = *sum;
                answers.ok(*tag, *sum);
                let span = answers.rng().span(Duration::ZERO..Duration::from_millis(20));
                answers.later(span, *sum);
            }
            Event::Noted { .. } => {}
        }
    }

    fn on_timer(&mut self, sum: u64, answers: &mut Answers<'_, Command, u64>) {
        self.kept = self.kept.max(sum);
        let command = Command::Kept(if self.lied { u64::MAX } else { self.kept });
        answers.submit(command);
    }

    fn on_crash(&mut self) {
        self.seen = self.kept;
    }
}

struct Kept {
    lies: bool,
}

impl Subject for Kept {
    type Machine = Sum;
    type App = Keeper;

    fn config(&self, _: NodeId, _: &Plan, app: &Keeper) -> u64 {
        app.kept
    }

    fn app(&self, _: NodeId, _: &Plan) -> Keeper {
        Keeper { lied: self.lies, ..Keeper::default() }
    }

    fn command(&self, _: u64, rng: &mut Rng) -> Command {
        Command::Add(1 + rng.below(9))
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Added { tag, .. } | Event::Noted { tag } => Some(*tag),
        }
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(HistoryMakesSense)]
    }

    fn at_rest(&self, view: &View<'_, Self>) -> Result<(), String> {
        let behind = view
            .nodes()
            .iter()
            .find(|node| view.core().contains(node.id()) && node.app().kept < node.app().seen);
        behind.map_or(Ok(()), |node| Err(format!("the application of {} is behind", node.id())))
    }
}

/// Every operation is invoked once, before it ends, and ends at most once.
struct HistoryMakesSense;

impl Invariant<Kept> for HistoryMakesSense {
    fn name(&self) -> &'static str {
        "the history makes sense"
    }

    fn at_end(&mut self, view: &View<'_, Kept>) -> Result<(), Objection> {
        let entries = view.history().entries();
        for (at, entry) in entries.iter().enumerate() {
            let earlier = entries[..at].iter().filter(|earlier| earlier.process == entry.process);
            let kinds: Vec<_> = earlier.map(|entry| entry.kind).collect();
            let right = if entry.kind == Kind::Invoke { kinds.is_empty() } else { kinds == [Kind::Invoke] };
            if !right || entries[..at].iter().any(|earlier| earlier.at > entry.at) {
                return Err(format!("{entry:?} after {kinds:?}").into());
            }
        }
        let starts: u64 = view.nodes().iter().map(|node| node.app().starts).sum();
        let instances: u64 = view.nodes().iter().map(Node::incarnation).sum();
        if starts > instances + view.nodes().len() as u64 {
            return Err(format!("{starts} starts of {instances} instances").into());
        }
        Ok(())
    }
}

#[test]
fn applications_answer_crash_and_recover_with_their_machines() {
    let bounds = Bounds { nodes: 1..=3, ..Bounds::default() };
    let tally = check(&Kept { lies: false }, 0..2_000, |seed| generate::mix(seed, &bounds));
    let tally = tally.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(tally.counters.restarts > 1_000 && tally.counters.told > 10_000, "{tally}");
}

#[test]
fn an_answer_reaches_the_machine() {
    let check = Check { environment: false, ..Check::default() };
    let failure = check.run(&Kept { lies: true }, 0..50, |seed| generate::mix(seed, &Bounds::default()));
    let failure = failure.expect_err("a lie must be noticed");
    assert_eq!(failure.verdict().invariant(), Some("no panic"), "{failure}");
    assert!(failure.to_string().contains(&format!("kept {}", u64::MAX)));
}

#[test]
fn a_history_records_what_clients_saw() {
    let plan: Plan = "quorate plan 1\nnodes 1\ncommand 1ms n1 0\ncommand 2ms n1 1\n"
        .parse()
        .unwrap_or_else(|error| panic!("{error}"));
    let report = run(&Kept { lies: false }, &plan);
    assert!(report.verdict.is_passed(), "{}", report.verdict);
    // Two commands, two acknowledgements, and the application's two answers.
    assert_eq!((report.counters.commands, report.counters.told), (2, 4));
}

impl Explored for Kept {
    /// The highest sum that was acknowledged.
    type Ghost = u64;

    fn check(
        &self,
        view: &explore::View<'_, Self>,
        _: &Step<'_, Self>,
        acknowledged: &mut u64,
    ) -> Result<(), Breach> {
        let done = view.recorded().iter().filter(|entry| entry.kind == Kind::Ok).map(|entry| entry.op);
        *acknowledged = done.max().unwrap_or(0).max(*acknowledged);
        let kept = view.nodes().map(|node| *node.image()).max().unwrap_or(0);
        if kept >= *acknowledged {
            return Ok(());
        }
        Err(Breach::new("what was added is kept", format!("{kept} of {acknowledged}")))
    }
}

#[test]
fn applications_are_explored_with_their_machines() {
    let scope = Scope { nodes: 1, commands: 3, wakes: 0, crashes: 2, ..Scope::default() };
    let report = explore(&Kept { lies: false }, &scope).proven().unwrap_or_else(|report| panic!("{report}"));
    assert!(report.coverage.answered > 500 && report.coverage.crashes_losing_records > 50, "{report}");
    let report = explore(&Kept { lies: true }, &scope);
    let found = report.counterexample.unwrap_or_else(|| panic!("a lie must be noticed"));
    // Submitted, synced, the application's timer, its answer.
    assert_eq!((found.breach.invariant, found.actions), ("no panic", 4), "{found}");
}

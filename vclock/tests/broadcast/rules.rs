//! Single rules of the machine: what it refuses, gives back and ignores.

use std::sync::Arc;

use bytes::Bytes;
use quorate_machine::{Durable, Effect, Input, Machine, NodeId, OutboxOf, Tag, Time};
use quorate_vclock::{
    Dot, DotRange, VClock,
    broadcast::{
        Broadcast, Command, Config, ConfigError, Content, Entry, Event, Image, Message, Origin, Record,
        RecordError, RecoverError, Refusal, Snapshot, Want,
    },
};

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);

const fn origin(node: NodeId) -> Origin {
    Origin { node, birth: 1 }
}

fn dot(node: NodeId, counter: u64) -> Dot<Origin> {
    Dot::new(origin(node), counter).expect("counted from 1")
}

/// A node with its outbox and its disk.
struct Rig {
    node: Broadcast,
    out: OutboxOf<Broadcast>,
    image: Image,
    told: Vec<Event>,
    sent: Vec<Message>,
}

impl Rig {
    fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(ONE, 1, vec![ONE, TWO]);
        change(&mut config);
        Self::recovered(config, Image::default())
    }

    fn recovered(config: Config, image: Image) -> Self {
        let node = Broadcast::recover(config, image.clone(), 0, Time::ZERO).expect("usable");
        let mut rig = Self { node, out: OutboxOf::<Broadcast>::new(), image, told: vec![], sent: vec![] };
        rig.feed(Input::Wake);
        rig.told.clear();
        rig.sent.clear();
        rig
    }

    /// Feeds it, lets the disk answer at once, and wakes it while it wants to be woken at once.
    fn feed(&mut self, input: Input<Message, Command>) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.node.step(Time::ZERO, input, &mut self.out);
            for effect in self.out.drain() {
                match effect {
                    Effect::Send { message, .. } => self.sent.push(message),
                    Effect::Emit(event) => self.told.push(event),
                    Effect::Persist { ticket, record } => {
                        Broadcast::absorb(&mut self.image, record).expect("its own");
                        inputs.extend(ticket.map(Input::Persisted));
                    }
                }
            }
            if inputs.is_empty() && self.node.deadline() == Some(Time::ZERO) {
                inputs.push(Input::Wake);
            }
        }
    }

    fn submit(&mut self, command: Command) -> Vec<Event> {
        self.feed(Input::Submit { tag: Tag(7), command });
        core::mem::take(&mut self.told)
    }

    fn hear(&mut self, message: Message) -> Vec<Event> {
        self.feed(Input::Receive { from: TWO, message });
        core::mem::take(&mut self.told)
    }

    fn hear_digest(&mut self, delivered: &[(Origin, u64)]) -> Vec<Event> {
        let delivered = delivered.iter().copied().collect();
        self.hear(Message::Digest { birth: 1, delivered, answer: false, want: None })
    }

    /// The command comes back unchanged, with this reason, and nothing else happens.
    fn is_refused(&mut self, command: &Command, refusal: Refusal) {
        let before = self.image.clone();
        let expected = Event::Refused { tag: Tag(7), command: command.clone(), refusal };
        assert_eq!(self.submit(command.clone()), [expected]);
        assert_eq!(self.image, before);
    }
}

fn say(text: &'static str) -> Command {
    Command::Broadcast(Bytes::from_static(text.as_bytes()))
}

fn heard(counter: u64, after: &[(Origin, u64)], text: &'static str) -> Message {
    let after = after.iter().copied().collect();
    let payload = Content::Payload(Bytes::from_static(text.as_bytes()));
    Message::Data { entries: vec![Entry { dot: dot(TWO, counter), after, payload }.into()] }
}

fn texts(events: &[Event]) -> Vec<&[u8]> {
    let mut texts: Vec<&[u8]> = vec![];
    for event in events {
        let Event::Delivered { entries, .. } = event else { continue };
        for entry in entries {
            let Content::Payload(bytes) = &entry.payload else { continue };
            texts.push(bytes);
        }
    }
    texts
}

#[test]
fn a_broadcast_is_done_and_delivered_once_it_is_on_disk() {
    let mut rig = Rig::new(|_| ());
    let events = rig.submit(say("hello"));
    assert_eq!(events[0], Event::Done { tag: Tag(7), dot: dot(ONE, 1) });
    assert_eq!(texts(&events), [b"hello"]);
    assert!(rig.image.holds(&dot(ONE, 1)));
    assert!(matches!(&rig.sent[..], [Message::Data { entries }] if entries[0].dot == dot(ONE, 1)));
}

#[test]
fn what_is_too_long_too_much_or_of_no_member_comes_back() {
    let mut rig = Rig::new(|config| {
        config.payload_bytes_max = 4;
        config.snapshot_bytes_max = 4;
        config.window_max = 1;
    });
    rig.is_refused(&say("hello"), Refusal::TooLong { bytes: 5, max: 4 });
    let state = Bytes::from_static(b"hello");
    rig.is_refused(&Command::Compact { cut: VClock::new(), state }, Refusal::TooLong { bytes: 5, max: 4 });
    assert_eq!(texts(&rig.submit(say("one"))), [b"one"]);
    rig.is_refused(&say("two"), Refusal::Window { max: 1 });
    rig.hear_digest(&[(origin(ONE), 1)]); // now it is stable
    assert_eq!(texts(&rig.submit(say("two"))), [b"two"]);

    let mut stranger = Rig::new(|config| config.founders = vec![TWO]);
    stranger.is_refused(&say("hi"), Refusal::NotMember);
    let mut few = Rig::new(|config| config.members_max = 2);
    few.is_refused(&Command::Admit(NodeId(3)), Refusal::TooManyMembers { max: 2 });
    let mut narrow = Rig::new(|config| config.origins_max = 1);
    narrow.hear(heard(1, &[], "first"));
    narrow.is_refused(&say("hi"), Refusal::TooManyOrigins { max: 1 });
}

#[test]
fn a_snapshot_must_be_of_a_cut() {
    let mut rig = Rig::new(|_| ());
    rig.submit(say("one"));
    rig.hear(heard(1, &[(origin(ONE), 1)], "two"));
    let compact = |cut: &[(Origin, u64)]| Command::Compact {
        cut: cut.iter().copied().collect(),
        state: Bytes::from_static(b"state"),
    };
    let ahead = [(origin(ONE), 2)];
    rig.is_refused(&compact(&ahead), Refusal::NotACut);
    let without_its_cause = [(origin(TWO), 1)];
    rig.is_refused(&compact(&without_its_cause), Refusal::NotACut);
    assert_eq!(rig.submit(compact(&[(origin(ONE), 1)])), [Event::Compacted { tag: Tag(7) }]);
    let back = [];
    rig.is_refused(&compact(&back), Refusal::NotACut);
}

#[test]
fn what_is_stable_and_in_the_snapshot_is_forgotten_and_comes_back_as_a_state() {
    let mut rig = Rig::new(|_| ());
    rig.submit(say("one"));
    rig.hear_digest(&[(origin(ONE), 1)]);
    let cut = VClock::from([(origin(ONE), 1)]);
    rig.submit(Command::Compact { cut: cut.clone(), state: Bytes::from_static(b"one") });
    assert_eq!((rig.node.status().store_entries, rig.node.status().store_bytes), (0, 0));
    assert_eq!(rig.image.entries().count(), 0);
    rig.sent.clear();
    let ranges = DotRange::new(origin(ONE), 1, 1).into_iter().collect();
    let want = Some(Want { ranges, cut: VClock::new() });
    rig.hear(Message::Digest { birth: 1, delivered: VClock::new(), answer: false, want });
    assert!(matches!(&rig.sent[..], [Message::Snapshot { snapshot, .. }] if snapshot.cut == cut));

    // It goes on counting where it was.
    let mut again = Rig::recovered(Config::new(ONE, 99, vec![ONE, TWO]), rig.image);
    let events = again.submit(say("two"));
    assert_eq!(events[0], Event::Done { tag: Tag(7), dot: dot(ONE, 2) });
}

/// A state that does not include what is only in this node's own must come with it, or it would take back what was delivered.
#[test]
fn a_state_that_would_take_something_back_is_not_taken_without_it() {
    let mut rig = Rig::new(|config| config.founders = vec![ONE, TWO]);
    rig.submit(say("ours"));
    let ours = rig.image.entries().next().cloned().expect("it is on disk");
    rig.hear_digest(&[(origin(ONE), 1)]);
    rig.submit(Command::Compact {
        cut: [(origin(ONE), 1)].into_iter().collect(),
        state: Bytes::from_static(b"ours"),
    });
    assert_eq!(rig.image.entries().count(), 0, "it is only in the state");

    let theirs = Snapshot {
        cut: [(origin(TWO), 1)].into_iter().collect(),
        members: rig.node.members().clone(),
        state: Bytes::from_static(b"theirs"),
    };
    let offer = |entries: Vec<Arc<Entry>>| Message::Snapshot { snapshot: Arc::new(theirs.clone()), entries };
    assert_eq!(rig.hear(offer(vec![])), []);
    assert_eq!(*rig.node.delivered(), [(origin(ONE), 1)].into_iter().collect());

    let events = rig.hear(offer(vec![Arc::new(ours)]));
    assert!(matches!(&events[0], Event::Restored { snapshot } if **snapshot == theirs));
    assert_eq!(texts(&events), [b"ours"], "it is delivered again, after the other state");
    assert_eq!(*rig.node.delivered(), [(origin(ONE), 1), (origin(TWO), 1)].into_iter().collect());
}

#[test]
fn what_is_early_waits_and_what_is_nonsense_is_counted() {
    let mut rig = Rig::new(|config| config.payload_bytes_max = 8);
    assert_eq!(texts(&rig.hear(heard(2, &[], "second"))), [b""; 0]);
    assert_eq!(rig.node.waiting(), 1);
    let events = rig.hear(heard(1, &[], "first"));
    assert_eq!(texts(&events), [&b"first"[..], b"second"]);
    rig.hear(heard(1, &[], "first"));
    rig.hear(heard(3, &[(origin(TWO), 3)], "itself"));
    rig.hear(heard(3, &[], "much too long"));
    rig.hear(Message::Digest { birth: 0, delivered: VClock::new(), answer: true, want: None });
    rig.feed(Input::Receive { from: NodeId(9), message: heard(3, &[], "strange") });
    let counters = rig.node.counters();
    assert_eq!((counters.repeated, counters.nonsense, counters.strangers), (1, 3, 1));
}

/// A link that holds one message at a time would else lose what was asked for, again and again.
#[test]
fn what_is_asked_for_goes_before_the_answer() {
    let mut rig = Rig::new(|_| ());
    rig.submit(say("one"));
    rig.sent.clear();
    let ranges = DotRange::new(origin(ONE), 1, 1).into_iter().collect();
    let want = Some(Want { ranges, cut: VClock::new() });
    rig.hear(Message::Digest { birth: 1, delivered: VClock::new(), answer: true, want });
    let [Message::Data { entries }, Message::Digest { .. }] = &rig.sent[..] else { panic!("{:?}", rig.sent) };
    assert_eq!(entries[0].dot, dot(ONE, 1));
}

/// Its disk was rolled back, or another process runs under its name: no dot may be made twice.
#[test]
fn whoever_hears_of_dots_of_its_own_that_it_has_not_made_sends_no_more() {
    let mut rig = Rig::new(|_| ());
    assert_eq!(rig.hear_digest(&[(origin(ONE), 3)]), [Event::Impostor { seen: dot(ONE, 3) }]);
    rig.is_refused(&say("hello"), Refusal::Impostor);
    assert_eq!(rig.hear_digest(&[(origin(ONE), 4)]), [], "it is told once");
    assert_eq!(texts(&rig.hear(heard(1, &[], "others"))), [b"others"], "it still hears the others");
}

#[test]
fn a_former_life_is_not_heard() {
    let mut rig = Rig::new(|_| ());
    let digest = |birth, counter| {
        let delivered = [(origin(TWO), counter)].into_iter().collect();
        Message::Digest { birth, delivered, answer: false, want: None }
    };
    rig.hear(digest(5, 1));
    rig.hear(digest(4, 9));
    assert_eq!((rig.node.birth_of(TWO), rig.node.counters().former), (5, 1));
}

/// Whoever has the same messages has the same members, whatever order concurrent ones came in; an admission wins.
#[test]
fn concurrent_changes_of_members_end_alike() {
    let about = |node, counter, payload| Entry { dot: dot(node, counter), after: VClock::new(), payload };
    let changes = [
        about(TWO, 1, Content::Remove(NodeId(3))),
        about(NodeId(4), 1, Content::Admit(NodeId(3))),
        about(NodeId(5), 1, Content::Remove(NodeId(4))),
    ];
    let mut ends = vec![];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut rig = Rig::new(|config| config.founders = [1, 2, 3, 4].map(NodeId).to_vec());
        for at in order {
            rig.hear(Message::Data { entries: vec![changes[at].clone().into()] });
        }
        ends.push(rig.node.members().clone());
    }
    assert!(ends.iter().all(|members| *members == ends[0]));
    assert_eq!(ends[0].iter().collect::<Vec<_>>(), [1, 2, 3].map(NodeId));
}

#[test]
fn foreign_and_contradictory_journals_are_refused() {
    let mut image = Image::default();
    Broadcast::absorb(&mut image, Record::Birth(origin(TWO))).expect("the first");
    let expected = RecordError::Reborn { before: origin(TWO), origin: origin(ONE) };
    let refused = Broadcast::absorb(&mut image, Record::Birth(origin(ONE)));
    assert_eq!(refused, Err(RecoverError::Record(expected)));
    let pruned = Record::Pruned(VClock::from([(origin(ONE), 1)]));
    let refused = Broadcast::absorb(&mut image, pruned);
    assert_eq!(refused, Err(RecoverError::Record(RecordError::PrunedTooMuch)));
    let recovered = Broadcast::recover(Config::new(ONE, 1, vec![]), image, 0, Time::ZERO);
    assert_eq!(recovered.err(), Some(RecoverError::Foreign { found: TWO, expected: ONE }));
    let unborn = Broadcast::recover(Config::new(ONE, 0, vec![]), Image::default(), 0, Time::ZERO);
    assert_eq!(unborn.err(), Some(RecoverError::Config(ConfigError::Unborn)));
}

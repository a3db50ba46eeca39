//! The laws of values on small lattices, a ring and a detector, whole and with one mistake each: no law counts until such a
//! mistake has turned it red.

use core::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    time::Duration,
};

use quickcheck::{Arbitrary, Gen};
use quorate_sim::laws::{
    below, near,
    values::{self, Changing, Coded, Growing, Lattice, Meet, Ordered, Rising, Values},
};

/// A set of small numbers, one bit each; or one mistake.
#[derive(Clone, Copy, Debug, Default)]
struct Sets {
    bug: Option<SetBug>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum SetBug {
    /// A set is below another only if it is smaller.
    OrderIsStrict,
    /// Only the sizes of sets are compared.
    OrderBySize,
    /// One that has at most one element more is not above.
    OrderIsLocal,
    /// Concurrent sets are compared as numbers.
    ComparesNumbers,
    /// Whoever merges puts in an element of its own.
    JoinMarks,
    /// The left one wins.
    JoinIsLeft,
    /// What both of them have goes.
    JoinCancels,
    /// What is concurrent is taken for everything.
    JoinIsAll,
    /// What grows and has all of the first elements stays as it is.
    GrowsToALimit,
    MeetMarks,
    MeetIsLeft,
    MeetCancels,
    MeetIsNothing,
    /// The second byte is left out.
    EncodesShort,
    /// A reserve that means nothing is part of the encoding.
    EncodesReserve,
    /// A reserve that means nothing is hashed.
    HashesReserve,
    /// Trusts the length byte.
    DecodesOutOfBounds,
    /// Takes no notice of what follows.
    DecodesPadding,
}

/// A set, and room kept for later, which is no part of what it means.
#[derive(Clone, Debug)]
struct Set {
    bits: u16,
    reserve: u8,
    hashes_reserve: bool,
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl Hash for Set {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.bits.hash(hasher);
        if self.hashes_reserve {
            self.reserve.hash(hasher);
        }
    }
}

impl Sets {
    fn set(self, bits: u16) -> Set {
        Set { bits, reserve: 0, hashes_reserve: self.bug == Some(SetBug::HashesReserve) }
    }

    fn is_concurrent(a: &Set, b: &Set) -> bool {
        a.bits | b.bits != a.bits && a.bits | b.bits != b.bits
    }
}

const MARK: u16 = 1 << 15;

impl Values for Sets {
    type Value = Set;

    fn value(&self, g: &mut Gen) -> Set {
        self.set(u16::arbitrary(g) & u16::arbitrary(g) & 0x01ff)
    }

    fn near(&self, g: &mut Gen, set: &Set) -> Set {
        let one = 1 << below(g, 9);
        match below(g, 5) {
            0 => set.clone(),
            1 => self.set(set.bits | one),
            2 => self.set(set.bits & !one),
            3 => self.set(set.bits | one | 1 << below(g, 9)),
            _ => self.value(g),
        }
    }
}

impl Ordered for Sets {
    fn compare(&self, a: &Set, b: &Set) -> Option<Ordering> {
        match (self.at_most(a, b), self.at_most(b, a)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) if self.bug == Some(SetBug::ComparesNumbers) => Some(a.bits.cmp(&b.bits)),
            (false, false) => None,
        }
    }

    fn at_most(&self, a: &Set, b: &Set) -> bool {
        let within = a.bits & !b.bits == 0;
        match self.bug {
            Some(SetBug::OrderIsStrict) => within && a.bits != b.bits,
            Some(SetBug::OrderBySize) => a.bits.count_ones() <= b.bits.count_ones(),
            Some(SetBug::OrderIsLocal) => within && b.bits.count_ones() - a.bits.count_ones() <= 1,
            _ => within,
        }
    }
}

impl Growing for Sets {
    fn grown(&self, _: &mut Gen, set: &Set) -> Set {
        let limit = if self.bug == Some(SetBug::GrowsToALimit) { 4 } else { 16 };
        let next = set.bits.trailing_ones().min(limit - 1);
        self.set(set.bits | 1 << next)
    }
}

impl Lattice for Sets {
    fn join(&self, a: &Set, b: &Set) -> Set {
        self.set(match self.bug {
            Some(SetBug::JoinMarks) => a.bits | b.bits | MARK,
            Some(SetBug::JoinIsLeft) => a.bits,
            Some(SetBug::JoinCancels) if a.bits != b.bits => a.bits ^ b.bits,
            Some(SetBug::JoinIsAll) if Self::is_concurrent(a, b) => u16::MAX,
            _ => a.bits | b.bits,
        })
    }
}

impl Meet for Sets {
    fn meet(&self, a: &Set, b: &Set) -> Set {
        self.set(match self.bug {
            Some(SetBug::MeetMarks) => a.bits & b.bits | MARK,
            Some(SetBug::MeetIsLeft) => a.bits,
            Some(SetBug::MeetCancels) if a.bits != b.bits => a.bits & !b.bits | b.bits & !a.bits,
            Some(SetBug::MeetIsNothing) if Self::is_concurrent(a, b) => 0,
            _ => a.bits & b.bits,
        })
    }
}

/// How many bytes follow, and the bits in as few of them as hold them.
impl Coded for Sets {
    fn encode(&self, set: &Set) -> Vec<u8> {
        let [low, high] = set.bits.to_le_bytes();
        let mut bytes = match (low, high) {
            _ if self.bug == Some(SetBug::EncodesShort) => vec![1, low],
            (0, 0) => vec![0],
            (_, 0) => vec![1, low],
            _ => vec![2, low, high],
        };
        if self.bug == Some(SetBug::EncodesReserve) {
            bytes.push(set.reserve);
        }
        bytes
    }

    fn decode(&self, bytes: &[u8]) -> Option<Set> {
        let (length, rest) = bytes.split_first()?;
        let mut rest = rest;
        if let Some(SetBug::EncodesReserve) = self.bug {
            rest = rest.split_last()?.1;
        }
        if self.bug == Some(SetBug::DecodesOutOfBounds) {
            rest = &rest[..usize::from(*length)];
        }
        let padded = self.bug == Some(SetBug::DecodesPadding);
        let bits = match (length, rest) {
            (0, []) => 0,
            (1, [low]) if *low > 0 => u16::from(*low),
            (2, [low, high]) if *high > 0 => u16::from_le_bytes([*low, *high]),
            (1, [low, ..]) if padded => u16::from(*low),
            _ => return None,
        };
        Some(self.set(bits))
    }

    fn remade(&self, g: &mut Gen, set: &Set) -> Set {
        Set { reserve: u8::arbitrary(g), ..set.clone() }
    }
}

quorate_sim::value_laws!(sets, Sets::default(); order, growth, join, meet, distributive, canonical, strict);

#[test]
fn every_law_of_lattices_and_encodings_catches_its_bug() {
    macro_rules! by_law {
        ($($law:ident: $($bug:ident),+;)+) => {
            $($(
                let sets = Sets { bug: Some(SetBug::$bug) };
                let broken = values::prove(stringify!($law), &sets, values::$law);
                let Err(broken) = broken else { panic!("{} survives {}", stringify!($bug), stringify!($law)) };
                assert!(broken.size > 0, "{broken}");
                println!("{:?}: {broken}", sets.bug);
            )+)+
        };
    }
    by_law! {
        order_is_reflexive: OrderIsStrict;
        order_is_antisymmetric: OrderBySize;
        order_is_transitive: OrderIsLocal;
        comparison_agrees: ComparesNumbers, OrderBySize;
        order_is_total: OrderIsLocal;
        growth_is_strict: GrowsToALimit;
        join_is_idempotent: JoinMarks;
        join_is_commutative: JoinIsLeft;
        join_is_associative: JoinCancels;
        join_is_the_least_upper_bound: JoinIsAll, JoinIsLeft, JoinCancels;
        join_is_monotone: JoinCancels;
        meet_is_idempotent: MeetMarks;
        meet_is_commutative: MeetIsLeft;
        meet_is_associative: MeetCancels;
        meet_is_the_greatest_lower_bound: MeetIsNothing, MeetIsLeft, MeetCancels;
        join_and_meet_absorb: MeetMarks, JoinMarks;
        join_and_meet_distribute: MeetIsNothing;
        encodings_return: EncodesShort;
        equal_values_encode_alike: EncodesReserve, EncodesShort;
        equal_values_hash_alike: HashesReserve;
        decoding_is_total: DecodesOutOfBounds;
        decoding_is_strict: DecodesPadding;
    }
}

/// Numbers, of which the greater one wins.
struct Numbers;

impl Values for Numbers {
    type Value = u64;

    fn value(&self, g: &mut Gen) -> u64 {
        near(g, 7)
    }
}

impl Ordered for Numbers {
    fn compare(&self, a: &u64, b: &u64) -> Option<Ordering> {
        Some(a.cmp(b))
    }
}

impl Lattice for Numbers {
    fn join(&self, a: &u64, b: &u64) -> u64 {
        *a.max(b)
    }
}

impl Meet for Numbers {
    fn meet(&self, a: &u64, b: &u64) -> u64 {
        *a.min(b)
    }
}

quorate_sim::value_laws!(numbers, Numbers; order, total, join, meet, distributive);

/// Keys live on the node that has the highest score for them (rendezvous hashing), or on the one whose turn it is.
#[derive(Clone, Copy, Debug)]
struct Rings {
    by_turns: bool,
}

#[derive(Debug)]
enum Change {
    Added(u8),
    Removed(u8),
}

impl Values for Rings {
    type Value = Vec<u8>;

    fn value(&self, g: &mut Gen) -> Vec<u8> {
        let mut nodes: Vec<_> = (0..=below(g, 6)).map(|_| u8::arbitrary(g)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

impl Changing for Rings {
    type Change = Change;
    type Question = u8;
    type Answer = Option<u8>;

    fn change(&self, g: &mut Gen, nodes: &Vec<u8>) -> Change {
        match g.choose(nodes) {
            Some(node) if below(g, 2) == 0 => Change::Removed(*node),
            _ => Change::Added(u8::arbitrary(g)),
        }
    }

    fn changed(&self, nodes: &Vec<u8>, change: &Change) -> Vec<u8> {
        let (Change::Added(node) | Change::Removed(node)) = change;
        let mut nodes: Vec<_> = nodes.iter().copied().filter(|other| other != node).collect();
        if matches!(change, Change::Added(_)) {
            nodes.push(*node);
            nodes.sort_unstable();
        }
        nodes
    }

    fn question(&self, g: &mut Gen, _: &Vec<u8>) -> u8 {
        u8::arbitrary(g)
    }

    fn answer(&self, nodes: &Vec<u8>, key: &u8) -> Option<u8> {
        if self.by_turns {
            return nodes.get(usize::from(*key) % nodes.len().max(1)).copied();
        }
        let score = |node: &u8| u32::from(*node ^ key.rotate_left(3)).wrapping_mul(0x9e37_79b9);
        nodes.iter().copied().max_by_key(|node| (score(node), *node))
    }

    fn involves(&self, change: &Change, _: &u8, before: &Option<u8>, after: &Option<u8>) -> bool {
        match change {
            Change::Added(node) => *after == Some(*node),
            Change::Removed(node) => *before == Some(*node),
        }
    }
}

quorate_sim::value_laws!(rings, Rings { by_turns: false }; stable);

/// How suspicious a silence is, for a peer heard from this often; or one mistake.
#[derive(Clone, Copy, Debug)]
enum Silences {
    Whole,
    /// Whoever was silent for long is forgiven.
    Forgives,
    /// Zero over zero.
    Divides,
    /// Never suspects anyone.
    Sleeps,
}

impl Values for Silences {
    type Value = Duration;

    fn value(&self, g: &mut Gen) -> Duration {
        Duration::from_millis(below(g, 50))
    }
}

impl Rising for Silences {
    type Argument = Duration;
    type Answer = f64;

    fn argument(&self, g: &mut Gen, _: &Duration) -> Duration {
        Duration::from_millis(below(g, 1_000))
    }

    fn at(&self, every: &Duration, silence: &Duration) -> f64 {
        let ratio = silence.as_secs_f64() / every.as_secs_f64();
        match self {
            Self::Divides => ratio,
            Self::Sleeps => 0.0,
            _ if every.is_zero() => f64::from(u8::from(!silence.is_zero())),
            Self::Forgives if ratio > 20.0 => 0.0,
            Self::Forgives | Self::Whole => ratio,
        }
    }
}

quorate_sim::value_laws!(silences, Silences::Whole; monotone);

#[test]
fn unstable_and_unsteady_answers_are_caught() {
    let rings = Rings { by_turns: true };
    let broken = values::prove("changes", &rings, values::changes_only_what_is_involved);
    assert!(broken.is_err_and(|broken| broken.why.contains("turns the answer")));
    for silences in [Silences::Forgives, Silences::Divides] {
        let broken = values::prove("rises", &silences, values::answers_never_fall);
        assert!(broken.is_err_and(|broken| broken.size > 0), "{silences:?}");
    }
}

/// A law that has tried nothing is not green.
#[test]
fn a_premise_that_is_never_met_is_told() {
    let broken = values::prove("rises", &Silences::Sleeps, values::answers_never_fall);
    assert!(broken.is_err_and(|broken| broken.to_string().starts_with("rises: nothing that was drawn")));
}

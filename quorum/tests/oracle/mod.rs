//! Clusters drawn at random, and what a quorum is, said as naively as possible: sets of places, counted.

use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};
use quorate_machine::NodeId;
use quorate_quorum::Voters;

/// How many nodes there are to choose voters from. Their places are not their slots unless all of them vote.
pub(crate) const POOL: usize = 10;

pub(crate) const CASES: u64 = 50_000;

pub(crate) fn node(place: usize) -> NodeId {
    let place = u64::try_from(place).unwrap();
    NodeId(3 + 7 * place * place)
}

pub(crate) fn place(node: NodeId) -> usize {
    (0..32).find(|&place| self::node(place) == node).unwrap()
}

/// A set of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Set(pub(crate) u32);

impl Set {
    pub(crate) fn places(self) -> impl Iterator<Item = usize> {
        (0..32).filter(move |place| self.has(*place))
    }

    pub(crate) fn nodes(self) -> impl Iterator<Item = NodeId> {
        self.places().map(node)
    }

    pub(crate) fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }

    /// Every subset, the empty one and the set itself included.
    pub(crate) fn subsets(self) -> impl Iterator<Item = Self> {
        let next = move |before: &Self| {
            (before.0 != self.0).then(|| Self((before.0 | !self.0).wrapping_add(1) & self.0))
        };
        core::iter::successors(Some(Self(0)), next)
    }

    fn is_most_of(self, side: Self) -> bool {
        2 * (self.0 & side.0).count_ones() > side.0.count_ones()
    }
}

/// The voters of one cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub(crate) incoming: Set,
    pub(crate) outgoing: Option<Set>,
}

impl Sides {
    pub(crate) fn voters(self) -> Voters {
        match self.outgoing {
            Some(outgoing) => Voters::joint(outgoing.nodes(), self.incoming.nodes()).unwrap(),
            None => Voters::majority(self.incoming.nodes()).unwrap(),
        }
    }

    pub(crate) fn all(self) -> Set {
        Set(self.incoming.0 | self.outgoing.map_or(0, |side| side.0))
    }

    pub(crate) fn decided_by(self, set: Set) -> bool {
        set.is_most_of(self.incoming) && self.outgoing.is_none_or(|side| set.is_most_of(side))
    }

    /// All clusters of up to `nodes` nodes, joint and not.
    pub(crate) fn every(nodes: usize) -> impl Iterator<Item = Self> {
        let sides = move || Set((1 << nodes) - 1).subsets().skip(1);
        sides().flat_map(move |incoming| {
            let outgoing = core::iter::once(None).chain(sides().map(Some));
            outgoing.map(move |outgoing| Self { incoming, outgoing })
        })
    }
}

/// A cluster whose incoming side has `N` voters, what each of the pool has reached and voted, and an order of arrival.
#[derive(Clone, Debug)]
pub(crate) struct Cluster<const N: usize> {
    pub(crate) sides: Sides,
    pub(crate) reached: [u64; POOL],
    pub(crate) votes: [Option<bool>; POOL],
    pub(crate) arrivals: Vec<(usize, bool)>,
}

impl<const N: usize> Arbitrary for Cluster<N> {
    fn arbitrary(g: &mut Gen) -> Self {
        let others = *g.choose(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).unwrap();
        let outgoing = bool::arbitrary(g).then(|| some_of_pool(g, others));
        Self {
            sides: Sides { incoming: some_of_pool(g, N), outgoing },
            reached: core::array::from_fn(|_| value(g)),
            votes: core::array::from_fn(|_| Option::arbitrary(g)),
            arrivals: (0..2 * POOL).map(|_| (usize::arbitrary(g) % (POOL + 2), bool::arbitrary(g))).collect(),
        }
    }
}

/// Mostly ties, sometimes anything.
pub(crate) fn value(g: &mut Gen) -> u64 {
    if bool::arbitrary(g) { u64::arbitrary(g) % 6 } else { u64::arbitrary(g) }
}

fn some_of_pool(g: &mut Gen, count: usize) -> Set {
    let mut set = 0_u32;
    while set.count_ones() < u32::try_from(count).unwrap() {
        set |= 1 << (usize::arbitrary(g) % POOL);
    }
    Set(set)
}

/// [`CASES`] cases, always the same ones; fewer would be a failure.
pub(crate) fn check(law: impl Testable) {
    QuickCheck::new()
        .rng(Gen::from_size_and_seed(64, 0x5EED))
        .tests(CASES)
        .max_tests(CASES)
        .min_tests_passed(CASES)
        .quickcheck(law);
}

/// Checks a law for each number of voters from one to nine.
#[macro_export]
macro_rules! for_one_to_nine_voters {
    ($law:ident) => {
        for_one_to_nine_voters!($law: 1 2 3 4 5 6 7 8 9)
    };
    ($law:ident: $($n:literal)*) => {
        $($crate::oracle::check($law::<$n> as fn($crate::oracle::Cluster<$n>) -> bool);)*
    };
}

//! What a quorum must do, against oracles that count, sort and enumerate.

#![expect(clippy::unwrap_used, reason = "a law that cannot be asked has failed")]
#![expect(clippy::needless_pass_by_value, reason = "quickcheck hands its cases over by value")]

mod oracle;

use oracle::{Cluster, POOL, Set, Sides, check, node, place, value};
use quickcheck::{Arbitrary, Gen};
use quorate_machine::{NodeId, Time};
use quorate_quorum::{Outcome, Tally, Voters};

/// The value at or above which a majority of this side is.
fn by_sorting(mut reached: Vec<u64>) -> u64 {
    reached.sort_unstable_by(|a, b| b.cmp(a));
    reached[reached.len() / 2]
}

fn committed_by_sorting<const N: usize>(cluster: &Cluster<N>) -> u64 {
    let of = |side: Set| by_sorting(side.places().map(|place| cluster.reached[place]).collect());
    let incoming = of(cluster.sides.incoming);
    cluster.sides.outgoing.map_or(incoming, |side| incoming.min(of(side)))
}

fn committed_by_enumeration<const N: usize>(cluster: &Cluster<N>) -> u64 {
    let quorums = cluster.sides.all().subsets().filter(|set| cluster.sides.decided_by(*set));
    quorums.map(|set| set.places().map(|place| cluster.reached[place]).min().unwrap()).max().unwrap()
}

#[test]
fn committed_is_what_sorting_finds() {
    fn law<const N: usize>(cluster: Cluster<N>) -> bool {
        let voters = cluster.sides.voters();
        let by_slot: Vec<u64> = cluster.sides.all().places().map(|place| cluster.reached[place]).collect();
        let expected = committed_by_sorting(&cluster);
        voters.committed(|node| cluster.reached[place(node)]) == expected
            && voters.committed_by_slot(|slot| by_slot[slot]) == expected
            && voters.committed_by_slot(|slot| Time::from_nanos(by_slot[slot])) == Time::from_nanos(expected)
    }
    for_one_to_nine_voters!(law);
}

#[test]
fn committed_is_the_best_that_any_quorum_has_reached() {
    fn law<const N: usize>(cluster: Cluster<N>) -> bool {
        let committed = cluster.sides.voters().committed(|node| cluster.reached[place(node)]);
        committed == committed_by_enumeration(&cluster)
    }
    for_one_to_nine_voters!(law);
}

#[test]
fn committed_never_falls_while_voters_advance() {
    fn law<const N: usize>(cluster: Cluster<N>) -> bool {
        let voters = cluster.sides.voters();
        let mut reached = cluster.reached;
        let mut committed = voters.committed(|node| reached[place(node)]);
        cluster.arrivals.iter().filter(|(place, _)| *place < POOL).all(|&(who, far)| {
            reached[who] = reached[who].saturating_add(if far { 1_000 } else { 1 });
            let before = core::mem::replace(&mut committed, voters.committed(|node| reached[place(node)]));
            committed == before || before < committed && committed <= reached[who]
        })
    }
    for_one_to_nine_voters!(law);
}

/// Ten to sixty-four voters, joint or not.
#[derive(Clone, Debug)]
struct Large {
    outgoing: Vec<u64>,
    incoming: Vec<u64>,
    reached: Vec<u64>,
}

impl Arbitrary for Large {
    fn arbitrary(g: &mut Gen) -> Self {
        let count = 10 + u64::arbitrary(g) % 55;
        let (outgoing, incoming) = (0..count).partition(|id| id % 2 == 0 && bool::arbitrary(g));
        Self { outgoing, incoming, reached: (0..count).map(|_| value(g)).collect() }
    }
}

#[test]
fn committed_of_large_clusters_is_what_sorting_finds() {
    fn law(large: Large) -> bool {
        let nodes = |side: &[u64]| side.iter().copied().map(NodeId).collect::<Vec<_>>();
        let of = |side: &[u64]| by_sorting(side.iter().map(|id| reached(&large, NodeId(*id))).collect());
        let (incoming, outgoing) = (nodes(&large.incoming), nodes(&large.outgoing));
        if outgoing.is_empty() {
            let voters = Voters::majority(incoming).unwrap();
            return voters.committed(|node| reached(&large, node)) == of(&large.incoming);
        }
        let voters = Voters::joint(outgoing, incoming).unwrap();
        voters.committed(|node| reached(&large, node)) == of(&large.incoming).min(of(&large.outgoing))
    }
    fn reached(large: &Large, node: NodeId) -> u64 {
        large.reached[usize::try_from(node.0).unwrap()]
    }
    check(law as fn(Large) -> bool);
}

#[test]
fn tally_is_lost_exactly_when_no_further_votes_can_win() {
    fn law<const N: usize>(cluster: Cluster<N>) -> bool {
        let all = cluster.sides.all();
        let those = |vote| all.places().filter(|p| cluster.votes[*p] == vote).fold(0, |set, p| set | 1 << p);
        let (granted, missing) = (Set(those(Some(true))), Set(those(None)));
        let can_win = missing.subsets().any(|more| cluster.sides.decided_by(Set(granted.0 | more.0)));
        let expected = match (cluster.sides.decided_by(granted), can_win) {
            (true, _) => Outcome::Won,
            (false, true) => Outcome::Pending,
            (false, false) => Outcome::Lost,
        };
        cluster.sides.voters().tally(|node| cluster.votes[place(node)]) == expected
    }
    for_one_to_nine_voters!(law);
}

#[test]
fn tally_counts_first_votes_of_voters_and_a_decision_stands() {
    fn law<const N: usize>(cluster: Cluster<N>) -> bool {
        let (voters, all) = (cluster.sides.voters(), cluster.sides.all());
        let mut first_votes = [None; POOL + 2];
        let mut tally = Tally::default();
        cluster.arrivals.iter().all(|&(from, granted)| {
            let before = tally.outcome(&voters);
            let counts = all.has(from) && first_votes[from].is_none();
            let counted = tally.record(&voters, node(from), granted);
            first_votes[from] = first_votes[from].or(Some(granted));
            let outcome = tally.outcome(&voters);
            counted == counts
                && (before == Outcome::Pending || before == outcome)
                && outcome == voters.tally(|node| first_votes[place(node)])
                && tally.granted() == all.places().filter(|p| first_votes[*p] == Some(true)).count()
                && tally.refused() == all.places().filter(|p| first_votes[*p] == Some(false)).count()
        })
    }
    for_one_to_nine_voters!(law);
}

#[test]
fn has_quorum_is_counting_for_every_cluster_of_up_to_five() {
    for sides in Sides::every(5) {
        let voters = sides.voters();
        for set in Set(0b11_1111).subsets() {
            let holds = voters.has_quorum(|node| set.has(place(node)));
            assert_eq!(holds, sides.decided_by(set), "{set:?} of {voters:?}");
            assert_eq!(holds, voters.has_quorum_by_slot(|slot| set.has(place(voters.ids()[slot]))));
        }
    }
}

/// All sets of nodes that decide, as the implementation sees it.
fn quorums(voters: &Voters) -> Vec<Set> {
    Set(0b1_1111).subsets().filter(|set| voters.has_quorum(|node| set.has(place(node)))).collect()
}

fn assert_intersect(left: &Voters, right: &Voters) {
    for one in quorums(left) {
        for other in quorums(right) {
            assert_ne!(one.0 & other.0, 0, "{one:?} of {left:?} and {other:?} of {right:?}");
        }
    }
}

#[test]
fn any_two_quorums_of_up_to_five_intersect() {
    for sides in Sides::every(5) {
        assert_intersect(&sides.voters(), &sides.voters());
    }
}

#[test]
fn joint_quorums_intersect_those_before_and_after() {
    for sides in Sides::every(5) {
        let Some(outgoing) = sides.outgoing else { continue };
        assert_intersect(&sides.voters(), &Voters::majority(outgoing.nodes()).unwrap());
        assert_intersect(&sides.voters(), &Voters::majority(sides.incoming.nodes()).unwrap());
    }
}

//! How sets of voters are made, and what they refuse.

use quorate_machine::NodeId;
use quorate_quorum::{QuorumError, Voters};

fn nodes(ids: impl IntoIterator<Item = u64>) -> impl Iterator<Item = NodeId> {
    ids.into_iter().map(NodeId)
}

#[test]
fn voters_are_sorted_and_know_their_slots() {
    let voters = Voters::joint(nodes([9, 4, 6]), nodes([7, 4, 1])).unwrap();
    assert_eq!(voters.ids(), [1, 4, 6, 7, 9].map(NodeId));
    assert_eq!(voters.len(), 5);
    assert_eq!(voters.slot_of(NodeId(7)), Some(3));
    assert_eq!(voters.slot_of(NodeId(5)), None);
    assert!(voters.contains(NodeId(9)));
    assert!(!voters.contains(NodeId(8)));
}

#[test]
fn sides_are_kept_apart() {
    let voters = Voters::joint(nodes([3, 2, 1]), nodes([4, 3, 2])).unwrap();
    assert!(voters.is_joint());
    assert!(voters.outgoing().eq(nodes([1, 2, 3])));
    assert!(voters.incoming().eq(nodes([2, 3, 4])));
    assert_eq!(format!("{voters:?}"), "{n1, n2, n3} to {n2, n3, n4}");
}

#[test]
fn settled_voters_are_the_incoming_majority() {
    let joint = Voters::joint(nodes([1, 2, 3]), nodes([2, 3, 4])).unwrap();
    let settled = Voters::majority(nodes([4, 3, 2])).unwrap();
    assert_eq!(joint.settled(), settled);
    assert_eq!(settled.settled(), settled);
    assert!(!settled.is_joint());
    assert_eq!(settled.outgoing().count(), 0);
    assert_eq!(format!("{settled:?}"), "{n2, n3, n4}");
}

#[test]
fn nobody_is_refused_on_either_side() {
    assert_eq!(Voters::majority([]), Err(QuorumError::Empty));
    assert_eq!(Voters::joint([], nodes([1])), Err(QuorumError::Empty));
    assert_eq!(Voters::joint(nodes([1]), []), Err(QuorumError::Empty));
}

#[test]
fn a_voter_named_twice_is_refused_on_either_side() {
    let twice = Err(QuorumError::Duplicate { node: NodeId(5) });
    assert_eq!(Voters::majority(nodes([5, 2, 5])), twice);
    assert_eq!(Voters::joint(nodes([5, 2, 5]), nodes([1])), twice);
    assert_eq!(Voters::joint(nodes([1]), nodes([5, 2, 5])), twice);
    assert!(Voters::joint(nodes([5]), nodes([5])).is_ok());
}

#[test]
fn the_limit_counts_both_sides_together() {
    let too_many = Err(QuorumError::TooMany { count: 65, max: Voters::MAX });
    assert_eq!(Voters::majority(nodes(0..64)).unwrap().len(), 64);
    assert_eq!(Voters::majority(nodes(0..65)), too_many);
    assert_eq!(Voters::joint(nodes(0..64), nodes(0..64)).unwrap().len(), 64);
    assert_eq!(Voters::joint(nodes(0..64), nodes([64])), too_many);
    assert_eq!(Voters::joint(nodes([64]), nodes(0..64)), too_many);
}

#[test]
fn the_last_slot_votes_like_the_others() {
    let voters = Voters::joint(nodes(0..63), nodes([63])).unwrap();
    assert!(!voters.has_quorum(|node| node != NodeId(63)));
    assert!(voters.has_quorum(|node| node.0 >= 31));
}

#[cfg(feature = "serde")]
mod encoded {
    use super::{NodeId, Voters, nodes};

    fn decode(sides: (&[u64], &[u64])) -> Result<Voters, postcard::Error> {
        postcard::from_bytes(&postcard::to_allocvec(&sides)?)
    }

    #[test]
    fn voters_survive_encoding() {
        for voters in [
            Voters::majority(nodes([3, 1, 2])).unwrap(),
            Voters::joint(nodes([1, 2, 3]), nodes([3, 4])).unwrap(),
        ] {
            let bytes = postcard::to_allocvec(&voters).unwrap();
            assert_eq!(postcard::from_bytes::<Voters>(&bytes).unwrap(), voters);
        }
    }

    #[test]
    fn what_arrives_is_checked_like_what_is_made_here() {
        assert_eq!(decode((&[2, 1], &[])).unwrap().ids(), [1, 2].map(NodeId));
        assert!(decode((&[], &[])).is_err());
        assert!(decode((&[], &[1])).is_err());
        assert!(decode((&[1, 1], &[])).is_err());
        assert!(decode((&(0..65).collect::<Vec<_>>(), &[])).is_err());
    }
}

use alloc::vec::Vec;
use core::hash::{Hash, Hasher as _};

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

/// Calls that no call tells apart: see [`Spec::unseen`](super::Spec::unseen).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// Their places in the list.
    pub calls: Vec<usize>,
    /// Whether every legal order remains one without those of them that are pending, if need be without other pending calls
    /// as well.
    pub superfluous: bool,
}

/// What a call to a register does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Touch<'a, V> {
    /// It writes this, whatever was there.
    Write(&'a V),
    /// It depends on whether this is there.
    Compare(&'a V),
    /// It is legal only if this is **not** there.
    Miss(&'a V),
    Nothing,
}

/// The writes of values with which none of these is compared. To all of them the register holds something else, whichever
/// of these values it holds: they are the same in the same places. Without such a write a call that needs that something else
/// is there may find what it compares with; other calls find nothing that they could not have found.
pub(super) fn unseen<'a, V: Eq + Hash + 'a>(touches: impl Iterator<Item = Touch<'a, V>> + Clone) -> Unseen {
    let hash = |value: &V| {
        let mut hasher = SipHasher13::new();
        value.hash(&mut hasher);
        hasher.finish()
    };
    let (mut seen, mut superfluous) = (HashTable::new(), true);
    for touch in touches.clone() {
        if let Touch::Compare(value) | Touch::Miss(value) = touch {
            superfluous &= matches!(touch, Touch::Compare(_));
            let print = hash(value);
            if seen.find(print, |other| *other == value).is_none() {
                seen.insert_unique(print, value, |other| hash(other));
            }
        }
    }
    let is_unseen = |touch: &Touch<'_, V>| match touch {
        Touch::Write(value) => seen.find(hash(value), |other| other == value).is_none(),
        Touch::Compare(_) | Touch::Miss(_) | Touch::Nothing => false,
    };
    let calls = touches.enumerate().filter(|(_, touch)| is_unseen(touch)).map(|(at, _)| at).collect();
    Unseen { calls, superfluous }
}

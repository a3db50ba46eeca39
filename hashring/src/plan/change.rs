//! A region whose copies are elsewhere than before.

use alloc::{sync::Arc, vec::Vec};

use super::regions::Region;

/// A region whose copies are on other nodes than before, or on the same in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Change<R> {
    pub(super) region: R,
    pub(super) old: Vec<Arc<str>>,
    pub(super) new: Vec<Arc<str>>,
}

/// One copy of a region that goes from one node to another; or is made where there were fewer, or dropped where there were more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Move<R> {
    /// The region.
    pub region: R,
    /// Which copy it is then, counted from 0, the owner's; of a copy that is dropped, which it was.
    pub replica: u32,
    /// Who has it and shall not.
    pub from: Option<Arc<str>>,
    /// Who shall have it and does not.
    pub to: Option<Arc<str>>,
}

impl<R: Region> Change<R> {
    /// Whether it could be one: something is different, and no node comes twice.
    #[cfg(feature = "serde")]
    pub(super) fn is_sound(&self) -> bool {
        let is_once = |names: &[Arc<str>]| {
            let mut sorted: Vec<_> = names.iter().collect();
            sorted.sort_unstable();
            sorted.windows(2).all(|two| two.first() != two.last())
        };
        self.old != self.new && is_once(&self.old) && is_once(&self.new)
    }

    /// The region.
    pub const fn region(&self) -> &R {
        &self.region
    }

    /// Who has it before, the owner first.
    pub fn old(&self) -> &[Arc<str>] {
        &self.old
    }

    /// Who has it after, the owner first.
    #[expect(clippy::new_ret_no_self, reason = "as opposed to old")]
    pub fn new(&self) -> &[Arc<str>] {
        &self.new
    }

    /// Who has it after and not before.
    pub fn added(&self) -> impl Iterator<Item = &Arc<str>> {
        self.new.iter().filter(|name| !self.old.contains(name))
    }

    /// Who has it before and not after.
    pub fn dropped(&self) -> impl Iterator<Item = &Arc<str>> {
        self.old.iter().filter(|name| !self.new.contains(name))
    }

    /// Who has it before and after.
    pub fn kept(&self) -> impl Iterator<Item = &Arc<str>> {
        self.new.iter().filter(|name| self.old.contains(name))
    }

    /// What moves: first the copies that there were not, then those that go from one node to another, then those that are dropped; in this
    /// order there are never fewer than before, or never fewer than after. None if only the order changes: then the data is
    /// where it shall be.
    pub fn moves(&self) -> impl Iterator<Item = Move<R>> {
        let place =
            |list: &[Arc<str>], name: &Arc<str>| list.iter().position(|other| other == name).unwrap_or(0);
        let dropped: Vec<_> = self.dropped().collect();
        let added: Vec<_> = self.added().collect();
        let fresh = added.len().saturating_sub(dropped.len());
        let (owned, more) = added.split_at(added.len() - fresh);
        let pairs = owned.iter().zip(&dropped).map(|(to, from)| (Some(*from), Some(*to)));
        let spare = dropped.iter().skip(owned.len()).map(|from| (Some(*from), None));
        let all: Vec<_> = more.iter().map(|to| (None, Some(*to))).chain(pairs).chain(spare).collect();
        all.into_iter().map(move |(from, to)| {
            let replica = match (from, to) {
                (_, Some(to)) => place(&self.new, to),
                (Some(from), None) => place(&self.old, from),
                (None, None) => 0,
            };
            Move {
                region: self.region.clone(),
                replica: u32::try_from(replica).unwrap_or(u32::MAX),
                from: from.cloned(),
                to: to.cloned(),
            }
        })
    }
}

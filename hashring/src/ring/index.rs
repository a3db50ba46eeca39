//! Which tokens begin with which bits, in a byte for each.

use alloc::vec::Vec;
use core::ops::Range;

use crate::bug::Bug;

/// How many tokens there are in each bucket, which is what begins with the same top bits, and how many come before.
///
/// Eight buckets are one number: how many tokens come before them (28 bits), and how many each has (4 bits).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Index {
    groups: Vec<u64>,
    /// The start of each bucket of groups in which one has more tokens than can be counted, in order.
    crowded: Vec<(u32, u32)>,
}

const BUCKETS: usize = 8;
/// A group whose counts are in the list of those that are crowded.
const CROWDED: u64 = 1 << 63;
const COUNT_MAX: u32 = 15;

impl Index {
    /// The index of buckets that have so many tokens, eight buckets at least.
    pub(crate) fn of(counts: &[u32]) -> Self {
        let mut groups = Vec::with_capacity(counts.len().div_ceil(BUCKETS));
        let mut crowded = Vec::new();
        let mut start = 0;
        for (number, counts) in (0..).step_by(BUCKETS).zip(counts.chunks(BUCKETS)) {
            let mut group = u64::from(start) << 32;
            if counts.iter().all(|&count| count <= COUNT_MAX) {
                let places = counts.iter().zip((0..).step_by(4));
                group |= places.fold(0, |group, (&count, place)| group | u64::from(count) << place);
                start += counts.iter().sum::<u32>();
            } else {
                group |= CROWDED;
                for (bucket, count) in (number..).zip(counts) {
                    crowded.push((bucket, start));
                    start += count;
                }
            }
            groups.push(group);
        }
        crowded.shrink_to_fit();
        Self { groups, crowded }
    }

    /// The positions of the tokens of a bucket, of which there are `all`.
    #[inline]
    pub(crate) fn range(&self, bucket: usize, all: usize) -> Range<usize> {
        let Some(&group) = self.groups.get(bucket / BUCKETS) else { return all..all };
        if group >= CROWDED {
            return self.crowded_range(bucket, all);
        }
        let place = bucket % BUCKETS * 4;
        #[expect(clippy::cast_possible_truncation, reason = "the lower half has the counts")]
        let counts = group as u32;
        let start = (group >> 32) as usize + sum(counts & ((1 << place) - 1)) as usize;
        start..start + (counts >> place & COUNT_MAX) as usize
    }

    #[cold]
    fn crowded_range(&self, bucket: usize, all: usize) -> Range<usize> {
        let at = self.crowded.partition_point(|&(other, _)| (other as usize) < bucket);
        let start = self.crowded.get(at).map_or(all, |&(_, start)| start as usize);
        let end = match self.crowded.get(at + 1) {
            Some(&(_, end)) if (bucket + 1) % BUCKETS != 0 => end as usize,
            _ => self.groups.get(bucket / BUCKETS + 1).map_or(all, |&next| start_of(next)),
        };
        start..end
    }

    /// The bucket of the token at a position, which is the first that is not below a hash of bucket `own`, and of `all` tokens.
    #[inline]
    pub(crate) fn bucket_at(&self, position: usize, own: usize, all: usize) -> usize {
        if self.range(own, all).contains(&position) {
            return own;
        }
        // Mostly it is the next of the group that has any.
        let counts = self.groups.get(own / BUCKETS).copied().filter(|&group| group < CROWDED).unwrap_or(0);
        let later = (counts & u64::from(u32::MAX)) >> (own % BUCKETS * 4 + 4);
        if later != 0 {
            return own + 1 + later.trailing_zeros() as usize / 4;
        }
        self.bucket_of(position, all)
    }

    /// The bucket of the token at a position.
    pub(crate) fn bucket_of(&self, position: usize, all: usize) -> usize {
        let group = self.groups.partition_point(|&group| start_of(group) <= position).saturating_sub(1);
        let first = group * BUCKETS;
        (first..first + BUCKETS).find(|&bucket| position < self.range(bucket, all).end).unwrap_or(first)
    }

    /// The same with a token less in some buckets and one more in others. `None` if a group is crowded or becomes so.
    pub(crate) fn edited(
        &self,
        less: impl Iterator<Item = usize>,
        more: impl Iterator<Item = usize>,
    ) -> Option<Self> {
        if !self.crowded.is_empty() {
            return None;
        }
        let mut groups = self.groups.clone();
        let one = |bucket: usize| 1 << (bucket % BUCKETS * 4);
        for bucket in less {
            *groups.get_mut(bucket / BUCKETS)? -= one(bucket);
        }
        for bucket in more {
            let group = groups.get_mut(bucket / BUCKETS)?;
            if *group / one(bucket) % 16 == u64::from(COUNT_MAX) {
                return None;
            }
            *group += if Bug::IndexMissesNewcomers.is_planted() { 0 } else { one(bucket) };
        }
        let mut start = 0;
        for group in &mut groups {
            let counts = *group & u64::from(u32::MAX);
            *group = start << 32 | counts;
            start += u64::from(sum_of(counts));
        }
        Some(Self { groups, crowded: Vec::new() })
    }

    /// How many buckets there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len() * BUCKETS
    }

    /// The bytes that are allocated.
    pub(crate) fn bytes(&self) -> usize {
        self.groups.capacity() * size_of::<u64>() + self.crowded.capacity() * size_of::<(u32, u32)>()
    }
}

const fn start_of(group: u64) -> usize {
    ((group & !CROWDED) >> 32) as usize
}

/// The sum of the counts of a group.
#[expect(clippy::cast_possible_truncation, reason = "the lower half has the counts")]
const fn sum_of(group: u64) -> u32 {
    sum(group as u32)
}

/// The sum of eight numbers of four bits.
#[inline]
const fn sum(counts: u32) -> u32 {
    const BYTES: u32 = 0x0f0f_0f0f;
    let pairs = (counts & BYTES) + (counts >> 4 & BYTES);
    pairs.wrapping_mul(0x0101_0101) >> 24
}

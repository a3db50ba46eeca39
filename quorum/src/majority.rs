use crate::slots::Slots;

/// How many values the smaller of the two stack arrays holds.
const FEW: usize = 9;

/// The rule of one simple majority, over the slots of those who belong to it. Never of nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Majority {
    members: Slots,
}

impl Majority {
    pub(crate) const fn of(members: Slots) -> Self {
        debug_assert!(!members.is_empty(), "a majority of nobody would always be reached");
        Self { members }
    }

    pub(crate) const fn members(self) -> Slots {
        self.members
    }

    /// More than half; of an even number that is half and one.
    const fn quorum(self) -> usize {
        self.members.len() / 2 + 1
    }

    pub(crate) fn is_reached_by(self, slots: Slots) -> bool {
        (self.members & slots).len() >= self.quorum()
    }

    /// The largest value that a quorum has reached: the lower median, which exactly a quorum is at or above.
    ///
    /// The cluster sizes that matter take a handful of comparisons without branches; the others are selected.
    pub(crate) fn committed<T: Copy + Ord>(self, reached: impl Fn(usize) -> T) -> T {
        let committed = match self.members.len() {
            1 => reached(self.members.first()),
            3 => median_of_three(self.values(&reached)),
            5 => median_of_five(self.values(&reached)),
            count if count <= FEW => lower_median(&mut self.values::<T, FEW>(&reached)[..count]),
            count => lower_median(&mut self.values::<T, { Slots::MAX }>(&reached)[..count]),
        };
        debug_assert!(
            self.is_reached_by(self.members.iter().filter(|slot| reached(*slot) >= committed).collect()),
            "committed what no quorum has reached"
        );
        committed
    }

    /// What each member has reached, on the stack; the last one's is repeated to fill the array.
    fn values<T: Copy, const N: usize>(self, reached: impl Fn(usize) -> T) -> [T; N] {
        let mut slots = self.members.iter();
        let mut latest = reached(self.members.first());
        core::array::from_fn(|_| {
            latest = slots.next().map_or(latest, &reached);
            latest
        })
    }
}

fn median_of_three<T: Copy + Ord>([a, b, c]: [T; 3]) -> T {
    a.min(b).max(a.max(b).min(c))
}

/// Of two pairs, neither the lowest nor the highest value can be the median of all five.
fn median_of_five<T: Copy + Ord>([a, b, c, d, last]: [T; 5]) -> T {
    let low = a.min(b).max(c.min(d));
    let high = a.max(b).min(c.max(d));
    median_of_three([low, high, last])
}

fn lower_median<T: Copy + Ord>(values: &mut [T]) -> T {
    *values.select_nth_unstable((values.len() - 1) / 2).1
}

//! How much a hash wants a node of some weight, in integers.

use core::cmp::Ordering;

use crate::bug::Bug;

/// How much a hash wants a node: the greater, the more.
///
/// With `u`, uniform between 0 and 1, made of the hash and the node, the node of the least `−log₂ u / weight` has the hash with a
/// probability in proportion to its weight (Schindelhauer and Schomaker 2005, the logarithmic method). Compared crosswise, so
/// that nothing is rounded after the logarithm; where that leaves them equal, the greater `u` is wanted more. So with equal weights
/// the greatest `u` has the hash, and who knows that weights are equal need not take logarithms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Score {
    cost: u64,
    weight: u32,
    mixed: u64,
}

impl Score {
    /// Less than that of any node.
    pub(crate) const NONE: Self = Self { cost: u64::MAX, weight: 1, mixed: 0 };

    #[inline]
    pub(crate) fn new(mixed: u64, weight: u32) -> Self {
        let cost = if Bug::HrwIsLinear.is_planted() { !mixed >> 10 } else { cost(mixed) };
        Self { cost, weight, mixed }
    }

    /// Whether a node of that weight is wanted less for sure, without taking its logarithm.
    #[inline]
    pub(crate) fn surely_beats(&self, mixed: u64, weight: u32) -> bool {
        let least = least_cost(mixed);
        u128::from(self.cost) * u128::from(weight) < u128::from(least) * u128::from(self.weight)
    }
}

impl Ord for Score {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let crosswise = |a: &Self, b: &Self| u128::from(a.cost) * u128::from(b.weight);
        crosswise(other, self).cmp(&crosswise(self, other)).then_with(|| self.mixed.cmp(&other.mixed))
    }
}

impl PartialOrd for Score {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}

/// One, as logarithms have it: 48 bits are behind the point.
const ONE: u64 = 1 << 48;

/// `−log₂` of a number as a part of 2⁶⁴ (of the next odd one, so that it is never 0), up to 64, within 1.4 · 10⁻⁹. It falls as the
/// number rises.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "8 bits are an index, and a part of a rise is no more than it"
)]
fn cost(mixed: u64) -> u64 {
    let number = mixed | 1;
    let zeros = number.leading_zeros();
    let fraction = number << zeros << 1;
    let [step, rest] = [fraction >> 56, fraction >> 24 & 0xffff_ffff];
    // The steps are all there: an index of 8 bits.
    let Knot { height, rise, bulge } = KNOTS.get(step as usize).copied().unwrap_or(KNOTS[0]);
    // A chord from step to step, and what the curve is above it, a parabola.
    let chord = (u128::from(rise) * u128::from(rest)) >> 32;
    let above = (bulge * ((rest * ((1 << 32) - rest)) >> 32)) >> 32;
    (u64::from(zeros) + 1) * ONE - height - chord as u64 - above
}

/// A number that is never above [`cost`], and near it where that is small: `−log₂ u ≥ (1 − u) / ln 2`, and 45/32 is 2.5 percent
/// less than `1 / ln 2`, which is more than rounding can be.
#[inline]
const fn least_cost(mixed: u64) -> u64 {
    ((!mixed >> 16) * 45) >> 5
}

/// The logarithm at a step, and from there to the next.
#[derive(Clone, Copy, Debug)]
struct Knot {
    height: u64,
    rise: u64,
    /// Four times as much as the curve is above the chord in the middle.
    bulge: u64,
}

/// The binary logarithms of 1 to 2 in 256 steps.
const KNOTS: [Knot; 256] = {
    let mut knots = [Knot { height: 0, rise: 0, bulge: 0 }; 256];
    let mut step = 0;
    while step < knots.len() {
        let [from, middle, to] = [log2(step * 2), log2(step * 2 + 1), log2(step * 2 + 2)];
        knots[step] = Knot { height: from, rise: to - from, bulge: 2 * (2 * middle - from - to) };
        step += 1;
    }
    knots
};

/// The binary logarithm of `1 + part / 512`, digit by digit: a square has twice the logarithm.
const fn log2(part: usize) -> u64 {
    if part == 512 {
        return ONE;
    }
    let mut number = (512 + part as u128) << 54; // 63 bits behind the point
    let mut log = 0;
    let mut digit = ONE;
    while digit > 0 {
        number = (number * number) >> 63;
        digit >>= 1;
        if number >= 1 << 64 {
            number >>= 1;
            log |= digit;
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::{KNOTS, ONE, Score, cost, least_cost};
    use crate::hash::mix;

    extern crate std;

    /// At the edges of all steps in all octaves, and at random.
    fn numbers() -> impl Iterator<Item = u64> {
        let edges = (0..64).flat_map(|shift| {
            (0..=256_u64).flat_map(move |step| {
                let edge = ((256 + step) << 55).checked_shr(shift).unwrap_or(0);
                [
                    edge.wrapping_sub(2),
                    edge.wrapping_sub(1),
                    edge,
                    edge.wrapping_add(1),
                    edge.wrapping_add(1 << 23),
                ]
            })
        });
        edges.chain((0..1_000_000).map(mix)).chain((0..64).map(|shift| u64::MAX >> shift))
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate is what it is compared with")]
    #[test]
    fn costs_are_logarithms() {
        let mut worst = 0.0_f64;
        for number in numbers() {
            let exact = -f64::log2((number | 1) as f64 / 18_446_744_073_709_551_616.0);
            worst = worst.max((cost(number) as f64 / ONE as f64 - exact).abs());
        }
        assert!(worst < 1.4e-9, "off by {worst}");
        std::println!("off by {worst:e} at most");
    }

    #[test]
    fn costs_fall_as_numbers_rise() {
        let mut numbers: std::vec::Vec<_> = numbers().collect();
        numbers.sort_unstable();
        for pair in numbers.windows(2) {
            assert!(cost(pair[0]) >= cost(pair[1]), "{pair:?}");
        }
        // In one octave from one value of what is read to the next, around every step.
        for step in 0..256_u64 {
            for around in 0..200 {
                let number = (1 << 63) + (step << 55) + (around << 23);
                let before = number.saturating_sub(1 << 23).max(1 << 63);
                assert!(around + step == 0 || cost(before) > cost(number), "{number:x}");
            }
        }
    }

    #[test]
    fn what_is_surely_worse_is_worse() {
        for number in numbers() {
            assert!(least_cost(number) <= cost(number), "{number:x}");
        }
        let numbers: std::vec::Vec<_> = (0..300).map(mix).collect();
        let mut skipped = 0;
        for (&a, &b) in numbers.iter().flat_map(|a| numbers.iter().map(move |b| (a, b))) {
            for (of_a, of_b) in [(1, 1), (1, 3), (7, 2), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
                let [first, second] = [Score::new(a, of_a), Score::new(b, of_b)];
                if first.surely_beats(b, of_b) {
                    assert!(first > second);
                    skipped += 1;
                }
                if of_a == of_b {
                    assert_eq!(
                        first.cmp(&second),
                        a.cmp(&b),
                        "with equal weights the greater number is wanted more"
                    );
                }
            }
        }
        assert!(skipped > 0);
    }

    #[test]
    fn logarithms_are_those_of_books() {
        // 3/2, 5/4, 7/4.
        for (step, exact) in
            [(128, 0.584_962_500_721_156), (64, 0.321_928_094_887_362), (192, 0.807_354_922_057_604)]
        {
            #[expect(clippy::cast_precision_loss, reason = "48 bits fit")]
            let height = KNOTS[step].height as f64 / ONE as f64;
            assert!((height - exact).abs() < 1e-14, "{height} {exact}");
        }
    }
}

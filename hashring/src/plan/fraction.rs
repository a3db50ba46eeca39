//! Parts of a whole, exactly.

use core::{cmp::Ordering, fmt};

/// A fraction in lowest terms. A part of nothing is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    part: u128,
    whole: u128,
}

impl Fraction {
    /// None.
    pub const ZERO: Self = Self { part: 0, whole: 1 };

    /// `part / whole`.
    pub const fn new(part: u128, whole: u128) -> Self {
        if part == 0 || whole == 0 {
            return Self::ZERO;
        }
        let (mut divisor, mut rest) = (whole, part % whole);
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Self { part: part / divisor, whole: whole / divisor }
    }

    /// Above the line.
    pub const fn part(self) -> u128 {
        self.part
    }

    /// Below the line; never 0.
    pub const fn whole(self) -> u128 {
        self.whole
    }

    /// About as much, to show it.
    #[expect(clippy::cast_precision_loss, reason = "to show it")]
    pub fn as_f64(self) -> f64 {
        self.part as f64 / self.whole as f64
    }
}

impl Ord for Fraction {
    /// By whole parts, and if they are equal by what is left, the other way up (Euclid). Ends after as many steps as numbers of 128 bits
    /// have common divisors to try: fewer than 200.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = ((self.part, self.whole), (other.part, other.whole));
        let mut order = Ordering::Less;
        loop {
            let (left, right) = (a.0 / a.1, b.0 / b.1);
            if left != right {
                return if order == Ordering::Less { left.cmp(&right) } else { right.cmp(&left) };
            }
            let (left, right) = (a.0 % a.1, b.0 % b.1);
            if left == 0 || right == 0 {
                return if order == Ordering::Less { left.cmp(&right) } else { right.cmp(&left) };
            }
            (a, b) = ((a.1, left), (b.1, right));
            order = order.reverse();
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.whole)
    }
}

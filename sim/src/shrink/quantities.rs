//! Numbers that are small and round.

use core::time::Duration;

use quorate_machine::Time;

use crate::{
    plan::Plan,
    shrink::{
        parts::{DELAY_MIN, Quantity, quantities},
        search::Search,
    },
    subject::Subject,
};

impl<S: Subject> Search<'_, S> {
    /// Shortens and rounds whatever can be shorter and rounder.
    pub(super) fn make_plain(&mut self) {
        let is_stuck = self.is_stuck();
        let count = quantities(&mut self.best, is_stuck).len();
        for at in 0..count {
            let Some(simpler) = quantities(&mut self.best, is_stuck).get(at).map(Quantity::simpler) else {
                return;
            };
            for value in simpler {
                let mut candidate = self.best.clone();
                if let Some(quantity) = quantities(&mut candidate, is_stuck).into_iter().nth(at) {
                    quantity.set(value);
                }
                if self.keep(&in_order(candidate)) {
                    break;
                }
            }
        }
    }
}

/// Commands in the order of their instants, as generated plans have them.
fn in_order(mut plan: Plan) -> Plan {
    plan.commands.sort_by_key(|command| command.at);
    plan
}

impl Quantity<'_> {
    /// Smaller or rounder values, the best first.
    fn simpler(&self) -> Vec<u64> {
        let (value, least) = match self {
            Self::Span(span) => (nanos(span), 0),
            Self::Delay(delay) => (nanos(delay), nanos(&DELAY_MIN)),
            Self::Instant(at) => (at.as_nanos(), 0),
            Self::Nth(nth) => (**nth, 1),
        };
        let half = value / 2;
        let mut values =
            vec![least, rounded(half, 1), rounded(value, 1), rounded(value, 2), rounded(value, 3)];
        if let Self::Nth(nth) = self {
            values.push(nth.saturating_sub(1));
        }
        values.retain(|simpler| (least..value).contains(simpler));
        values.dedup();
        values
    }

    fn set(self, value: u64) {
        match self {
            Self::Span(span) | Self::Delay(span) => *span = Duration::from_nanos(value),
            Self::Instant(at) => *at = Time::from_nanos(value),
            Self::Nth(nth) => *nth = value,
        }
    }
}

fn nanos(span: &Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// The value with all but its first decimal digits zero.
fn rounded(value: u64, digits: u32) -> u64 {
    let all = value.checked_ilog10().unwrap_or(0) + 1;
    let unit = 10_u64.saturating_pow(all.saturating_sub(digits));
    value / unit * unit
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn rounding_keeps_the_first_digits() {
        let cases =
            [(0, 1, 0), (7, 1, 7), (451_731, 1, 400_000), (451_731, 2, 450_000), (451_731, 9, 451_731)];
        for (value, digits, plain) in cases {
            assert_eq!(rounded(value, digits), plain);
        }
        assert_eq!(rounded(u64::MAX, 1), 10_000_000_000_000_000_000);
    }
}

use core::cmp::Ordering;

use quickcheck::Gen;

use super::{Values, cases, demand};
use crate::laws::Finding;

/// Values with a partial order.
pub trait Ordered: Values {
    /// How the type compares two of them; nothing if they are concurrent.
    fn compare(&self, a: &Self::Value, b: &Self::Value) -> Option<Ordering>;

    /// Whether `a` is at most `b`. By default as [`compare`](Self::compare) says; better, as the definition does, slow
    /// and plain, so that the two are held against each other.
    fn at_most(&self, a: &Self::Value, b: &Self::Value) -> bool {
        self.compare(a, b).is_some_and(Ordering::is_le)
    }
}

/// Values that their owner makes larger: a clock that ticks.
pub trait Growing: Ordered {
    /// The value after something has happened.
    fn grown(&self, g: &mut Gen, value: &Self::Value) -> Self::Value;
}

/// `a ≤ a`.
///
/// # Errors
/// Which value is not.
pub fn order_is_reflexive<V: Ordered>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        demand(values.at_most(&a, &a), || format!("{a:?} is not at most itself"))?;
        let compared = values.compare(&a, &a);
        demand(compared == Some(Ordering::Equal), || format!("{a:?} compares with itself as {compared:?}"))?;
        Ok(true)
    })
}

/// If `a ≤ b` and `b ≤ a`, then `a = b`.
///
/// # Errors
/// Which values are not.
pub fn order_is_antisymmetric<V: Ordered>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let b = values.near(g, &a);
        let met = values.at_most(&a, &b) && values.at_most(&b, &a);
        demand(!met || a == b, || format!("{a:?} and {b:?} are at most each other, and not equal"))?;
        Ok(met)
    })
}

/// If `a ≤ b` and `b ≤ c`, then `a ≤ c`.
///
/// # Errors
/// Which values are not.
pub fn order_is_transitive<V: Ordered>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let b = values.value(g);
        let (a, c) = (values.near(g, &b), values.near(g, &b));
        let met = values.at_most(&a, &b) && values.at_most(&b, &c);
        demand(!met || values.at_most(&a, &c), || {
            format!("{a:?} is at most {b:?}, that at most {c:?}, and the first not at most the last")
        })?;
        Ok(met && a != b && b != c)
    })
}

/// Comparing says what `≤` and `=` say, and the reverse the other way round.
///
/// # Errors
/// Which values compare otherwise.
pub fn comparison_agrees<V: Ordered>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let b = values.near(g, &a);
        let expected = match (values.at_most(&a, &b), values.at_most(&b, &a)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        };
        let (found, back) = (values.compare(&a, &b), values.compare(&b, &a));
        demand(found == expected, || format!("{a:?} to {b:?} is {expected:?} and compares as {found:?}"))?;
        demand(back == found.map(Ordering::reverse), || {
            format!("{a:?} to {b:?} compares as {found:?}, and the other way as {back:?}")
        })?;
        let equal = a == b;
        demand(equal == (found == Some(Ordering::Equal)), || {
            format!("{a:?} to {b:?} compares as {found:?}; that they are equal is {equal}")
        })?;
        Ok(!equal)
    })
}

/// Any two are ordered.
///
/// # Errors
/// Which two are not.
pub fn order_is_total<V: Ordered>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let b = values.near(g, &a);
        demand(values.compare(&a, &b).is_some(), || format!("{a:?} and {b:?} do not compare"))?;
        Ok(a != b)
    })
}

/// What has grown is greater than it was.
///
/// # Errors
/// What is not.
pub fn growth_is_strict<V: Growing>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let before = values.value(g);
        let after = values.grown(g, &before);
        let greater = values.at_most(&before, &after) && !values.at_most(&after, &before);
        demand(greater, || format!("{before:?} grows into {after:?}, which is not greater"))?;
        Ok(true)
    })
}

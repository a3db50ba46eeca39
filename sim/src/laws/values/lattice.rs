use quickcheck::Gen;

use super::{Ordered, cases, demand};
use crate::laws::Finding;

/// Ordered values any two of which have a least upper bound: what they become when they are merged.
pub trait Lattice: Ordered {
    /// The least value that is at least `a` and at least `b`.
    fn join(&self, a: &Self::Value, b: &Self::Value) -> Self::Value;
}

/// A lattice in which any two values also have a greatest lower bound: what both of them know.
pub trait Meet: Lattice {
    /// The greatest value that is at most `a` and at most `b`.
    fn meet(&self, a: &Self::Value, b: &Self::Value) -> Self::Value;
}

/// `a ∨ a = a`.
///
/// # Errors
/// Which value is not.
pub fn join_is_idempotent<V: Lattice>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    idempotent(values, g, "join", V::join)
}

/// `a ∨ b = b ∨ a`.
///
/// # Errors
/// Which values are not.
pub fn join_is_commutative<V: Lattice>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    commutative(values, g, "join", V::join)
}

/// `(a ∨ b) ∨ c = a ∨ (b ∨ c)`.
///
/// # Errors
/// Which values are not.
pub fn join_is_associative<V: Lattice>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    associative(values, g, "join", V::join)
}

/// `a ∧ a = a`.
///
/// # Errors
/// Which value is not.
pub fn meet_is_idempotent<V: Meet>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    idempotent(values, g, "meet", V::meet)
}

/// `a ∧ b = b ∧ a`.
///
/// # Errors
/// Which values are not.
pub fn meet_is_commutative<V: Meet>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    commutative(values, g, "meet", V::meet)
}

/// `(a ∧ b) ∧ c = a ∧ (b ∧ c)`.
///
/// # Errors
/// Which values are not.
pub fn meet_is_associative<V: Meet>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    associative(values, g, "meet", V::meet)
}

/// `a ≤ a ∨ b` and `b ≤ a ∨ b`; and if `a ≤ u` and `b ≤ u`, then `a ∨ b ≤ u`.
///
/// # Errors
/// Which values are not.
pub fn join_is_the_least_upper_bound<V: Lattice>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    bound(values, g, "join", V::join, V::at_most)
}

/// `a ∧ b ≤ a` and `a ∧ b ≤ b`; and if `l ≤ a` and `l ≤ b`, then `l ≤ a ∧ b`.
///
/// # Errors
/// Which values are not.
pub fn meet_is_the_greatest_lower_bound<V: Meet>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    bound(values, g, "meet", V::meet, |values, a, b| values.at_most(b, a))
}

/// If `a ≤ b`, then `a ∨ c ≤ b ∨ c`: what is merged never takes anything away.
///
/// # Errors
/// Which values are not.
pub fn join_is_monotone<V: Lattice>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let (near, c) = (values.near(g, &a), values.near(g, &a));
        let b = if values.at_most(&a, &near) { near } else { values.join(&a, &near) };
        if !values.at_most(&a, &b) || a == b {
            return Ok(false);
        }
        let (lower, upper) = (values.join(&a, &c), values.join(&b, &c));
        demand(values.at_most(&lower, &upper), || {
            format!("{a:?} is at most {b:?}; joined with {c:?}, {lower:?} is not at most {upper:?}")
        })?;
        Ok(true)
    })
}

/// `a ∨ (a ∧ b) = a` and `a ∧ (a ∨ b) = a`.
///
/// # Errors
/// Which values are not.
pub fn join_and_meet_absorb<V: Meet>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let b = values.near(g, &a);
        let of_meet = values.join(&a, &values.meet(&a, &b));
        demand(of_meet == a, || format!("{a:?} joined with its meet with {b:?} is {of_meet:?}"))?;
        let of_join = values.meet(&a, &values.join(&a, &b));
        demand(of_join == a, || format!("{a:?} met with its join with {b:?} is {of_join:?}"))?;
        Ok(a != b)
    })
}

/// `a ∧ (b ∨ c) = (a ∧ b) ∨ (a ∧ c)`.
///
/// # Errors
/// Which values are not.
pub fn join_and_meet_distribute<V: Meet>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let (b, c) = (values.near(g, &a), values.near(g, &a));
        let of_join = values.meet(&a, &values.join(&b, &c));
        let of_meets = values.join(&values.meet(&a, &b), &values.meet(&a, &c));
        demand(of_join == of_meets, || {
            format!(
                "{a:?} met with {b:?} joined with {c:?} is {of_join:?}, and joined afterwards {of_meets:?}"
            )
        })?;
        Ok(a != b && b != c)
    })
}

fn idempotent<V: Lattice>(
    values: &V,
    g: &mut Gen,
    name: &str,
    with: impl Fn(&V, &V::Value, &V::Value) -> V::Value,
) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let found = with(values, &a, &a);
        demand(found == a, || format!("the {name} of {a:?} with itself is {found:?}"))?;
        Ok(true)
    })
}

fn commutative<V: Lattice>(
    values: &V,
    g: &mut Gen,
    name: &str,
    with: impl Fn(&V, &V::Value, &V::Value) -> V::Value,
) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let b = values.near(g, &a);
        let (there, back) = (with(values, &a, &b), with(values, &b, &a));
        demand(there == back, || {
            format!("the {name} of {a:?} and {b:?} is {there:?}, and the other way round {back:?}")
        })?;
        Ok(a != b)
    })
}

fn associative<V: Lattice>(
    values: &V,
    g: &mut Gen,
    name: &str,
    with: impl Fn(&V, &V::Value, &V::Value) -> V::Value,
) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let (b, c) = (values.near(g, &a), values.near(g, &a));
        let left = with(values, &with(values, &a, &b), &c);
        let right = with(values, &a, &with(values, &b, &c));
        demand(left == right, || {
            format!(
                "the {name} of {a:?}, {b:?} and {c:?} is {left:?} from the left and {right:?} from the right"
            )
        })?;
        Ok(a != b && b != c)
    })
}

/// A bound is one on both sides, and no other is nearer: the values themselves are tried, and what is near to them.
fn bound<V: Lattice>(
    values: &V,
    g: &mut Gen,
    name: &str,
    with: impl Fn(&V, &V::Value, &V::Value) -> V::Value,
    within: impl Fn(&V, &V::Value, &V::Value) -> bool,
) -> Result<Finding, String> {
    cases(g, |g| {
        let a = values.value(g);
        let b = values.near(g, &a);
        let found = with(values, &a, &b);
        demand(within(values, &a, &found) && within(values, &b, &found), || {
            format!("the {name} of {a:?} and {b:?}, {found:?}, is no bound of both")
        })?;
        let (by_a, by_b, by_found) = (values.near(g, &a), values.near(g, &b), values.near(g, &found));
        let further = values.near(g, &by_a);
        let others = [a.clone(), b.clone(), by_a, by_b, by_found, further, values.value(g)];
        let mut met = false;
        for other in others.iter().filter(|other| within(values, &a, other) && within(values, &b, other)) {
            met |= a != b;
            demand(within(values, &found, other), || {
                format!("the {name} of {a:?} and {b:?} is {found:?}, and {other:?} is a nearer bound")
            })?;
        }
        Ok(met)
    })
}

use core::fmt::Debug;

use quickcheck::Gen;

use super::{Values, cases, demand};
use crate::laws::Finding;

/// Values that are changed and asked: a ring that gains a node and is asked where a key lives, a detector that hears from a
/// peer and is asked whom it suspects.
pub trait Changing: Values {
    /// What may happen to it.
    type Change: Debug;
    /// What it may be asked.
    type Question: Debug;
    /// What it says.
    type Answer: Debug + PartialEq;

    /// Something that may happen to this value.
    fn change(&self, g: &mut Gen, value: &Self::Value) -> Self::Change;

    /// The value after it has happened.
    fn changed(&self, value: &Self::Value, change: &Self::Change) -> Self::Value;

    /// Something that this value may be asked.
    fn question(&self, g: &mut Gen, value: &Self::Value) -> Self::Question;

    /// What it says.
    fn answer(&self, value: &Self::Value, question: &Self::Question) -> Self::Answer;

    /// Whether the change may turn the one answer into the other. That a node was added, for example, may only turn
    /// another owner into that node; that it was removed, only that node into another.
    fn involves(
        &self,
        change: &Self::Change,
        question: &Self::Question,
        before: &Self::Answer,
        after: &Self::Answer,
    ) -> bool;
}

/// Values that are a function of an argument which the answer follows: a suspicion that grows with the silence.
pub trait Rising: Values {
    /// The argument.
    type Argument: Debug + PartialOrd;
    /// The answer; what does not compare with itself, such as a NaN, is no answer.
    type Answer: Debug + PartialOrd;

    /// An argument.
    fn argument(&self, g: &mut Gen, value: &Self::Value) -> Self::Argument;

    /// The answer there.
    fn at(&self, value: &Self::Value, argument: &Self::Argument) -> Self::Answer;
}

/// A change changes those answers alone that involve it.
///
/// # Errors
/// Which other answer it changes.
pub fn changes_only_what_is_involved<V: Changing>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let before = values.value(g);
        let change = values.change(g, &before);
        let after = values.changed(&before, &change);
        let mut met = false;
        for _ in 0..QUESTIONS {
            let question = values.question(g, &before);
            let (was, is) = (values.answer(&before, &question), values.answer(&after, &question));
            met |= was != is;
            demand(was == is || values.involves(&change, &question, &was, &is), || {
                format!("{change:?} turns the answer to {question:?} from {was:?} into {is:?}, in {before:?}")
            })?;
        }
        Ok(met)
    })
}

const QUESTIONS: usize = 8;

/// A greater argument has no lesser answer.
///
/// # Errors
/// Where it has.
pub fn answers_never_fall<V: Rising>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let value = values.value(g);
        let (one, other) = (values.argument(g, &value), values.argument(g, &value));
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        if low > high || low.partial_cmp(&high).is_none() {
            return Ok(false);
        }
        let (at_low, at_high) = (values.at(&value, &low), values.at(&value, &high));
        demand(at_low <= at_high, || {
            format!("at {low:?} it is {at_low:?}, and at {high:?} {at_high:?}, for {value:?}")
        })?;
        Ok(at_low < at_high)
    })
}

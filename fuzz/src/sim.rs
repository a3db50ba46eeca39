//! Plans of the simulator: text that people write and corpora keep.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use quorate_sim::Plan;

/// A text is refused at a place that it has, or is a plan that prints as text that is the same plan.
pub fn plan(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    match text.parse::<Plan>() {
        Ok(plan) => {
            let printed = plan.to_string();
            assert_eq!(printed.parse().as_ref(), Ok(&plan), "{printed}");
            assert!((1..=64).contains(&plan.nodes), "{} nodes", plan.nodes);
        }
        Err(error) => {
            let line = text.lines().nth(error.line - 1).unwrap_or_default();
            assert!((1..=line.chars().count() + 1).contains(&error.column), "{error} in {line:?}");
            assert!(!error.to_string().is_empty());
        }
    }
}

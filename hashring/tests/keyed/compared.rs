//! What a check says of two values that should be equal.

use std::fmt::Debug;

#[expect(clippy::needless_pass_by_value, reason = "what is compared is made on the spot")]
pub(crate) fn equal<T: PartialEq + Debug>(
    what: impl FnOnce() -> String,
    got: T,
    expected: T,
) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{}: {got:?}, expected {expected:?}", what())) }
}

//! Spans as the models compute with them.

use core::time::Duration;

/// The span in nanoseconds; the most that there can be if it is longer.
pub(crate) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// The same number as a float, to the nearest one.
#[expect(clippy::cast_precision_loss, reason = "coarse silences have 44 bits, and a day has 47")]
pub(crate) const fn to_float(nanos: u64) -> f64 {
    nanos as f64
}

//! The one place that reads the wall clock.

use core::time::Duration;

/// Time since the Unix epoch; zero for a clock that is set before it.
#[expect(
    clippy::disallowed_types,
    reason = "the server tells its machine the time; machines do not read clocks"
)]
pub(crate) fn since_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}

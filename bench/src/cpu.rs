//! The time that this process has computed for: on a machine that is shared, the wall's clock measures the others.

use core::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// All threads together, since the process began.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanos)
}

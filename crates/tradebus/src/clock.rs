//! Time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds since 1970 UTC, by the clock of this machine.
pub(crate) fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos() as u64)
}

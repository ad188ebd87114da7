//! Whether the clock of the server and that of this machine say the same.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tradebus::StreamStore;

use crate::finding::{Finding, Looked};
use crate::times::ms;

/// Readings, of which the one with the shortest way counts.
const READINGS: usize = 5;
/// Milliseconds from which on it is worth a warning.
const WARN_MS: f64 = 100.0;
/// Milliseconds from which on delays, expiry and leases go wrong.
const FAIL_MS: f64 = 5_000.0;

/// The server's clock against ours, in milliseconds, and how long the way there and back took.
#[derive(Debug, Clone, Copy)]
struct Reading {
    ahead: f64,
    way: f64,
}

pub(super) async fn look(store: &dyn StreamStore) -> Looked {
    if store.ask_server(&["PING"]).await?.is_none() {
        return Ok(Finding::pass("the store is in this process, and has its clock"));
    }
    let mut best: Option<Reading> = None;
    for _ in 0..READINGS {
        let (before, asked) = (local_ms(), Instant::now());
        let server = store.now_ms().await?;
        let way = ms(asked.elapsed());
        if best.is_none_or(|best| way < best.way) {
            // The server looked at its clock about half way, and tells whole milliseconds.
            best = Some(Reading { ahead: server as f64 + 0.5 - (before + way / 2.0), way });
        }
    }
    Ok(best.map_or_else(|| Finding::skip("it was not read", ""), judge))
}

fn local_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, ms)
}

fn judge(reading: Reading) -> Finding {
    let off = reading.ahead.abs();
    let side = if reading.ahead < 0.0 { "behind" } else { "ahead" };
    // What is less than the way is not known.
    let detail = if off <= reading.way.max(1.0) {
        format!("the clocks agree, within {:.1} ms", reading.way.max(1.0))
    } else {
        format!("the clock of the server is {off:.0} ms {side} of this machine's")
    };
    let advice =
        "keep the clocks of both in step, by NTP: expiry, delays and the ages of entries compare them";
    match off {
        FAIL_MS.. => Finding::fail(detail, advice),
        WARN_MS.. => Finding::warn(detail, advice),
        _ => Finding::pass(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::{Reading, judge};
    use crate::report::Status;

    #[test]
    fn by_how_far_they_are_apart() {
        let cases = [
            (0.3, Status::Pass, "agree"),
            (-20.0, Status::Pass, "20 ms behind"),
            (150.0, Status::Warn, "150 ms ahead"),
            (-150.0, Status::Warn, "150 ms behind"),
            (9_000.0, Status::Fail, "9000 ms ahead"),
        ];
        for (ahead, status, text) in cases {
            let finding = judge(Reading { ahead, way: 0.2 });
            assert!(finding.status == status && finding.detail.contains(text), "{ahead}: {finding:?}");
        }
    }
}

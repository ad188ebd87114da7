//! Whether the server may throw streams away when its memory is full, and how full it is.

use tradebus::StreamStore;

use crate::finding::{Finding, Looked};
use crate::server::{Facts, Told, info, settings};

/// Part of the memory from which on it is worth a warning, in percent.
const HIGH: u64 = 80;

pub(super) async fn look(store: &dyn StreamStore) -> Looked {
    let memory = match info(store, "memory").await? {
        Told::Embedded => {
            return Ok(Finding::pass(
                "the embedded engine throws nothing away; streams are bounded by max_length",
            ));
        }
        memory => memory.facts(),
    };
    let settings = settings(store, &["maxmemory-policy", "maxmemory"]).await?.facts();
    Ok(judge(&memory, &settings))
}

fn judge(memory: &Facts, settings: &Facts) -> Finding {
    let policy = settings.get("maxmemory-policy").or_else(|| memory.get("maxmemory_policy"));
    let limit =
        settings.number("maxmemory").or_else(|| memory.number("maxmemory")).filter(|limit| *limit > 0);
    let used = memory.number("used_memory");
    let Some(policy) = policy else {
        return Finding::skip(
            "the server does not tell what it does when its memory is full",
            "look up in its console that maxmemory-policy is noeviction, or allow the user INFO or CONFIG GET",
        );
    };
    let detail = format!("maxmemory-policy {policy}, {}", usage(used, limit));
    match policy {
        "noeviction" => by_usage(detail, used, limit),
        // Streams never expire, but what tells whose turn it is does.
        volatile if volatile.starts_with("volatile-") => Finding::warn(
            format!("{detail}: a full server throws away leases, and with them whose work it is"),
            "CONFIG SET maxmemory-policy noeviction",
        ),
        _ if limit.is_none() => Finding::warn(
            format!("{detail}: once it has a limit, it throws whole streams and groups away when it is full"),
            "CONFIG SET maxmemory-policy noeviction",
        ),
        _ => Finding::fail(
            format!("{detail}: a full server throws whole streams and groups away, without a word"),
            "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
        ),
    }
}

fn by_usage(detail: String, used: Option<u64>, limit: Option<u64>) -> Finding {
    match percent(used, limit) {
        Some(percent) if percent >= HIGH => Finding::warn(
            format!("{detail}: a full server refuses messages"),
            "raise maxmemory, or keep less: max_length and autotrim_mins; tradebus stream ls shows what is large",
        ),
        _ => Finding::pass(detail),
    }
}

fn percent(used: Option<u64>, limit: Option<u64>) -> Option<u64> {
    let (used, limit) = (used?, limit?);
    used.saturating_mul(100).checked_div(limit)
}

fn usage(used: Option<u64>, limit: Option<u64>) -> String {
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    match (used, limit) {
        (Some(used), Some(limit)) => {
            format!(
                "{} of {} used ({} %)",
                mib(used),
                mib(limit),
                percent(Some(used), Some(limit)).unwrap_or(0)
            )
        }
        (Some(used), None) => format!("{} used, without a limit", mib(used)),
        (None, Some(limit)) => format!("a limit of {}", mib(limit)),
        (None, None) => "use unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, judge};
    use crate::report::Status;

    fn judged(policy: &str, limit: &str, used: &str) -> (Status, String) {
        let settings = Facts::of(&[("maxmemory-policy", policy), ("maxmemory", limit)]);
        let finding = judge(&Facts::of(&[("used_memory", used)]), &settings);
        (finding.status, finding.detail)
    }

    #[test]
    fn policies() {
        assert_eq!(judged("noeviction", "0", "1048576").0, Status::Pass);
        let (status, detail) = judged("allkeys-lru", "1000000", "1");
        assert!(status == Status::Fail && detail.contains("allkeys-lru"), "{detail}");
        assert_eq!(judged("allkeys-lru", "0", "1").0, Status::Warn);
        assert_eq!(judged("volatile-ttl", "1000000", "1").0, Status::Warn);
    }

    #[test]
    fn a_full_server_is_worth_a_warning() {
        assert_eq!(judged("noeviction", "1000", "799").0, Status::Pass);
        let (status, detail) = judged("noeviction", "1000", "800");
        assert!(status == Status::Warn && detail.contains("80 %"), "{detail}");
    }

    #[test]
    fn info_alone_is_enough_and_silence_is_told() {
        let info = Facts::of(&[("maxmemory_policy", "allkeys-random"), ("maxmemory", "5")]);
        assert_eq!(judge(&info, &Facts::default()).status, Status::Fail);
        assert_eq!(judge(&Facts::default(), &Facts::default()).status, Status::Skip);
    }
}

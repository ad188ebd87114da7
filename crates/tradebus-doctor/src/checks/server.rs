//! What kind of server it is, in which version, and what its streams can do.

use std::fmt::Write as _;

use tradebus::StreamStore;

use crate::finding::{Finding, Looked};
use crate::server::{Facts, Told, info};

/// The oldest version that can be used.
const LEAST: (u32, u32) = (6, 2);

pub(super) async fn look(store: &dyn StreamStore) -> Looked {
    let server = match info(store, "server").await? {
        Told::Embedded => return Ok(embedded(store)),
        Told::Refused(words) => {
            return Ok(Finding::warn(
                format!("the version is not known: {words}"),
                "allow the user INFO, so that an old server is noticed: +info",
            ));
        }
        Told::Said(server) => server,
    };
    let replication = info(store, "replication").await?.facts();
    Ok(judge(&server, &replication))
}

fn embedded(store: &dyn StreamStore) -> Finding {
    Finding::pass(format!(
        "{} of tradebus {}: all stream features",
        store.describe(),
        env!("CARGO_PKG_VERSION")
    ))
}

fn judge(server: &Facts, replication: &Facts) -> Finding {
    let Some((kind, version)) = kind(server) else {
        return Finding::warn(
            "it does not tell its version",
            "use Redis 6.2 or newer, Valkey, or tradebus serve",
        );
    };
    let speaks = server.get("redis_version").unwrap_or(version);
    let known = numbers(speaks);
    if known < LEAST {
        let detail = format!("{kind} {version} has no streams that can be used");
        return Finding::fail(detail, "use Redis 6.2 or newer, Valkey, or tradebus serve");
    }
    let mode = server.get("redis_mode").unwrap_or("standalone");
    let mut detail = format!("{kind} {version}, {mode}, {}", features(known));
    if kind != "Redis" {
        // Writing to memory cannot fail.
        let _ = write!(detail, "; speaks as Redis {speaks}");
    }
    if mode == "cluster" {
        return Finding::fail(
            detail,
            "the bus follows no redirections: use a server that is not part of a cluster",
        );
    }
    if replication.get("role") == Some("slave") {
        let primary = replication.get("master_host").unwrap_or("its primary");
        return Finding::fail(
            format!("{detail}; it is a replica, which takes no messages"),
            format!("name the primary as the store: {primary}"),
        );
    }
    Finding::pass(detail)
}

/// What it is called, and in which version.
fn kind(server: &Facts) -> Option<(&'static str, &str)> {
    let named = [
        ("tradebus_version", "the port of tradebus"),
        ("valkey_version", "Valkey"),
        ("redis_version", "Redis"),
    ];
    named.into_iter().find_map(|(field, kind)| Some((kind, server.get(field)?)))
}

fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// What the streams of a version can do that the bus makes something of.
const fn features(version: (u32, u32)) -> &'static str {
    if version.0 >= 7 {
        "trims by age, tells how far groups are behind"
    } else {
        "trims by age, does not tell how far groups are behind (Redis 7 does)"
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, judge};
    use crate::report::Status;

    fn judged(server: &[(&str, &str)], replication: &[(&str, &str)]) -> (Status, String, String) {
        let finding = judge(&Facts::of(server), &Facts::of(replication));
        (finding.status, finding.detail, finding.advice)
    }

    #[test]
    fn versions() {
        let (status, detail, _) = judged(&[("redis_version", "7.0.15"), ("redis_mode", "standalone")], &[]);
        assert!(status == Status::Pass && detail.starts_with("Redis 7.0.15, standalone"), "{detail}");
        let (status, detail, _) = judged(&[("redis_version", "6.2.1")], &[]);
        assert!(status == Status::Pass && detail.contains("does not tell"), "{detail}");
        assert_eq!(judged(&[("redis_version", "6.0.16")], &[]).0, Status::Fail);
        assert_eq!(judged(&[], &[]).0, Status::Warn);
    }

    #[test]
    fn kinds() {
        let (_, detail, _) = judged(&[("redis_version", "7.2.4"), ("valkey_version", "8.1.0")], &[]);
        assert!(detail.starts_with("Valkey 8.1.0") && detail.ends_with("speaks as Redis 7.2.4"), "{detail}");
        let (_, detail, _) = judged(&[("redis_version", "7.0.15"), ("tradebus_version", "0.1.0")], &[]);
        assert!(detail.starts_with("the port of tradebus 0.1.0"), "{detail}");
    }

    #[test]
    fn neither_clusters_nor_replicas() {
        let seven = ("redis_version", "7.0.15");
        assert_eq!(judged(&[seven, ("redis_mode", "cluster")], &[]).0, Status::Fail);
        let (status, _, advice) = judged(&[seven], &[("role", "slave"), ("master_host", "db1")]);
        assert!(status == Status::Fail && advice.ends_with("db1"), "{advice}");
        assert_eq!(judged(&[seven], &[("role", "master")]).0, Status::Pass);
    }
}

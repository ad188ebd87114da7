//! What is left of the streams after a restart.

use tradebus::config::Location;
use tradebus::{BusConfig, Fsync, StreamStore};

use crate::finding::{Finding, Looked};
use crate::server::{Facts, Told, info, settings};

/// How a server is told to keep a log.
const SWITCH_ON: &str = "switch the log on: CONFIG SET appendonly yes, and the same in redis.conf";
/// The same for a node.
const ON_DISK: &str = "keep the streams on disk: tradebus serve --store file:DIRECTORY";

pub(super) async fn look(store: &dyn StreamStore, config: &BusConfig) -> Looked {
    let state = match info(store, "persistence").await? {
        Told::Embedded => return Ok(embedded(config)),
        state => state.facts(),
    };
    let settings = settings(store, &["appendonly", "appendfsync", "save"]).await?.facts();
    let server = info(store, "server").await?.facts();
    let help = if server.get("tradebus_version").is_some() { ON_DISK } else { SWITCH_ON };
    Ok(judge(&state, &settings, help))
}

fn embedded(config: &BusConfig) -> Finding {
    match Location::parse(config.store_url().expose()) {
        Ok(Location::Directory(directory)) => on_disk(&directory.display().to_string(), config.fsync),
        _ => Finding::warn(
            "the streams lie in the memory of the process, and end with it",
            "keep them on disk: --store file:DIRECTORY",
        ),
    }
}

fn on_disk(directory: &str, fsync: Fsync) -> Finding {
    let often = match fsync {
        Fsync::Never => {
            return Finding::warn(
                format!("a log in {directory}, forced to the disk when the system likes (fsync = \"no\")"),
                "fsync = \"everysec\" loses at most a second when the machine crashes",
            );
        }
        Fsync::EverySecond => "everysec",
        Fsync::Always => "always",
    };
    Finding::pass(format!("a log in {directory} (fsync = \"{often}\")"))
}

fn judge(state: &Facts, settings: &Facts, help: &str) -> Finding {
    if let Some(finding) = failing(state) {
        return finding;
    }
    let log = settings.get("appendonly").map(|value| value == "yes");
    let log = log.or_else(|| state.get("aof_enabled").map(|value| value == "1"));
    match (log, settings.get("save")) {
        (None, _) => Finding::skip(
            "the server tells neither its settings nor its state",
            "look up in its console whether it keeps a log (appendonly), or allow the user INFO and CONFIG GET",
        ),
        (Some(true), _) => log_on(settings.get("appendfsync")),
        (Some(false), Some("")) => Finding::warn(
            "neither a log (appendonly) nor snapshots (save): a restart loses all streams",
            help,
        ),
        (Some(false), Some(save)) => Finding::warn(
            format!("snapshots only (save {save}): a crash loses what came after the last one"),
            help,
        ),
        (Some(false), None) => {
            Finding::warn("no log (appendonly); whether there are snapshots is not told", help)
        }
    }
}

/// What it tries to write and cannot.
fn failing(state: &Facts) -> Option<Finding> {
    let failed = [
        ("aof_last_write_status", "the last write to the log (AOF)"),
        ("aof_last_bgrewrite_status", "the last rewrite of the log (AOF)"),
        ("rdb_last_bgsave_status", "the last snapshot (RDB)"),
    ];
    let (_, what) =
        failed.into_iter().find(|(field, _)| state.get(field).is_some_and(|value| value != "ok"))?;
    Some(Finding::fail(
        format!("{what} failed"),
        "look at the log of the server, and at the space on its disk and the rights on its directory",
    ))
}

fn log_on(fsync: Option<&str>) -> Finding {
    match fsync {
        Some("no") => Finding::warn(
            "a log (appendonly), forced to the disk when the system likes (appendfsync no)",
            "CONFIG SET appendfsync everysec loses at most a second when the machine crashes",
        ),
        Some(fsync) => Finding::pass(format!("a log (appendonly yes, appendfsync {fsync})")),
        None => Finding::pass("a log (appendonly yes)"),
    }
}

#[cfg(test)]
mod tests {
    use tradebus::{BusConfig, Fsync};

    use super::{Facts, SWITCH_ON, embedded, judge, on_disk};
    use crate::report::Status;

    fn judged(state: &[(&str, &str)], settings: &[(&str, &str)]) -> (Status, String) {
        let finding = judge(&Facts::of(state), &Facts::of(settings), SWITCH_ON);
        (finding.status, finding.detail)
    }

    #[test]
    fn by_what_a_crash_loses() {
        let log = ("appendonly", "yes");
        assert_eq!(judged(&[], &[log, ("appendfsync", "everysec")]).0, Status::Pass);
        assert_eq!(judged(&[], &[log, ("appendfsync", "no")]).0, Status::Warn);
        assert_eq!(judged(&[("aof_enabled", "1")], &[]).0, Status::Pass);
        let (status, detail) = judged(&[], &[("appendonly", "no"), ("save", "")]);
        assert!(status == Status::Warn && detail.contains("loses all streams"), "{detail}");
        let (status, detail) = judged(&[], &[("appendonly", "no"), ("save", "3600 1")]);
        assert!(status == Status::Warn && detail.contains("save 3600 1"), "{detail}");
        assert_eq!(judged(&[("aof_enabled", "0")], &[]).0, Status::Warn);
        assert_eq!(judged(&[], &[]).0, Status::Skip);
    }

    #[test]
    fn what_cannot_be_written_fails() {
        let settings = [("appendonly", "yes"), ("appendfsync", "everysec")];
        let (status, detail) = judged(&[("rdb_last_bgsave_status", "err")], &settings);
        assert!(status == Status::Fail && detail.contains("RDB"), "{detail}");
        assert_eq!(judged(&[("aof_last_write_status", "err")], &settings).0, Status::Fail);
        assert_eq!(judged(&[("rdb_last_bgsave_status", "ok")], &settings).0, Status::Pass);
    }

    #[test]
    fn stores_of_this_process() {
        let memory = BusConfig { store: Some("memory:".into()), ..BusConfig::default() };
        assert_eq!(embedded(&memory).status, Status::Warn);
        let disk = BusConfig { store: Some("file:/var/lib/tradebus".into()), ..BusConfig::default() };
        assert_eq!(embedded(&disk).status, Status::Pass);
        assert_eq!(on_disk("x", Fsync::Never).status, Status::Warn);
    }
}

//! From `NautilusTrader`: a `MessageBusConfig`, or the configuration of a whole node that holds one.
//!
//! A field that is not given means the default there, which is written out where it is another one here. Defaults and names are
//! those of 1.221 (Python) and of the Rust crates; `docs/configuration.md` lists them.

use serde_json::{Value, json};

use super::MigrationAction;
use super::log::{Fields, Log, Way, is_null, table};
use crate::config::tree::{Data, Node, join};
use crate::config::{Finding, near};

/// Keys under which the configuration of a node holds that of its bus.
pub(super) const INSIDE: [&str; 2] = ["message_bus", "msgbus"];

/// Fields of a bus that tradebus has not, so that they tell where a configuration comes from.
pub(super) const OWN: [&str; 4] = ["database", "autotrim_maxlen", "encoding_market_data", "encoding_builtin"];

/// Fields of a bus that tradebus has under the same name.
pub(super) const SHARED: [&str; 12] = [
    "encoding",
    "timestamps_as_iso8601",
    "buffer_interval_ms",
    "autotrim_mins",
    "use_trader_prefix",
    "use_trader_id",
    "use_instance_id",
    "streams_prefix",
    "stream_per_topic",
    "external_streams",
    "types_filter",
    "heartbeat_interval_secs",
];

/// Whose streams they are: fields of the node, and not of its bus.
const IDS: [&str; 2] = ["trader_id", "instance_id"];

/// Fields of a `DatabaseConfig`, and what takes them.
const DATABASE: [(&str, &str); 7] = [
    ("host", "redis_host"),
    ("port", "redis_port"),
    ("username", "redis_username"),
    ("password", "redis_password"),
    ("timeout", "connection_timeout"),
    ("connection_timeout", "connection_timeout"),
    ("response_timeout", "command_timeout"),
];

/// Fields of a `DatabaseConfig` about how often and how long connecting is tried again.
const RETRIES: [&str; 4] = ["number_of_retries", "exponent_base", "max_delay", "factor"];

/// Reads a configuration of `NautilusTrader`.
pub(super) fn take(mut given: Fields, log: &mut Log, out: &mut Fields) {
    let own = IDS.map(|key| (key, given.remove(key)));
    let Some(key) = INSIDE.into_iter().find(|key| given.contains_key(*key)) else {
        bus(given, "", log, out);
        ids(own, log, out);
        return;
    };
    if let Some(node) = given.remove(key)
        && let Some(fields) = table(node, key, log)
    {
        bus(fields, key, log, out);
    }
    ids(own, log, out);
    for field in given.into_keys() {
        let path = join("", &field);
        if near::nearest(&field, &IDS).is_some() {
            log.unknown_of(&path, &field, &IDS);
        } else {
            log.dropped(&path, "a setting of the node, not of its message bus");
        }
    }
}

/// Who writes the streams. A bus by itself does not say so.
fn ids(given: [(&str, Option<Node>); 2], log: &mut Log, out: &mut Fields) {
    let is_named = out.get("use_trader_id").is_none_or(|node| node.value() != json!(false));
    for (key, node) in given {
        match node {
            Some(node) if !is_null(&node) => log.put(Way::to(key, key), node, out),
            null if key == "trader_id" && is_named => {
                let note = "the default of a node: set it to the trader whose streams these are";
                log.write_default(null.map(|_| key), key, "TRADER-001".into(), note, out);
            }
            Some(_) => log.unset(key),
            None => {}
        }
    }
}

/// Reads a `MessageBusConfig`.
fn bus(mut given: Fields, from: &str, log: &mut Log, out: &mut Fields) {
    let is_newer = OWN[1..].iter().any(|field| given.contains_key(*field));
    database(given.remove("database"), &join(from, "database"), log, out);
    for key in SHARED {
        let path = join(from, key);
        match given.remove(key) {
            Some(node) if !is_null(&node) => shared(key, path, node, log, out),
            null => absent(key, null.map(|_| &*path), is_newer, log, out),
        }
    }
    lengths(given.remove("autotrim_maxlen"), join(from, "autotrim_maxlen"), log, out);
    for key in ["encoding_market_data", "encoding_builtin"] {
        if given.remove(key).is_some() {
            log.dropped(&join(from, key), "all types are encoded alike, as `encoding` says");
        }
    }
    let known: Vec<&str> = OWN.into_iter().chain(SHARED).collect();
    for key in given.into_keys() {
        log.unknown_of(&join(from, &key), &key, &known);
    }
}

/// A field that is given, and has the same name here.
fn shared(key: &'static str, path: String, mut node: Node, log: &mut Log, out: &mut Fields) {
    let mut way = Way::to(path, key);
    match key {
        "buffer_interval_ms" if node.value() == json!(0) => {
            log.dropped(&way.from, "0 means at once, as does a bus without this setting");
            return;
        }
        "types_filter" => way.converted = short_names(&mut node),
        "timestamps_as_iso8601" if node.value() == json!(true) => {
            "nothing in this version acts on it yet".clone_into(&mut way.note);
        }
        _ => {}
    }
    if way.converted {
        "only the names of the classes are needed".clone_into(&mut way.note);
    }
    log.put(way, node, out);
}

/// A field that is not given: its default there, where that is another one here.
fn absent(key: &str, from: Option<&str>, is_newer: bool, log: &mut Log, out: &mut Fields) {
    match key {
        "encoding" if is_newer => {
            log.write_default(from, key, "json".into(), "NautilusTrader's default from 1.229 on", out);
        }
        "encoding" => {
            let note = "NautilusTrader's default up to 1.228; from 1.229 on it is json";
            log.write_default(from, key, "msgpack".into(), note, out);
        }
        "stream_per_topic" => log.write_default(from, key, true.into(), "NautilusTrader's default", out),
        "autotrim_mins" => {
            let note = "NautilusTrader's default: no entry is too old; the bound by length stays \
                        (default_stream_config.max_length, 1000000 entries unless set)";
            log.write_default(from, key, 0.into(), note, out);
        }
        _ => from.into_iter().for_each(|from| log.unset(from)),
    }
}

/// `autotrim_maxlen` of newer versions: most entries of a stream, where 0 means any number on both sides.
fn lengths(node: Option<Node>, path: String, log: &mut Log, out: &mut Fields) {
    match node {
        Some(node) if !is_null(&node) => {
            let mut streams = Fields::new();
            let way = Way { table: "default_stream_config", ..Way::to(path, "max_length") };
            log.put(way, node, &mut streams);
            out.insert(
                "default_stream_config".to_owned(),
                Node { data: Data::Table(streams), ..Node::table() },
            );
        }
        Some(_) => log.unset(&path),
        None => {}
    }
}

/// Classes as Nautilus writes them, `nautilus_trader.model.data:QuoteTick` or `<class '...QuoteTick'>`, become `QuoteTick`. Says whether any
/// was changed.
fn short_names(node: &mut Node) -> bool {
    let Data::List(items) = &mut node.data else { return false };
    let mut changed = false;
    for item in items {
        if let Data::Leaf(Value::String(class)) = &mut item.data {
            let bare = class.trim_start_matches("<class '").trim_end_matches("'>");
            let name = bare.rsplit([':', '.']).next().unwrap_or(bare).to_owned();
            changed |= name != *class;
            *class = name;
        }
    }
    changed
}

/// Reads a `DatabaseConfig`.
fn database(node: Option<Node>, from: &str, log: &mut Log, out: &mut Fields) {
    let given = node.as_ref().map(|_| from);
    let Some(node) = node.filter(|node| !is_null(node)) else {
        let note = "there is no database: NautilusTrader then publishes nothing outside of the node; \
                    tradebus takes the Redis on 127.0.0.1:6379";
        log.step(given, &[], MigrationAction::Dropped, note);
        return;
    };
    let Some(mut given) = table(node, from, log) else { return };
    for (key, to) in DATABASE {
        let path = join(from, key);
        match given.remove(key) {
            Some(node) if !is_null(&node) => log.put(Way::to(path, to), node, out),
            Some(_) => log.unset(&path),
            None => {}
        }
    }
    if !out.contains_key("connection_timeout") {
        log.write_default(None, "connection_timeout", 20.into(), "NautilusTrader's default", out);
    }
    for key in ["type", "database_type"] {
        if let Some(node) = given.remove(key) {
            kind_of_store(&node, &join(from, key), log);
        }
    }
    if let Some(node) = given.remove("ssl") {
        tls(&node, join(from, "ssl"), log);
    }
    for key in RETRIES.into_iter().filter(|key| given.remove(*key).is_some()) {
        let note = "tradebus connects again until it succeeds: see reconnect_min_ms and reconnect_max_ms";
        log.dropped(&join(from, key), note);
    }
    let known: Vec<&str> =
        DATABASE.into_iter().map(|(key, _)| key).chain(["type", "ssl"]).chain(RETRIES).collect();
    for key in given.into_keys() {
        log.unknown_of(&join(from, &key), &key, &known);
    }
}

/// There is only one kind of database on both sides.
fn kind_of_store(node: &Node, path: &str, log: &mut Log) {
    match node.value() {
        Value::Null => log.unset(path),
        Value::String(kind) if kind.eq_ignore_ascii_case("redis") => {
            log.dropped(path, "Redis is what tradebus talks to anyway");
        }
        Value::String(kind) => {
            let finding = Finding::wrong_text(path, &kind, "redis");
            log.checker.add(finding, &node.source);
        }
        _ => log.wrong(path, node, "redis"),
    }
}

/// Whether the store is reached with TLS. It then has to be given as one URL.
pub(super) fn tls(node: &Node, path: String, log: &mut Log) {
    match node.value() {
        Value::Bool(true) => {
            log.step(Some(&path), &["store"], MigrationAction::Converted, "rediss:// is TLS");
            log.tls = Some((path, node.source.clone()));
        }
        Value::Bool(false) => log.dropped(&path, "no TLS, as redis:// says"),
        Value::Null => log.unset(&path),
        _ => log.wrong(&path, node, "true or false"),
    }
}

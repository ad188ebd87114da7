//! A store with TLS has to be given as one URL, `rediss://`: host, port, database and login move there.

use serde_json::Value;

use super::log::{Fields, Log};
use crate::config::check::Checker;
use crate::config::tree::{Data, Node};
use crate::config::{BusConfig, store};

const PARTS: [&str; 5] = ["redis_host", "redis_port", "redis_db", "redis_username", "redis_password"];

/// Makes the URL, if TLS was asked for.
pub(super) fn apply(node: &mut Node, log: &mut Log, checker: &mut Checker) {
    let (Data::Table(fields), Some((_, source))) = (&mut node.data, log.tls.clone()) else { return };
    if let Some(Node { data: Data::Leaf(Value::String(url)), .. }) = fields.get_mut("store") {
        for (plain, tls) in [("redis://", "rediss://"), ("valkey://", "valkeys://")] {
            if let Some(rest) = url.strip_prefix(plain) {
                *url = format!("{tls}{rest}");
            }
        }
        return;
    }
    let parts = PARTS.into_iter().filter_map(|name| Some((name.to_owned(), fields.remove(name)?)));
    let parts = Node { data: Data::Table(parts.collect::<Fields>()), ..Node::table() };
    // What is wrong by itself was found before, and is not there any more.
    let Ok(config) = serde_json::from_value::<BusConfig>(parts.value()) else { return };
    if let Some(finding) = store::check(&config) {
        checker.add(finding, &source);
        return;
    }
    let url = config.store_url().expose().replacen("redis://", "rediss://", 1);
    fields.insert("store".to_owned(), Node::new(url.into(), &source));
    log.moved(&PARTS, "store");
}

//! The rules for where the store is.

use super::BusConfig;
use super::finding::Finding;
use super::location::{ALLOWED, Location};
use super::redact::{HIDDEN, StoreUrl};

/// The errors in `store`, or in the `redis_*` fields that stand in for it.
pub(super) fn check(config: &BusConfig) -> Option<Finding> {
    let Some(store) = &config.store else {
        let wrong = |c: char| c.is_whitespace() || c.is_control() || "/@?#".contains(c);
        let host = &config.redis_host;
        return (host.is_empty() || host.contains(wrong)).then(|| {
            let allowed = "a host name or an address; a whole URL belongs in `store`";
            Finding::wrong_text("redis_host", host, allowed)
        });
    };
    // What is wrong with a hidden secret is said by its own rule.
    let error = Location::parse(store.expose()).err().filter(|_| !is_hidden(store))?;
    Some(Finding::new("store", store, ALLOWED, format!("is `{store}`: {}", error.reason())))
}

/// Secrets that were copied from where secrets are hidden.
pub(super) fn hidden(config: &BusConfig) -> impl Iterator<Item = Finding> {
    let store = config.store.as_ref().filter(|store| is_hidden(store));
    let password = config.redis_password.as_ref().filter(|password| password.expose() == HIDDEN);
    let copied = [store.map(|_| "store"), password.map(|_| "redis_password")];
    copied.into_iter().flatten().map(|path| {
        Finding::new(path, HIDDEN, "the secret itself", "holds the mark that hides a secret, not the secret")
    })
}

fn is_hidden(store: &StoreUrl) -> bool {
    store.expose().contains(&format!("{HIDDEN}@"))
}

/// The `redis_*` fields that are given beside `store`, and so have no effect.
pub(super) fn ignored(config: &BusConfig) -> Option<Finding> {
    config.store.as_ref()?;
    let base = BusConfig::default();
    let given = [
        ("redis_host", config.redis_host != base.redis_host),
        ("redis_port", config.redis_port != base.redis_port),
        ("redis_db", config.redis_db != base.redis_db),
        ("redis_username", config.redis_username.is_some()),
        ("redis_password", config.redis_password.is_some()),
    ];
    let path = given.iter().find(|(_, given)| *given)?.0;
    let message = "has no effect: `store` is given, and holds host, port, database and login";
    Some(Finding::new(path, "", "only one of the two", message))
}

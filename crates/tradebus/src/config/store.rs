//! The rules for where the store is.

use super::BusConfig;
use super::finding::Finding;
use super::redact::{HIDDEN, StoreUrl};

/// What a store URL may start with.
const SCHEMES: [&str; 10] = [
    "memory",
    "mem",
    "file",
    "redis",
    "rediss",
    "valkey",
    "valkeys",
    "unix",
    "redis-cluster",
    "redis-sentinel",
];

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
    url_problem(store).map(|problem| {
        let allowed = format!("a URL that starts with {}:", SCHEMES.join(":, "));
        Finding::new("store", store, allowed, format!("is `{store}`: {problem}"))
    })
}

fn url_problem(store: &StoreUrl) -> Option<String> {
    let url = store.expose();
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("it holds white space".to_owned());
    }
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let Some(scheme) = scheme.filter(|scheme| SCHEMES.contains(&scheme.as_str())) else {
        return Some(format!("a store URL starts with one of {}:", SCHEMES.join(":, ")));
    };
    let place = url[scheme.len() + 1..].trim_start_matches('/');
    match scheme.as_str() {
        "memory" | "mem" => (!place.is_empty()).then(|| "a store in memory has no place".to_owned()),
        "file" | "unix" if place.is_empty() => Some("the path is missing".to_owned()),
        "file" => None,
        _ if !url[scheme.len() + 1..].starts_with("//") => {
            Some("`//` is missing after the first colon".to_owned())
        }
        "unix" => None,
        _ if place.is_empty() => Some("the host is missing".to_owned()),
        // Several hosts are no URL for the parser of URLs.
        "redis-cluster" | "redis-sentinel" => None,
        _ => match url::Url::parse(url) {
            Ok(parsed) if parsed.host_str().is_none_or(str::is_empty) => {
                Some("the host is missing".to_owned())
            }
            Ok(_) => None,
            Err(error) => Some(error.to_string()),
        },
    }
}

/// Secrets that were copied from where secrets are hidden.
pub(super) fn hidden(config: &BusConfig) -> impl Iterator<Item = Finding> {
    let store = config.store.as_ref().filter(|url| url.expose().contains(&format!("{HIDDEN}@")));
    let password = config.redis_password.as_ref().filter(|password| password.expose() == HIDDEN);
    let copied = [store.map(|_| "store"), password.map(|_| "redis_password")];
    copied.into_iter().flatten().map(|path| {
        Finding::new(path, HIDDEN, "the secret itself", "holds the mark that hides a secret, not the secret")
    })
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

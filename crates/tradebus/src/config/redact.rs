//! Texts that hold secrets, and how they are shown.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "***";

/// Parameters of a URL whose values are hidden when their name holds one of these.
const SECRET_PARAMETERS: [&str; 5] = ["pass", "pwd", "secret", "token", "auth"];

/// The URL without what must not be seen: `redis://user:word@host:6379/0` becomes `redis://***@host:6379/0`.
///
/// Also takes text that is no URL, since a mistyped URL must not show its password either: everything up to the last `@`
/// is hidden, and whatever stands where a port belongs and is none. Shows rather too little than too much.
pub fn redact_url(url: &str) -> Cow<'_, str> {
    if is_local(url) {
        return Cow::Borrowed(url);
    }
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let shown = match rest.rfind('@') {
        Some(at) => format!("{HIDDEN}@{}", parameters(&rest[at + 1..])),
        None if start == 0 => return Cow::Borrowed(url),
        None => parameters(&ports(rest)),
    };
    Cow::Owned(format!("{scheme}{shown}"))
}

/// Whether the URL is one that has no host, and so no login.
fn is_local(url: &str) -> bool {
    let starts_with =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    ["memory:", "mem:", "file:"].into_iter().any(starts_with)
}

/// Hides everything when a port is none: in `redis://:word`, where the `@host` was forgotten, it is the password.
fn ports(rest: &str) -> Cow<'_, str> {
    let hosts = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let no_port = |host: &str| match host.rsplit_once(':') {
        Some((_, port)) => !port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(']'),
        None => false,
    };
    if hosts.split(',').any(no_port) { HIDDEN.into() } else { rest.into() }
}

/// Hides the values of parameters with telling names: `?password=word`.
fn parameters(rest: &str) -> String {
    let Some((address, query)) = rest.split_once('?') else { return rest.to_owned() };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if SECRET_PARAMETERS.iter().any(|s| name.to_ascii_lowercase().contains(s)) => {
            format!("{name}={HIDDEN}")
        }
        _ => pair.to_owned(),
    };
    let pairs: Vec<String> = query.split('&').map(pair).collect();
    format!("{address}?{}", pairs.join("&"))
}

/// A secret text: shown as `***` wherever it is printed or written, and wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

/// The URL of a store: shown without its user, password and other secrets (see [`redact_url`]).
#[derive(Clone)]
pub struct StoreUrl(SecretString);

impl Secret {
    /// The secret itself: for the connection, not for a message.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn shown(&self) -> Cow<'_, str> {
        if self.expose().is_empty() { "".into() } else { HIDDEN.into() }
    }
}

impl StoreUrl {
    /// The whole URL, secrets included: for the connection, not for a message.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Text that is no URL may be a password that was put into the wrong field.
    fn shown(&self) -> Cow<'_, str> {
        let url = self.expose();
        if is_local(url) || url.contains("://") { redact_url(url) } else { HIDDEN.into() }
    }
}

/// What both have in common: they are read as text, compared as text, and shown without their secret.
macro_rules! hidden {
    ($name:ident, $description:literal) => {
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose() == other.expose()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.shown())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.shown(), f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.shown())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // The error of the format would repeat what was given instead of text.
                String::deserialize(deserializer).map(Self::from).map_err(|_| D::Error::custom("has to be text"))
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "writeOnly": true, "description": $description })
            }
        }
    };
}

hidden!(Secret, "A secret; shown as ***.");
hidden!(StoreUrl, "URL of a store; shown without user and password.");

#[cfg(test)]
mod tests {
    use super::{Secret, StoreUrl, redact_url};

    #[test]
    fn urls_lose_what_must_not_be_seen() {
        for (url, shown) in [
            ("redis://user:word@host:6379/0", "redis://***@host:6379/0"),
            ("redis://:wo/r#d?@host", "redis://***@host"),
            ("rediss://:w@rd@host:1/2?x=1", "rediss://***@host:1/2?x=1"),
            ("redis://host?password=word&db=1", "redis://host?password=***&db=1"),
            ("redis://u:p@host?AUTH_TOKEN=word", "redis://***@host?AUTH_TOKEN=***"),
            ("redis://:word", "redis://***"),
            ("redis://:wo/rd", "redis://***"),
            ("redis://host:word/0", "redis://***"),
            ("user:word@host", "***@host"),
            ("redis-cluster://a:1,b:2", "redis-cluster://a:1,b:2"),
            ("redis-sentinel://u:word@a:1,u:word@b:2/m", "redis-sentinel://***@b:2/m"),
            ("redis://[::1]:6379", "redis://[::1]:6379"),
            ("redis://[::1]", "redis://[::1]"),
            ("unix://u:word@/run/redis.sock", "unix://***@/run/redis.sock"),
            ("memory:", "memory:"),
            ("file:///data/a@b", "file:///data/a@b"),
            ("", ""),
        ] {
            assert_eq!(redact_url(url), shown, "{url}");
        }
    }

    #[test]
    fn secrets_are_shown_nowhere() {
        let secret = Secret::from("hunter2");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** \"***\"");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        let url = StoreUrl::from("redis://u:hunter2@host");
        assert_eq!(url.expose(), "redis://u:hunter2@host");
        assert_eq!(format!("{url} {url:?}"), "redis://***@host \"redis://***@host\"");
        assert_eq!(serde_json::to_string(&url).unwrap(), "\"redis://***@host\"");
        assert_eq!(StoreUrl::from("hunter2").to_string(), "***");
        for wrong in ["{\"x\":\"hunter2\"}", "[\"hunter2\"]", "20260101"] {
            let error = serde_json::from_str::<Secret>(wrong).unwrap_err().to_string();
            assert!(error.starts_with("has to be text"), "{error}");
        }
    }
}

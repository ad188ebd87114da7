//! What of a migrated configuration is written, and how it is written as TOML.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::step::{MigrationAction, MigrationStep};
use super::{Log, Migration};
use crate::config::BusConfig;
use crate::config::redact::{HIDDEN, redact_url};
use crate::config::show;

/// Tables of fields, of which each may be left out.
const TABLES: [&str; 2] = ["default_buffer_config", "default_stream_config"];

/// What was given or written out, without what is the default anyway and without secrets.
pub(super) fn tree(given: Value, config: &BusConfig, steps: &[MigrationStep]) -> Map<String, Value> {
    let Value::Object(mut fields) = given else { return Map::new() };
    // Over a preset, a default is a value like any other.
    if config.preset.is_none()
        && let Value::Object(defaults) = show::tree(&BusConfig::default())
    {
        let written_out = |key: &str| {
            let is = |step: &MigrationStep| step.action == MigrationAction::DefaultWritten;
            steps.iter().any(|step| is(step) && step.to.iter().any(|to| to == key))
        };
        fields.retain(|key, value| written_out(key) || differs(key, value, defaults.get(key)));
    }
    fields.remove("redis_password");
    match fields.get("store").and_then(Value::as_str).map(without_login) {
        Some(Some(url)) => drop(fields.insert("store".to_owned(), url.into())),
        Some(None) => drop(fields.remove("store")),
        None => {}
    }
    fields
}

/// Whether a value differs from its default; takes the fields of a table out that do not.
fn differs(key: &str, value: &mut Value, default: Option<&Value>) -> bool {
    let (Value::Object(fields), Some(Value::Object(defaults)), true) =
        (&mut *value, default, TABLES.contains(&key))
    else {
        return !default.is_some_and(|default| same(value, default));
    };
    // The marks that are not given follow the size: beside another size none is the default.
    let resized = fields.get("max_size").is_some_and(|size| Some(size) != defaults.get("max_size"));
    fields.retain(|key, value| {
        (resized && key.ends_with("water_mark"))
            || !defaults.get(key).is_some_and(|default| same(value, default))
    });
    !fields.is_empty()
}

/// Whether two values are the same, 5 and 5.0 too.
fn same(a: &Value, b: &Value) -> bool {
    a == b || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a.to_bits() == b.to_bits())
}

/// The URL of a store without user, password and secret parameters; none where they cannot be taken out.
fn without_login(url: &str) -> Option<String> {
    let shown = redact_url(url).replacen(&format!("{HIDDEN}@"), "", 1);
    let Some((address, query)) = shown.split_once('?') else {
        return (!shown.contains(HIDDEN)).then_some(shown);
    };
    let hidden = format!("={HIDDEN}");
    let has_login = query.contains(&hidden);
    let is_login = |pair: &&str| pair.ends_with(&hidden) || (has_login && pair.starts_with("user="));
    let pairs: Vec<&str> = query.split('&').filter(|pair| !is_login(pair)).collect();
    let end = if pairs.is_empty() { "" } else { "?" };
    Some(format!("{address}{end}{}", pairs.join("&"))).filter(|url| !url.contains(HIDDEN))
}

impl Log {
    /// Says of the secrets that were taken over where they have to be given, since they are not written.
    pub(super) fn name_secrets(&mut self, config: &BusConfig) {
        for number in &self.secret {
            let Some(step) = self.steps.get_mut(*number) else { continue };
            let note = match step.to.first().map(String::as_str) {
                Some("redis_password") => advice("TRADEBUS_REDIS_PASSWORD", "it"),
                Some("store") if holds_login(config) => advice("TRADEBUS_STORE", "the whole URL"),
                _ => continue,
            };
            step.note = note;
        }
    }
}

fn advice(variable: &str, what: &str) -> String {
    format!("a secret, not written: set {variable} to {what}, or {variable}_FILE to a file that holds it")
}

fn holds_login(config: &BusConfig) -> bool {
    config.store.as_ref().is_some_and(|store| redact_url(store.expose()) != store.expose())
}

impl Migration {
    /// The configuration as JSON: what differs from the defaults, the defaults of the other system that were written out, and no secret. The
    /// URL of a store stands there without its login.
    pub fn to_json(&self) -> Value {
        Value::Object(self.tree.clone())
    }

    /// The same as TOML, for [`Loader`](crate::config::Loader); behind each value stands what it was before.
    ///
    /// Secrets are not in it. A comment names the variables that have to hold them; with those the file means [`Migration::config`].
    pub fn to_toml(&self) -> String {
        let mut text = self.head();
        // Writing to a text cannot fail.
        if self.config.redis_password.is_some() {
            let advice = advice("TRADEBUS_REDIS_PASSWORD", "it");
            let _ = writeln!(text, "# redis_password is {advice}.");
        }
        if holds_login(&self.config) {
            let _ = writeln!(text, "# The login of store is {}.", advice("TRADEBUS_STORE", "the whole URL"));
        }
        self.write(&self.tree, &mut text);
        text
    }

    /// Like [`Migration::to_toml`], **with the secrets**: for a file that nobody else may read, not for a screen or a log.
    pub fn to_toml_with_secrets(&self) -> String {
        let mut fields = self.tree.clone();
        if let Some(password) = &self.config.redis_password {
            fields.insert("redis_password".to_owned(), password.expose().into());
        }
        if let Some(store) = &self.config.store {
            fields.insert("store".to_owned(), store.expose().into());
        }
        let mut text = self.head();
        self.write(&fields, &mut text);
        text
    }

    fn head(&self) -> String {
        format!("# Made from {} by `tradebus config migrate`.\n", self.kind)
    }

    fn write(&self, fields: &Map<String, Value>, text: &mut String) {
        show::table(fields, "", &|path| self.remark(path), text);
    }

    /// What a setting was before.
    fn remark(&self, path: &str) -> Option<String> {
        let became = |step: &&MigrationStep| step.to.iter().any(|to| to == path);
        let steps: Vec<&MigrationStep> = self.steps.iter().filter(became).collect();
        if let Some(step) = steps.iter().find(|step| step.action == MigrationAction::DefaultWritten) {
            return Some(step.note.clone());
        }
        let moved = steps.iter().filter(|step| step.action != MigrationAction::Kept);
        let from: Vec<&str> = moved.filter_map(|step| step.from.as_deref()).collect();
        (!from.is_empty()).then(|| format!("was {}", from.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::without_login;

    #[test]
    fn urls_are_written_without_their_login() {
        for (url, written) in [
            ("redis://user:word@host:6379/0", Some("redis://host:6379/0")),
            ("rediss://host/1", Some("rediss://host/1")),
            ("unix:///s?db=1&user=me&pass=word", Some("unix:///s?db=1")),
            ("unix:///s?pass=word", Some("unix:///s")),
            ("unix:///s?db=1", Some("unix:///s?db=1")),
            ("file:/data/a@b", Some("file:/data/a@b")),
            ("redis://:word", None),
        ] {
            assert_eq!(without_login(url).as_deref(), written, "{url}");
        }
    }
}

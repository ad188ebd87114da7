//! Settings from the environment: `TRADEBUS_PRIORITY_BUFFERS__HIGH__FLUSH_INTERVAL_MS=5`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::check::Checker;
use super::file;
use super::finding::Finding;
use super::shape::{Kind, Shape};
use super::source::Source;
use super::tree::{DEEPEST, Node};

const PREFIX: &str = "TRADEBUS_";

/// Names a file to read, and is no setting.
const FILE: &str = "CONFIG";

/// Largest file with a secret, in bytes.
const MAX_SECRET_BYTES: u64 = 64 << 10;

/// The variables that concern the configuration.
#[derive(Default)]
pub(super) struct Environment {
    /// Those of tradebus, without the prefix.
    own: BTreeMap<String, String>,
    /// Names of those whose values are no text.
    broken: BTreeSet<String>,
    /// Those that say where a user's files lie.
    homes: BTreeMap<&'static str, PathBuf>,
}

impl Environment {
    /// Takes what concerns the configuration.
    pub(super) fn add(&mut self, name: &str, value: String) {
        for home in ["XDG_CONFIG_HOME", "HOME"] {
            if name == home && !value.is_empty() {
                self.homes.insert(home, PathBuf::from(&value));
            }
        }
        let Some(own) = name.strip_prefix(PREFIX) else { return };
        // For the log, for the ports of the program, and for tests of tradebus itself; read elsewhere.
        let elsewhere =
            matches!(own, "LOG" | "RESP_PASSWORD" | "RESP_PASSWORD_FILE" | "HTTP" | "HTTP_TOKEN_FILE");
        if !elsewhere && !own.starts_with("TEST_") {
            self.own.insert(own.to_owned(), value);
        }
    }

    /// Takes what concerns the configuration from an environment that may hold anything.
    pub(super) fn add_os(&mut self, name: OsString, value: OsString) {
        let Ok(name) = name.into_string() else { return };
        match value.into_string() {
            Ok(value) => self.add(&name, value),
            Err(_) if name.starts_with(PREFIX) => drop(self.broken.insert(name)),
            Err(_) => {}
        }
    }

    /// The file that `TRADEBUS_CONFIG` names.
    pub(super) fn file(&self) -> Option<&Path> {
        self.own.get(FILE).filter(|path| !path.is_empty()).map(Path::new)
    }

    /// Where a file is looked for when none is named, the first one that is there counts.
    pub(super) fn places(&self, directory: &Path) -> Vec<PathBuf> {
        let home = || self.homes.get("HOME").map(|home| home.join(".config"));
        let user = self.homes.get("XDG_CONFIG_HOME").cloned().or_else(home);
        let mut places = vec![directory.join("tradebus.toml")];
        places.extend(user.map(|user| user.join("tradebus/config.toml")));
        places.push("/etc/tradebus/tradebus.toml".into());
        places
    }

    /// The settings as one layer.
    pub(super) fn layer(&self, checker: &mut Checker) -> Node {
        let mut layer = Node::table();
        for name in &self.broken {
            checker.add(Finding::new("", "", "text in UTF-8", "is not UTF-8"), &Source::env(name));
        }
        // In the order of their names, so that a table as a whole comes before its fields.
        for (name, value) in self.own.iter().filter(|(name, _)| *name != FILE) {
            let source = Source::env(&format!("{PREFIX}{name}"));
            if let Some((keys, value)) = self.setting(name, value, &source, checker) {
                let mut node = Node::nested(&keys, Node::text(value, &source));
                checker.layer(&mut node);
                layer.join(node);
            }
        }
        layer
    }

    /// The keys and the text of one variable; none where it says nothing or is wrong.
    fn setting(
        &self,
        name: &str,
        value: &str,
        source: &Source,
        checker: &mut Checker,
    ) -> Option<(Vec<String>, String)> {
        let keys = keys(name);
        if let Some(secret) = secret_of(name) {
            if is_unset(value) {
                return None;
            }
            let text = self.secret(secret, value, source, checker)?;
            return Some((self::keys(secret), text));
        }
        // Empty text says something only where a field has to be text.
        if is_unset(value)
            && field(&keys).is_some_and(|field| field.is_optional() || !matches!(field.kind(), Kind::Text))
        {
            return None;
        }
        if keys.iter().any(String::is_empty) {
            checker.add(Finding::new("", "", "the name of a setting", "is no setting"), source);
            return None;
        }
        Some((keys, value.to_owned()))
    }

    /// The secret in the file that a variable names.
    fn secret(&self, name: &str, path: &str, source: &Source, checker: &mut Checker) -> Option<String> {
        let field = keys(name).join(".");
        if self.own.get(name).is_some_and(|value| !is_unset(value)) {
            let message = format!("is given twice: {PREFIX}{name} is set too");
            checker.add(Finding::new(field, "", "only one of the two", message), source);
            return None;
        }
        match file::text(Path::new(path), MAX_SECRET_BYTES) {
            // Editors and `echo` end a file with a new line, which is not part of the secret.
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                checker.add(
                    Finding::new(field, "", "a file that holds the secret", format!("has no value: {error}")),
                    source,
                );
                None
            }
        }
    }
}

/// The keys that a name stands for.
fn keys(name: &str) -> Vec<String> {
    name.splitn(DEEPEST + 1, "__").map(str::to_ascii_lowercase).collect()
}

/// Whether an empty variable counts as one that is not set: that is what `NAME=${NAME:-}` in a compose file makes of it.
fn is_unset(value: &str) -> bool {
    value.trim().is_empty()
}

/// The name of the secret whose file a variable names.
fn secret_of(name: &str) -> Option<&str> {
    let secret = name.strip_suffix("_FILE").filter(|_| field(&keys(name)).is_none())?;
    field(&keys(secret)).filter(|field| field.is_secret()).map(|_| secret)
}

fn field(keys: &[String]) -> Option<Shape> {
    keys.iter().try_fold(Shape::root(), |shape, key| shape.field(key))
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::{Checker, Environment};

    #[test]
    fn a_value_that_is_no_text_is_an_error_and_not_overlooked() {
        let bytes = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let mut environment = Environment::default();
        environment.add_os(bytes(b"TRADEBUS_REDIS_HOST"), bytes(b"\xff"));
        environment.add_os(bytes(b"TRADEBUS_MAX_WORKERS"), bytes(b"5"));
        environment.add_os(bytes(b"OTHER"), bytes(b"\xff"));
        environment.add_os(bytes(b"\xff"), bytes(b"5"));
        let mut checker = Checker::default();
        let layer = environment.layer(&mut checker);
        assert_eq!(layer.value(), serde_json::json!({ "max_workers": 5 }));
        let found: Vec<String> = checker.findings.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["env:TRADEBUS_REDIS_HOST: is not UTF-8"]);
    }
}

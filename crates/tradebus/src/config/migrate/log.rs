//! What is done to each field, while it is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::nautilus;
use super::step::{MigrationAction, MigrationStep};
use crate::config::check::Checker;
use crate::config::finding::{Finding, shown_path};
use crate::config::near;
use crate::config::shape::Shape;
use crate::config::source::Source;
use crate::config::tree::{Data, Node, join};

/// Fields of a table.
pub(super) type Fields = BTreeMap<String, Node>;

/// Unknown keys for which a known one is looked up; each takes time.
const MOST_LOOKED_UP: usize = 500;

/// The steps, and what was found to be wrong on the way.
#[derive(Default)]
pub(super) struct Log {
    pub(super) steps: Vec<MigrationStep>,
    pub(super) checker: Checker,
    /// Where the store was said to be reached with TLS: its path and its place.
    pub(super) tls: Option<(String, Source)>,
    /// Steps that took a secret over, by their numbers.
    pub(super) secret: BTreeSet<usize>,
    /// Where each setting comes from.
    origins: BTreeMap<String, String>,
    looked_up: usize,
}

/// A field on its way: its path, the table and the key that take it, and what is to be said.
pub(super) struct Way<'a> {
    pub(super) from: String,
    pub(super) table: &'a str,
    pub(super) key: &'a str,
    /// Whether its value was changed.
    pub(super) converted: bool,
    pub(super) note: String,
}

impl<'a> Way<'a> {
    /// The way of a field whose value stays as it is, to the top.
    pub(super) fn to(from: impl Into<String>, key: &'a str) -> Self {
        Self { from: from.into(), table: "", key, converted: false, note: String::new() }
    }
}

impl Log {
    /// Puts a field into the table that takes it. It is an error if another one is there already.
    pub(super) fn put(&mut self, way: Way<'_>, node: Node, out: &mut Fields) {
        let Way { from, table, key, converted, note } = way;
        let is_secret = table.is_empty() && Shape::root().field(key).is_some_and(Shape::is_secret);
        // An empty variable counts as not set, and so does an empty password.
        if is_secret && matches!(&node.data, Data::Leaf(Value::String(text)) if text.trim().is_empty()) {
            self.unset(&from);
            return;
        }
        let to = join(table, key);
        if let Some(other) = self.origins.get(&to) {
            let message = format!("means the same setting as `{}`: `{to}`", shown_path(other));
            self.checker.add(Finding::new(from, "", "only one of the two", message), &node.source);
            return;
        }
        let action = match (converted, in_the_bus(&from) == to) {
            (true, _) => MigrationAction::Converted,
            (false, true) => MigrationAction::Kept,
            (false, false) => MigrationAction::Renamed,
        };
        if is_secret {
            self.secret.insert(self.steps.len());
        }
        self.step(Some(&from), &[&to], action, note);
        self.origins.insert(to, from);
        out.insert(key.to_owned(), node);
    }

    /// Writes out a default that differs from the one here. `from` is where it was given as nothing.
    pub(super) fn write_default(
        &mut self,
        from: Option<&str>,
        key: &str,
        value: Value,
        note: &str,
        out: &mut Fields,
    ) {
        self.step(from, &[key], MigrationAction::DefaultWritten, note);
        out.insert(key.to_owned(), Node::new(value, &Source::Default));
    }

    /// A field that is known and needs no setting.
    pub(super) fn dropped(&mut self, from: &str, note: &str) {
        self.step(Some(from), &[], MigrationAction::Dropped, note);
    }

    /// A field that was given as nothing, which needs no setting.
    pub(super) fn unset(&mut self, from: &str) {
        self.step(Some(from), &[], MigrationAction::Kept, "not set");
    }

    /// A key that a table of tradebus does not have either.
    pub(super) fn unknown(&mut self, from: &str, key: &str, shape: Shape, table: &str) {
        let note = self.look_up(|| near::unknown(shape, key, table, &Source::Default).message);
        self.step(Some(from), &[], MigrationAction::Unknown, note);
    }

    /// A key that is none of these.
    pub(super) fn unknown_of(&mut self, from: &str, key: &str, known: &[&str]) {
        let note = self.look_up(|| match near::nearest(key, known) {
            Some(meant) => format!("is no setting: did you mean `{meant}`?"),
            None => "is no setting".to_owned(),
        });
        self.step(Some(from), &[], MigrationAction::Unknown, note);
    }

    fn look_up(&mut self, find: impl FnOnce() -> String) -> String {
        self.looked_up += 1;
        if self.looked_up <= MOST_LOOKED_UP { find() } else { "is no setting".to_owned() }
    }

    /// A value of the wrong kind.
    pub(super) fn wrong(&mut self, from: &str, node: &Node, allowed: &str) {
        self.checker.add(Finding::not_allowed(from, kind(node), allowed), &node.source);
    }

    pub(super) fn step(
        &mut self,
        from: Option<&str>,
        to: &[&str],
        action: MigrationAction,
        note: impl Into<String>,
    ) {
        // A URL may stand where a key belongs.
        let from = from.map(shown_path);
        let to = to.iter().map(|path| shown_path(path)).collect();
        self.steps.push(MigrationStep { from, to, action, note: note.into() });
    }

    /// Says that what went into these settings went into another one in the end.
    pub(super) fn moved(&mut self, from: &[&str], to: &str) {
        for step in self.steps.iter_mut().filter(|step| step.to.iter().any(|path| from.contains(&&**path))) {
            step.to = vec![to.to_owned()];
            step.action = MigrationAction::Converted;
        }
    }

    /// Names the fields that were given, not the settings that they became, in findings about the settings.
    pub(super) fn rename(&self, findings: &mut [Finding]) {
        for finding in findings {
            let mut path = finding.path.as_str();
            // What is wrong with an item of a list is wrong with the list.
            while let Some((list, _)) = path.rsplit_once('[').filter(|_| !self.origins.contains_key(path)) {
                path = list;
            }
            if let Some(from) = self.origins.get(path) {
                let below = &finding.path[path.len()..];
                finding.path = shown_path(&format!("{from}{below}"));
            }
        }
    }
}

/// The path of a field of a bus, as it is where the bus stands by itself.
fn in_the_bus(path: &str) -> &str {
    nautilus::INSIDE.iter().find_map(|key| path.strip_prefix(key)?.strip_prefix('.')).unwrap_or(path)
}

/// What a value is, where only its kind may be shown.
pub(super) fn kind(node: &Node) -> &'static str {
    match &node.data {
        Data::Table(_) => "a table",
        Data::List(_) => "a list",
        Data::Leaf(Value::Null) => "nothing",
        Data::Leaf(Value::Bool(_)) => "true or false",
        Data::Leaf(Value::Number(_)) => "a number",
        Data::Leaf(_) | Data::Text(_) => "text",
    }
}

/// Whether a value says that there is none.
pub(super) fn is_null(node: &Node) -> bool {
    matches!(node.data, Data::Leaf(Value::Null))
}

/// The table that a node is. Anything else is an error.
pub(super) fn table(node: Node, from: &str, log: &mut Log) -> Option<Fields> {
    if let Data::Table(fields) = node.data {
        return Some(fields);
    }
    log.wrong(from, &node, "a table");
    None
}

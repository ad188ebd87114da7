//! From the original Python system, the "Enhanced `MessageBus`". Its fields have the names of the settings here, but were written in
//! more than one way: in groups (`redis`, `buffers`), in camel case, with tiers as `MessagePriority.HIGH`, with times in other units.

use serde_json::Value;

use super::log::{Fields, Log, Way, is_null, table};
use super::names::{self, Meaning, Names};
use super::nautilus;
use super::units::OtherUnit;
use crate::Priority;
use crate::config::shape::{Kind, Shape};
use crate::config::tree::{Data, Node, join};

/// Deeper than any value of a user's own lies.
const DEEPEST: usize = 16;

/// Where a table stood, and where its fields go.
#[derive(Clone, Copy)]
struct Place<'a> {
    from: &'a str,
    to: &'a str,
    shape: Shape,
    names: &'static Names,
}

/// Reads a configuration of the original system.
pub(super) fn take(given: Fields, log: &mut Log, out: &mut Fields) {
    fields(given, Place { from: "", to: "", shape: Shape::root(), names: &names::ROOT }, log, out);
}

/// Whether this key at the top means something in a configuration of the original system.
pub(super) fn knows(key: &str) -> bool {
    names::ROOT.meaning(key, Shape::root()).is_some()
}

fn fields(given: Fields, place: Place<'_>, log: &mut Log, out: &mut Fields) {
    if given.is_empty() && !place.from.is_empty() {
        log.dropped(place.from, "empty");
    }
    for (key, node) in given {
        let path = join(place.from, &key);
        match place.names.meaning(&key, place.shape) {
            _ if is_null(&node) => log.unset(&path),
            Some(Meaning::Setting(name)) => setting(node, path, name, place, log, out),
            Some(Meaning::InOtherUnit(unit)) => time(node, path, unit, place, log, out),
            Some(Meaning::Tls) => nautilus::tls(&node, path, log),
            Some(Meaning::Group(names)) => group(node, &path, Place { names, ..place }, log, out),
            None => log.unknown(&path, &key, place.shape, place.to),
        }
    }
}

/// A table that holds settings of the top; `redis` may also be a URL.
fn group(node: Node, path: &str, place: Place<'_>, log: &mut Log, out: &mut Fields) {
    if matches!(&node.data, Data::Leaf(Value::String(text)) if text.contains("://")) {
        log.put(Way::to(path, "store"), node, out);
    } else if let Some(given) = table(node, path, log) {
        fields(given, Place { from: path, ..place }, log, out);
    }
}

fn setting(
    mut node: Node,
    path: String,
    name: &'static str,
    place: Place<'_>,
    log: &mut Log,
    out: &mut Fields,
) {
    let Some(shape) = place.shape.field(name) else { return };
    let to = join(place.to, name);
    let below = Place { from: &path, to: &to, shape, names: names::of(name) };
    match (shape.kind(), &mut node.data) {
        (Kind::Table | Kind::Tiers, Data::Table(given)) if !given.is_empty() => {
            let given = std::mem::take(given);
            let mut inner = taken(name, out);
            if matches!(shape.kind(), Kind::Tiers) {
                tiers(given, below, log, &mut inner);
            } else {
                fields(given, below, log, &mut inner);
            }
            node.data = Data::Table(inner);
            out.insert(name.to_owned(), node);
        }
        (Kind::Named(item), Data::Table(given))
            if matches!(item.kind(), Kind::Table) && !given.is_empty() =>
        {
            named(std::mem::take(given), Place { shape: item, ..below }, log, &mut node);
            out.insert(name.to_owned(), node);
        }
        (Kind::List(item), Data::List(given)) if matches!(item.kind(), Kind::Table) && !given.is_empty() => {
            items(std::mem::take(given), Place { shape: item, ..below }, log, &mut node);
            out.insert(name.to_owned(), node);
        }
        (kind, _) => {
            let converted = spell(&mut node, &kind, name);
            bare(&mut node, &path, DEEPEST, log);
            log.put(Way { table: place.to, converted, ..Way::to(path, name) }, node, out);
        }
    }
}

/// What is in a table of the result already, since it was given under another name too.
fn taken(name: &str, out: &mut Fields) -> Fields {
    match out.remove(name) {
        Some(Node { data: Data::Table(fields), .. }) => fields,
        _ => Fields::new(),
    }
}

/// Queues by tier.
fn tiers(given: Fields, place: Place<'_>, log: &mut Log, out: &mut Fields) {
    for (key, node) in given {
        let path = join(place.from, &key);
        let tier = tier(&key).map(Priority::name);
        let Some((name, shape)) = tier.and_then(|name| Some((name, place.shape.field(name)?))) else {
            log.unknown_of(&path, &key, &Priority::ALL.map(Priority::name));
            continue;
        };
        if is_null(&node) {
            log.unset(&path);
            continue;
        }
        let (source, Some(given)) = (node.source.clone(), table(node, &path, log)) else { continue };
        let mut inner = taken(name, out);
        fields(given, Place { from: &path, to: &join(place.to, name), shape, ..place }, log, &mut inner);
        out.insert(name.to_owned(), Node { data: Data::Table(inner), source });
    }
}

/// Tables under names of the user's choice, which stay.
fn named(given: Fields, place: Place<'_>, log: &mut Log, node: &mut Node) {
    let mut tables = Fields::new();
    for (key, item) in given {
        let path = join(place.from, &key);
        let (source, Some(given)) = (item.source.clone(), table(item, &path, log)) else { continue };
        let mut inner = Fields::new();
        fields(given, Place { from: &path, to: &join(place.to, &key), ..place }, log, &mut inner);
        tables.insert(key, Node { data: Data::Table(inner), source });
    }
    node.data = Data::Table(tables);
}

/// Tables in a list.
fn items(given: Vec<Node>, place: Place<'_>, log: &mut Log, node: &mut Node) {
    let mut tables = Vec::new();
    for (index, item) in given.into_iter().enumerate() {
        let path = format!("{}[{index}]", place.from);
        let (source, Some(given)) = (item.source.clone(), table(item, &path, log)) else { continue };
        let mut inner = Fields::new();
        let to = format!("{}[{}]", place.to, tables.len());
        fields(given, Place { from: &path, to: &to, ..place }, log, &mut inner);
        tables.push(Node { data: Data::Table(inner), source });
    }
    node.data = Data::List(tables);
}

/// A time in another unit.
fn time(mut node: Node, path: String, unit: OtherUnit, place: Place<'_>, log: &mut Log, out: &mut Fields) {
    let given = node.value();
    let Some(value) = unit.value(&given) else {
        log.wrong(&path, &node, "a number");
        return;
    };
    let note = format!("{given} became {value}, for the unit");
    node.data = Data::Leaf(value);
    log.put(Way { table: place.to, converted: true, note, ..Way::to(path, unit.field) }, node, out);
}

/// Brings words into the spelling of the settings. Says whether it changed one.
fn spell(node: &mut Node, kind: &Kind, name: &str) -> bool {
    let Data::Leaf(leaf) = &mut node.data else { return false };
    let Value::String(text) = leaf else { return false };
    let spelled = match kind {
        Kind::Tier => tier(text).map(|tier| tier.name().to_owned()),
        Kind::Choice(words) => word(text, words, name).map(str::to_owned),
        _ => None,
    };
    // Only another case is no other value: settings are read in any case.
    let Some(spelled) = spelled.filter(|spelled| !spelled.eq_ignore_ascii_case(text)) else { return false };
    *text = spelled;
    true
}

/// A tier, also as Python prints it: `MessagePriority.HIGH`, `<MessagePriority.HIGH: 2>`.
fn tier(text: &str) -> Option<Priority> {
    member(text).parse().ok()
}

/// The member that Python's text of an enumeration names.
fn member(text: &str) -> &str {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let text = text.split(':').next().unwrap_or(text);
    text.rsplit('.').next().unwrap_or(text).trim()
}

/// One of these words, whatever its case and its separators.
fn word(text: &str, words: &[&'static str], name: &str) -> Option<&'static str> {
    let letters = |text: &str| text.replace(['_', '-', ' ', '~'], "").to_ascii_lowercase();
    let given = letters(member(text));
    let meant = match (name, given.as_str()) {
        ("trim_strategy", "length" | "maxlength") => "maxlen",
        ("trim_strategy", "age" | "time") => "minid",
        ("default_serializer" | "encoding", "messagepack") => "msgpack",
        (_, given) => given,
    };
    words.iter().find(|word| letters(word) == meant).copied()
}

/// Takes what TOML cannot hold out of a value of the user's own: nothing, and what lies too deep.
fn bare(node: &mut Node, path: &str, depth: usize, log: &mut Log) {
    let fits = |log: &mut Log, path: &str, node: &mut Node| {
        let nested = matches!(node.data, Data::Table(_) | Data::List(_));
        if is_null(node) || (nested && depth == 0) {
            let note = if nested { "lies too deep" } else { "a file in TOML cannot say that it is nothing" };
            log.dropped(path, note);
            return false;
        }
        bare(node, path, depth.saturating_sub(1), log);
        true
    };
    match &mut node.data {
        Data::Table(fields) => fields.retain(|key, node| fits(log, &join(path, key), node)),
        Data::List(items) => {
            let mut index = 0;
            items.retain_mut(|item| {
                index += 1;
                fits(log, &format!("{path}[{}]", index - 1), item)
            });
        }
        Data::Leaf(_) | Data::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{member, tier, word};
    use crate::Priority;

    #[test]
    fn enumerations_as_python_prints_them() {
        for text in ["HIGH", "high", "MessagePriority.HIGH", "<MessagePriority.HIGH: 2>", "2"] {
            assert_eq!(tier(text), Some(Priority::High), "{text}");
        }
        assert_eq!(tier("MessagePriority.URGENT"), None);
        assert_eq!(member("redis.internal"), "internal");
        let words = ["maxlen", "minid"];
        for (text, meant) in
            [("~MAXLEN", "maxlen"), ("MAX_LEN", "maxlen"), ("TrimStrategy.MIN_ID", "minid"), ("age", "minid")]
        {
            assert_eq!(word(text, &words, "trim_strategy"), Some(meant), "{text}");
        }
        assert_eq!(word("none", &words, "trim_strategy"), None);
    }
}

//! Unknown keys, and which known one was meant.

use super::finding::Finding;
use super::shape::Shape;
use super::source::Source;
use super::tree::join;

/// Longest key that is compared: the comparison takes time by the square.
const COMPARED: usize = 64;

/// The finding for a key that a table does not have.
pub(super) fn unknown(table: Shape, key: &str, path: &str, source: &Source) -> Finding {
    let known: Vec<&str> = table.fields().map(|(name, _)| name).collect();
    let meant = nearest(key, &known).map(|name| join(path, name)).or_else(|| elsewhere(key));
    let message = match &meant {
        Some(meant) => format!("is no setting: did you mean `{}`?", spelled(meant, source)),
        None => "is no setting".to_owned(),
    };
    Finding::new(join(path, key), "", meant.unwrap_or_else(|| known.join(", ")), message)
}

/// The path as the source writes it: a variable's name for a variable.
fn spelled(path: &str, source: &Source) -> String {
    match source {
        Source::Env(_) => format!("TRADEBUS_{}", path.replace('.', "__").to_ascii_uppercase()),
        _ => path.to_owned(),
    }
}

/// The known key that takes the fewest changes, if they are few enough for a slip.
pub(super) fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    if key.len() > COMPARED {
        return None;
    }
    let key = key.to_ascii_lowercase();
    let most = (key.len() / 3).clamp(1, 3);
    let ranked = known.iter().map(|name| (distance(&key, name), *name));
    ranked.filter(|(changes, _)| *changes <= most).min_by_key(|(changes, _)| *changes).map(|(_, name)| name)
}

/// A key that is known, but in another table or at the top.
fn elsewhere(key: &str) -> Option<String> {
    let root = Shape::root();
    if root.field(key).is_some() {
        return Some(key.to_owned());
    }
    let holds = |(_, table): &(&str, Shape)| table.fields().any(|(name, _)| name == key);
    root.fields().find(holds).map(|(table, _)| join(table, key))
}

/// How many letters have to be inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, elsewhere, nearest};

    #[test]
    fn counts_changes() {
        for (a, b, changes) in
            [("", "abc", 3), ("abc", "abc", 0), ("hots", "host", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(a, b), changes, "{a} {b}");
            assert_eq!(distance(b, a), changes, "{b} {a}");
        }
    }

    #[test]
    fn suggests_only_what_can_be_a_slip() {
        let known = ["redis_host", "redis_port", "layout"];
        assert_eq!(nearest("redis_hots", &known), Some("redis_host"));
        assert_eq!(nearest("Layout", &known), Some("layout"));
        assert_eq!(nearest("xyz", &known), None);
        assert_eq!(nearest(&"redis_host".repeat(1_000), &known), None);
    }

    #[test]
    fn finds_a_key_in_another_table() {
        assert_eq!(
            elsewhere("flush_interval_ms").as_deref(),
            Some("default_buffer_config.flush_interval_ms")
        );
        assert_eq!(elsewhere("max_length").as_deref(), Some("default_stream_config.max_length"));
        assert_eq!(elsewhere("redis_host").as_deref(), Some("redis_host"));
        assert_eq!(elsewhere("nonsense"), None);
    }
}

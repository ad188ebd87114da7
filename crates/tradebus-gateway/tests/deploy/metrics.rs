//! The metrics that an expression names.

use tradebus_gateway::exposition::{Family, Kind, families};

/// The names of our metrics in an expression.
pub(crate) fn named(expression: &str) -> Vec<String> {
    expression
        .split(|it: char| !(it.is_ascii_alphanumeric() || it == '_' || it == ':'))
        .filter(|word| word.starts_with("tradebus_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

/// The family of a name in an expression, which must be in the list.
pub(crate) fn family_of(name: &str) -> &'static Family {
    let is_it = |family: &&Family| match family.kind() {
        Kind::Histogram => {
            let suffix = name.strip_prefix(family.name());
            matches!(suffix, Some("_bucket" | "_sum" | "_count"))
        }
        _ => family.name() == name,
    };
    families().find(is_it).unwrap_or_else(|| panic!("{name} is not exposed"))
}

/// A family by its own name, which must be in the list.
pub(crate) fn family(name: &str) -> &'static Family {
    families().find(|family| family.name() == name).unwrap_or_else(|| panic!("{name} is not in the list"))
}

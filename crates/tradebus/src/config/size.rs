//! Sizes in bytes: a number, or text such as `64MiB`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserializer;
use serde::de::{Error, Visitor};

/// What `format` says in the schema of a size.
pub(super) const FORMAT: &str = "byte-size";

const UNITS: [(&str, u64); 9] = [
    ("b", 1),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
];

/// Reads `65536`, `64 KiB`, `1.5MiB` or `10MB`, in any case. A part of a byte is cut off.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let factor = match unit {
        "" => 1,
        _ => UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name))?.1,
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let bytes = number.parse::<f64>().ok()? * factor as f64;
    // Above 2^53 a float no longer holds every whole number; no setting comes near it.
    (bytes < 9e15).then_some(bytes as u64)
}

/// Writes a size in the largest binary unit that divides it.
pub(super) fn text(bytes: u64) -> String {
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        .into_iter()
        .find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .map_or_else(|| format!("{bytes} bytes"), |(unit, factor)| format!("{} {unit}", bytes / factor))
}

/// A type that a size can be read into.
pub(super) trait FromSize: Sized {
    fn from_size(bytes: usize) -> Self;
}

impl FromSize for usize {
    fn from_size(bytes: usize) -> Self {
        bytes
    }
}

impl FromSize for Option<usize> {
    fn from_size(bytes: usize) -> Self {
        Some(bytes)
    }
}

/// For `#[serde(deserialize_with)]`.
pub(super) fn deserialize<'de, D: Deserializer<'de>, T: FromSize>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(SizeVisitor).and_then(|bytes| {
        usize::try_from(bytes)
            .map(T::from_size)
            .map_err(|_| D::Error::custom("more than this machine can address"))
    })
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or text such as \"64MiB\"")
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(bytes), &self))
    }

    fn visit_str<E: Error>(self, given: &str) -> Result<u64, E> {
        parse(given).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(given), &self))
    }
}

/// The schema of a size, for `#[schemars(with = "Size")]`.
pub(super) struct Size;

impl JsonSchema for Size {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["integer", "string"], "format": FORMAT })
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[test]
    fn reads_numbers_with_and_without_a_unit() {
        for (given, bytes) in [
            ("0", 0),
            ("65536", 65_536),
            ("64MiB", 64 << 20),
            (" 64 mib ", 64 << 20),
            ("1.5KiB", 1_536),
            ("10MB", 10_000_000),
            ("16GiB", 16 << 30),
            ("7b", 7),
        ] {
            assert_eq!(parse(given), Some(bytes), "{given:?}");
        }
        for given in [
            "",
            "MiB",
            "-1",
            "1 MiB MiB",
            "1e3",
            "1..2",
            "64 M",
            "99999999999999999999",
            "18446744073709551615KiB",
        ] {
            assert_eq!(parse(given), None, "{given:?}");
        }
    }

    #[test]
    fn writes_the_largest_unit_that_divides() {
        assert_eq!(text(64 << 20), "64 MiB");
        assert_eq!(text(1_025), "1025 bytes");
        assert_eq!(text(0), "0 bytes");
        assert_eq!(parse(&text(1 << 30)), Some(1 << 30));
    }
}

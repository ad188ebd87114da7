//! One entry of the list `value`: a number, "NA", null, or something else.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value as it stands in an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// A finite number; integers come without a decimal point at times.
    Number(f64),
    /// The string "NA", or null.
    Missing,
    /// Anything else, and read as missing: another string, true, a list. No such value has been seen.
    Strange,
}

impl Cell {
    /// The number, if it is one and none of the `sentinels`.
    pub fn number(self, sentinels: &[f64]) -> Option<f64> {
        match self {
            // A sentinel is written by a program, digit for digit: it is compared exactly.
            Self::Number(number) if !sentinels.contains(&number) => Some(number),
            _ => None,
        }
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"NA\" or null")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
        Ok(if number.is_finite() { Cell::Number(number) } else { Cell::Strange })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
        Ok(Cell::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
        Ok(Cell::Number(number as f64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
        Ok(if text == "NA" { Cell::Missing } else { Cell::Strange })
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Missing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Cell, E> {
        Ok(Cell::Strange)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Strange)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Strange)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

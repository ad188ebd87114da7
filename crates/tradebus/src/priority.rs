//! The four tiers in which messages travel.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How urgent a message is. A higher tier overtakes a lower one everywhere on its way: in the publisher's queues, on a
/// connection of its own, in a stream of its own, and in each subscription's queues.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Bulk data that may wait: history, snapshots.
    #[serde(alias = "LOW")]
    Low = 0,
    /// The default.
    #[default]
    #[serde(alias = "NORMAL")]
    Normal = 1,
    /// Orders, fills, position changes.
    #[serde(alias = "HIGH")]
    High = 2,
    /// Risk alerts and kill switches.
    #[serde(alias = "CRITICAL")]
    Critical = 3,
}

impl Priority {
    /// All tiers, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Normal, Self::Low];

    /// 0 (LOW) to 3 (CRITICAL): the number on the wire and the index into arrays by tier.
    pub const fn number(self) -> usize {
        self as usize
    }

    /// The tier of a number from 0 to 3.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Low),
            1 => Some(Self::Normal),
            2 => Some(Self::High),
            3 => Some(Self::Critical),
            _ => None,
        }
    }

    /// The name in lower case, as in stream keys and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Priority {
    type Err = ParsePriorityError;

    /// Reads a name in any case, or a number from 0 to 3.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|tier| text.eq_ignore_ascii_case(tier.name()))
            .or_else(|| text.parse().ok().and_then(Self::from_number))
            .ok_or_else(|| ParsePriorityError(text.to_owned()))
    }
}

/// A text that names no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no priority: use low, normal, high, critical, or 0 to 3")]
pub struct ParsePriorityError(String);

#[cfg(test)]
mod tests {
    use super::Priority;

    #[test]
    fn names_and_numbers_lead_back() {
        for tier in Priority::ALL {
            assert_eq!(tier.name().parse(), Ok(tier));
            assert_eq!(tier.name().to_uppercase().parse(), Ok(tier));
            assert_eq!(tier.number().to_string().parse(), Ok(tier));
        }
        for text in ["", "4", "urgent", "-1"] {
            assert!(text.parse::<Priority>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn most_urgent_first() {
        assert!(Priority::ALL.is_sorted_by(|a, b| a > b));
    }
}

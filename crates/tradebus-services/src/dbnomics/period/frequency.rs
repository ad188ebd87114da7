//! How often a series has a value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The frequency of a series, as `@frequency` names it (DBnomics Web API v22).
///
/// In order from the longest period to the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frequency {
    /// Once a year.
    Annual,
    /// Twice a year.
    BiAnnual,
    /// Four times a year.
    Quarterly,
    /// Every second month.
    BiMonthly,
    /// Once a month.
    Monthly,
    /// Once in a week that begins on Monday.
    Weekly,
    /// Each day; business days only are `daily` too.
    Daily,
}

impl Frequency {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Annual,
        Self::BiAnnual,
        Self::Quarterly,
        Self::BiMonthly,
        Self::Monthly,
        Self::Weekly,
        Self::Daily,
    ];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Annual => "annual",
            Self::BiAnnual => "bi-annual",
            Self::Quarterly => "quarterly",
            Self::BiMonthly => "bi-monthly",
            Self::Monthly => "monthly",
            Self::Weekly => "weekly",
            Self::Daily => "daily",
        }
    }

    /// Periods in a year; 52 and 365 stand for the weeks and days of an ordinary year.
    pub fn periods_a_year(self) -> u16 {
        match self {
            Self::Annual => 1,
            Self::BiAnnual => 2,
            Self::Quarterly => 4,
            Self::BiMonthly => 6,
            Self::Monthly => 12,
            Self::Weekly => 52,
            Self::Daily => 365,
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no frequency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no frequency: allowed are annual, bi-annual, quarterly, bi-monthly, monthly, weekly and daily"
)]
pub struct UnknownFrequency(
    /// What was given.
    pub String,
);

impl FromStr for Frequency {
    type Err = UnknownFrequency;

    fn from_str(text: &str) -> Result<Self, UnknownFrequency> {
        let found = Self::ALL.into_iter().find(|frequency| frequency.as_str() == text);
        found.ok_or_else(|| UnknownFrequency(text.chars().take(40).collect()))
    }
}

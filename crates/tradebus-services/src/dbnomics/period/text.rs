//! Periods as text: `2024`, `2024-S1`, `2024-Q1`, `2024-B1`, `2024-01`, `2024-W01`, `2024-01-31`
//! (DBnomics Web API v22, field `period`).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Frequency, Period};

/// The text is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no period: allowed are 2024, 2024-S1, 2024-Q1, 2024-B1, 2024-01, 2024-W01 and 2024-01-31, \
     in the years 0001 to 9999"
)]
pub struct NoPeriod(
    /// What was given, at most 40 characters of it.
    pub String,
);

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        read(text).ok_or_else(|| NoPeriod(text.chars().take(40).collect()))
    }
}

fn read(text: &str) -> Option<Period> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = i16::try_from(digits(year)?).ok()?;
    let Some(rest) = rest.strip_prefix('-') else {
        return if rest.is_empty() { Period::of_year(Frequency::Annual, year, 1) } else { None };
    };
    let bytes = rest.as_bytes();
    match (bytes.first()?, bytes.len()) {
        (b'S', 2) => Period::of_year(Frequency::BiAnnual, year, digits(rest.get(1..)?)?),
        (b'Q', 2) => Period::of_year(Frequency::Quarterly, year, digits(rest.get(1..)?)?),
        (b'B', 2) => Period::of_year(Frequency::BiMonthly, year, digits(rest.get(1..)?)?),
        (b'W', 3) => Period::of_year(Frequency::Weekly, year, digits(rest.get(1..)?)?),
        (_, 2) => Period::of_year(Frequency::Monthly, year, digits(rest)?),
        (_, 5) => {
            let (month, day) = rest.split_once('-')?;
            if month.len() != 2 {
                return None;
            }
            let month = i8::try_from(digits(month)?).ok()?;
            let day = i8::try_from(digits(day)?).ok()?;
            Period::containing(Frequency::Daily, Date::new(year, month, day).ok()?)
        }
        _ => None,
    }
}

/// Digits only: `parse` alone would take a sign too.
fn digits(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.start_day();
        let (year, month) = (day.year(), day.month());
        match self.frequency {
            Frequency::Annual => write!(f, "{year:04}"),
            Frequency::BiAnnual => write!(f, "{year:04}-S{}", (month - 1) / 6 + 1),
            Frequency::Quarterly => write!(f, "{year:04}-Q{}", (month - 1) / 3 + 1),
            Frequency::BiMonthly => write!(f, "{year:04}-B{}", (month - 1) / 2 + 1),
            Frequency::Monthly => write!(f, "{year:04}-{month:02}"),
            Frequency::Weekly => {
                let week = day.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Frequency::Daily => write!(f, "{year:04}-{month:02}-{:02}", day.day()),
        }
    }
}

/// Written as its text.
impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

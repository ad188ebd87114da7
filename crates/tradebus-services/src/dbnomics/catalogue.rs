//! The series that matter to trading: a readable file, `trading_series.toml`, which a user can replace by one of their own.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::id::SeriesId;
use super::period::Frequency;

/// The list that comes with the crate.
const BUILT_IN: &str = include_str!("trading_series.toml");

/// At most so many series in a file: an hour of polling DBnomics politely.
pub const MAX_SERIES: usize = 5_000;

/// What a series is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Prices, work, growth, sentiment.
    MacroEconomic,
    /// Policy rates, balance sheets, money.
    CentralBank,
    /// Yields, exchange rates, stress, property.
    Financial,
    /// Energy, metals, food.
    Commodities,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::MacroEconomic, Self::CentralBank, Self::Financial, Self::Commodities];

    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MacroEconomic => "macro_economic",
            Self::CentralBank => "central_bank",
            Self::Financial => "financial",
            Self::Commodities => "commodities",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One series of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TradingSeries {
    /// What it is about.
    pub group: Group,
    /// Its id.
    pub id: SeriesId,
    /// What it is.
    pub name: String,
    /// What a trader reads from it.
    pub reads: String,
    /// How often it has a value.
    pub frequency: Frequency,
    /// What to mind.
    pub note: Option<String>,
}

/// A checked list of series, each id once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    series: Vec<TradingSeries>,
}

impl Catalogue {
    /// The list that comes with the crate.
    ///
    /// # Errors
    /// Never in a released crate: a test reads the list.
    pub fn built_in() -> Result<Self, CatalogueError> {
        Self::from_toml(BUILT_IN)
    }

    /// Reads a list with the fields of `trading_series.toml`.
    ///
    /// # Errors
    /// Names the line, the field, what stands there and what is allowed.
    pub fn from_toml(text: &str) -> Result<Self, CatalogueError> {
        let file: File = toml::from_str(text).map_err(|error| CatalogueError::Toml(error.to_string()))?;
        let mut checked = Self::default();
        let mut seen = HashSet::new();
        for (group, entry) in file.entries() {
            let series = check(group, entry, text)?;
            if checked.series.len() == MAX_SERIES {
                return Err(CatalogueError::TooMany);
            }
            if !seen.insert(series.id.clone()) {
                let line = line_of(text, entry.id.span().start);
                return Err(CatalogueError::Twice { line, id: series.id });
            }
            checked.series.push(series);
        }
        Ok(checked)
    }

    /// Those of the series that are there, for a source that does not have them all.
    #[must_use]
    pub fn only(mut self, there: &[String]) -> Self {
        self.series.retain(|series| there.iter().any(|id| id == series.id.as_str()));
        self
    }

    /// All series: group by group, within a group as in the file.
    pub fn series(&self) -> &[TradingSeries] {
        &self.series
    }

    /// The series of a group.
    pub fn of(&self, group: Group) -> impl Iterator<Item = &TradingSeries> {
        self.series.iter().filter(move |series| series.group == group)
    }
}

/// Why a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// It is no TOML, or has an unknown or missing field; the message has line, column and field.
    #[error("the list of series: {0}")]
    Toml(String),
    /// A field holds what it may not.
    #[error("the list of series, line {line}: {field}: {problem}")]
    Field {
        /// From 1.
        line: usize,
        /// Its name.
        field: &'static str,
        /// What stands there and what is allowed.
        problem: String,
    },
    /// An id stands there twice.
    #[error("the list of series, line {line}: id: `{id}` stands in the list twice")]
    Twice {
        /// From 1.
        line: usize,
        /// The id.
        id: SeriesId,
    },
    /// More than [`MAX_SERIES`].
    #[error("the list of series: more than {MAX_SERIES} series")]
    TooMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct File {
    macro_economic: Vec<Entry>,
    central_bank: Vec<Entry>,
    financial: Vec<Entry>,
    commodities: Vec<Entry>,
}

impl File {
    fn entries(&self) -> impl Iterator<Item = (Group, &Entry)> {
        let of = |group: Group| match group {
            Group::MacroEconomic => &self.macro_economic,
            Group::CentralBank => &self.central_bank,
            Group::Financial => &self.financial,
            Group::Commodities => &self.commodities,
        };
        Group::ALL.into_iter().flat_map(move |group| of(group).iter().map(move |entry| (group, entry)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    name: Spanned<String>,
    reads: Spanned<String>,
    frequency: Spanned<String>,
    note: Option<String>,
}

fn check(group: Group, entry: &Entry, text: &str) -> Result<TradingSeries, CatalogueError> {
    let wrong = |field, value: &Spanned<String>, problem: String| CatalogueError::Field {
        line: line_of(text, value.span().start),
        field,
        problem,
    };
    for (field, value) in [("name", &entry.name), ("reads", &entry.reads)] {
        if value.get_ref().trim().is_empty() {
            return Err(wrong(field, value, "it is empty: a few words are needed".to_owned()));
        }
    }
    let id = entry.id.get_ref().parse::<SeriesId>();
    let id = id.map_err(|error| wrong("id", &entry.id, error.to_string()))?;
    let frequency = entry.frequency.get_ref().parse::<Frequency>();
    let frequency = frequency.map_err(|error| wrong("frequency", &entry.frequency, error.to_string()))?;
    Ok(TradingSeries {
        group,
        id,
        name: entry.name.get_ref().clone(),
        reads: entry.reads.get_ref().clone(),
        frequency,
        note: entry.note.clone(),
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_list_that_comes_with_the_crate_is_valid() {
        let catalogue = Catalogue::built_in().unwrap();
        for group in Group::ALL {
            assert!(catalogue.of(group).count() >= 10, "{group}");
        }
        assert!(catalogue.series().iter().all(|series| series.id.can_be_listed()));
    }

    const GOOD: &str = "[[financial]]\nid = \"A/B/C\"\nname = \"n\"\nreads = \"r\"\nfrequency = \"daily\"\n";

    #[rstest]
    #[case(GOOD.replace("A/B/C", "A/B"), "line 2: id: `A/B` is no series id: it is written PROVIDER/DATASET/SERIES")]
    #[case(GOOD.replace("daily", "hourly"), "line 5: frequency: `hourly` is no frequency: allowed are annual")]
    #[case(GOOD.replace("\"n\"", "\" \""), "line 3: name: it is empty")]
    #[case(GOOD.repeat(2), "line 7: id: `A/B/C` stands in the list twice")]
    #[case(GOOD.replace("financial", "finance"), "unknown field `finance`, expected one of `macro_economic`")]
    #[case(GOOD.replace("reads", "read"), "line 4")]
    #[case("[[financial]]\nid = 1\n".to_owned(), "line 2")]
    fn errors_name_the_line_and_what_is_allowed(#[case] file: String, #[case] says: &str) {
        let error = Catalogue::from_toml(&file).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn an_empty_file_is_an_empty_list() {
        assert_eq!(Catalogue::from_toml("").unwrap(), Catalogue::default());
    }
}

//! The id of a series: `PROVIDER/DATASET/SERIES`, for example `ECB/EXR/D.USD.EUR.SP00.A`.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest id in bytes; the longest ones of DBnomics have about 200.
pub const MAX_ID_BYTES: usize = 1024;

/// All that RFC 3986 does not call unreserved. Stricter than a path needs, so that it holds in a query too.
const PATH_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The id of one series, checked by the patterns of the DBnomics data model.
///
/// It is case-sensitive: Eurostat has codes in upper and in lower case for different data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId {
    text: String,
    /// Where the first and the second slash stand.
    slashes: (usize, usize),
}

impl SeriesId {
    /// Puts an id together from its three codes.
    ///
    /// # Errors
    /// Where a code breaks the rules that [`IdError`] names.
    pub fn new(provider: &str, dataset: &str, series: &str) -> Result<Self, IdError> {
        check(Part::Provider, provider)?;
        check(Part::Dataset, dataset)?;
        check(Part::Series, series)?;
        let text = format!("{provider}/{dataset}/{series}");
        if text.len() > MAX_ID_BYTES {
            return Err(IdError::TooLong { bytes: text.len() });
        }
        let first = provider.len();
        Ok(Self { slashes: (first, first + 1 + dataset.len()), text })
    }

    /// The code of the provider: `ECB`.
    pub fn provider(&self) -> &str {
        &self.text[..self.slashes.0]
    }

    /// The code of the dataset: `EXR`, `WEO:2025-04`, `DSD_STES@DF_CLI`.
    pub fn dataset(&self) -> &str {
        &self.text[self.slashes.0 + 1..self.slashes.1]
    }

    /// The code of the series in its dataset: `D.USD.EUR.SP00.A`.
    pub fn series(&self) -> &str {
        &self.text[self.slashes.1 + 1..]
    }

    /// Provider and dataset, `ECB/EXR`: the key of a dataset in the answers.
    pub fn dataset_key(&self) -> &str {
        &self.text[..self.slashes.1]
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The three codes percent-encoded, with plain slashes between them: the end of a URL path.
    pub fn url_path(&self) -> String {
        let part = |code| utf8_percent_encode(code, PATH_PART);
        format!("{}/{}/{}", part(self.provider()), part(self.dataset()), part(self.series()))
    }

    /// Whether the id can stand in the query parameter `series_ids`, which takes commas between ids.
    pub fn can_be_listed(&self) -> bool {
        !self.text.contains(',')
    }
}

impl FromStr for SeriesId {
    type Err = IdError;

    /// Splits at the first two slashes only.
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() > MAX_ID_BYTES {
            return Err(IdError::TooLong { bytes: text.len() });
        }
        let mut parts = text.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(provider), Some(dataset), Some(series)) => Self::new(provider, dataset, series),
            _ => Err(IdError::Parts { id: text.to_owned() }),
        }
    }
}

impl fmt::Display for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Written as its text.
impl Serialize for SeriesId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for SeriesId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One of the three codes of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The first code.
    Provider,
    /// The second code.
    Dataset,
    /// What comes after the second slash.
    Series,
}

impl Part {
    fn allows(self, c: char) -> bool {
        match self {
            Self::Provider => c.is_ascii_alphanumeric() || "-._".contains(c),
            // `@` is not in the published pattern, but in the codes of the OECD.
            Self::Dataset => c.is_ascii_alphanumeric() || "-._:@".contains(c),
            Self::Series => c != '/' && !c.is_whitespace() && !c.is_control(),
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Provider => "letters, digits, `-`, `.` and `_`",
            Self::Dataset => "letters, digits, `-`, `.`, `_`, `:` and `@`",
            Self::Series => "anything but slashes, spaces and control characters",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Provider => "provider",
            Self::Dataset => "dataset",
            Self::Series => "series",
        })
    }
}

/// Why a text is no id of a series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Fewer than two slashes.
    #[error("`{id}` is no series id: it is written PROVIDER/DATASET/SERIES")]
    Parts {
        /// What was given.
        id: String,
    },
    /// A code with nothing in it, or `.` or `..`, which URLs take for directories.
    #[error("the {part} code `{code}` is not possible: it has {allowed}, and is neither empty nor `.` nor `..`", allowed = part.allowed())]
    Code {
        /// Which code.
        part: Part,
        /// What was given.
        code: String,
    },
    /// A character that the code may not have.
    #[error("the {part} code `{code}` has {found:?}: allowed are {allowed}", allowed = part.allowed())]
    Character {
        /// Which code.
        part: Part,
        /// What was given.
        code: String,
        /// The first character that is not allowed.
        found: char,
    },
    /// Longer than [`MAX_ID_BYTES`].
    #[error("a series id of {bytes} bytes is too long: allowed are {MAX_ID_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

fn check(part: Part, code: &str) -> Result<(), IdError> {
    if code.len() > MAX_ID_BYTES {
        return Err(IdError::TooLong { bytes: code.len() });
    }
    if matches!(code, "" | "." | "..") {
        return Err(IdError::Code { part, code: code.to_owned() });
    }
    match code.chars().find(|&c| !part.allows(c)) {
        Some(found) => Err(IdError::Character { part, code: code.to_owned(), found }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("ECB/EXR/D.USD.EUR.SP00.A", "ECB/EXR/D.USD.EUR.SP00.A")]
    #[case("IMF/WEO:2025-04/NPL.NGDP_RPCH.pcent_change", "IMF/WEO%3A2025-04/NPL.NGDP_RPCH.pcent_change")]
    #[case("OECD/DSD_STES@DF_CLI/G20.M", "OECD/DSD_STES%40DF_CLI/G20.M")]
    #[case("IMF/BOP/A.FR+ES.BCA", "IMF/BOP/A.FR%2BES.BCA")]
    #[case("INSEE/X/é%", "INSEE/X/%C3%A9%25")]
    fn ids_and_their_paths(#[case] text: &str, #[case] path: &str) {
        let id: SeriesId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(id.url_path(), path);
        assert_eq!(SeriesId::new(id.provider(), id.dataset(), id.series()), Ok(id.clone()));
        assert_eq!(id.dataset_key(), format!("{}/{}", id.provider(), id.dataset()));
    }

    #[rstest]
    #[case("", "PROVIDER/DATASET/SERIES")]
    #[case("ECB/EXR", "PROVIDER/DATASET/SERIES")]
    #[case("ECB//A", "the dataset code ``")]
    #[case("ECB/../A", "the dataset code `..`")]
    #[case("E B/EXR/A", "has ' ': allowed are letters")]
    #[case("ECB/EXR/A/B", "the series code `A/B` has '/'")]
    #[case("ECB/EXR/A B", "anything but slashes")]
    fn what_is_no_id(#[case] text: &str, #[case] says: &str) {
        let error = text.parse::<SeriesId>().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn commas_cannot_be_listed() {
        assert!("A/B/C".parse::<SeriesId>().unwrap().can_be_listed());
        assert!(!"A/B/C,D".parse::<SeriesId>().unwrap().can_be_listed());
    }

    proptest! {
        #[test]
        fn a_path_has_only_two_slashes_and_plain_letters(text in "\\PC{0,6}/\\PC{0,6}/\\PC{0,6}") {
            if let Ok(id) = text.parse::<SeriesId>() {
                let path = id.url_path();
                prop_assert_eq!(path.matches('/').count(), 2);
                prop_assert!(path.chars().all(|c| c.is_ascii_alphanumeric() || "-._~%/".contains(c)));
            }
        }
    }
}

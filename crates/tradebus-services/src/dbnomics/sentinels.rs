//! Numbers that mean "no value": a readable list, `sentinels.toml`, which a user can replace by one of their own.

use std::collections::HashMap;

use serde::Deserialize;

/// The list that comes with the crate.
const BUILT_IN: &str = include_str!("sentinels.toml");

/// For which datasets which numbers mean "no value".
#[derive(Debug, Clone, Default)]
pub struct Sentinels {
    by_dataset: HashMap<String, Vec<f64>>,
}

/// The file cannot be read; the message has line, column and field.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the list of sentinels: {0}")]
pub struct SentinelsError(String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    sentinel: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dataset: String,
    values: Vec<f64>,
    #[serde(rename = "why")]
    _why: String,
}

impl Sentinels {
    /// None: every number is a value.
    pub fn none() -> Self {
        Self::default()
    }

    /// The list that comes with the crate.
    ///
    /// # Errors
    /// Never in a released crate: a test reads the list.
    pub fn built_in() -> Result<Self, SentinelsError> {
        Self::from_toml(BUILT_IN)
    }

    /// Reads a list with the fields of `sentinels.toml`.
    ///
    /// # Errors
    /// Names line, column and field of what cannot be read.
    pub fn from_toml(text: &str) -> Result<Self, SentinelsError> {
        let file: File = toml::from_str(text).map_err(|error| SentinelsError(error.to_string()))?;
        let mut by_dataset: HashMap<String, Vec<f64>> = HashMap::new();
        for entry in file.sentinel {
            if entry.dataset.split('/').filter(|code| !code.is_empty()).count() != 2 {
                let text = format!("dataset `{}`: it is written PROVIDER/DATASET", entry.dataset);
                return Err(SentinelsError(text));
            }
            by_dataset.entry(entry.dataset).or_default().extend(entry.values);
        }
        Ok(Self { by_dataset })
    }

    /// The numbers that mean "no value" in this dataset (`PROVIDER/DATASET`).
    pub fn of(&self, dataset: &str) -> &[f64] {
        self.by_dataset.get(dataset).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balance_sheet_of_the_fed_has_one() {
        let sentinels = Sentinels::built_in().unwrap();
        assert_eq!(sentinels.of("FED/H41"), [-999_999.0]);
        assert!(sentinels.of("FED/H15").is_empty());
    }

    #[test]
    fn errors_name_the_line_and_what_is_allowed() {
        let unknown = "[[sentinel]]\ndataset = \"A/B\"\nvalues = [1]\nwhy = \"\"\nwhat = 1\n";
        let error = Sentinels::from_toml(unknown).unwrap_err().to_string();
        assert!(error.contains("line 5") && error.contains("what"), "{error}");
        let dataset = "[[sentinel]]\ndataset = \"A\"\nvalues = [1]\nwhy = \"\"\n";
        let error = Sentinels::from_toml(dataset).unwrap_err().to_string();
        assert!(error.contains("PROVIDER/DATASET"), "{error}");
    }
}

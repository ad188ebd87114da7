//! A dataset: many series with the same dimensions.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::lenient;

/// A dataset, as it stands in dataset, series, search and last-updates answers. Which fields are there depends on which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dataset {
    /// `EXR`.
    #[serde(deserialize_with = "lenient::plain")]
    pub code: String,
    /// What it is about.
    #[serde(deserialize_with = "lenient::plain")]
    pub name: String,
    /// More about it.
    #[serde(deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// `ECB`.
    #[serde(deserialize_with = "lenient::plain")]
    pub provider_code: String,
    /// `European Central Bank`.
    #[serde(deserialize_with = "lenient::text")]
    pub provider_name: Option<String>,
    /// How many series it has.
    #[serde(deserialize_with = "lenient::or_default")]
    pub nb_series: Option<u64>,
    /// How many series match the question (search only).
    #[serde(deserialize_with = "lenient::or_default")]
    pub nb_matching_series: Option<u64>,
    /// When DBnomics last read it, RFC 3339.
    #[serde(deserialize_with = "lenient::text")]
    pub indexed_at: Option<String>,
    /// When the provider changed it (some providers only).
    #[serde(deserialize_with = "lenient::text")]
    pub updated_at: Option<String>,
    /// Changes when the data change.
    #[serde(deserialize_with = "lenient::text")]
    pub dir_hash: Option<String>,
    /// The dimensions, in the order of the codes in a mask.
    #[serde(deserialize_with = "lenient::list")]
    pub dimensions_codes_order: Vec<String>,
    /// Dimension code → name.
    #[serde(deserialize_with = "lenient::texts")]
    pub dimensions_labels: BTreeMap<String, String>,
    /// Dimension code → names of its values.
    #[serde(deserialize_with = "lenient::map")]
    pub dimensions_values_labels: BTreeMap<String, Labels>,
    /// Where the data come from.
    #[serde(deserialize_with = "lenient::text")]
    pub source_href: Option<String>,
    /// Where they are described.
    #[serde(deserialize_with = "lenient::text")]
    pub doc_href: Option<String>,
}

/// Value code → name. The API sends a map or a list of `[code, name]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Labels(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let labels = match Value::deserialize(deserializer)? {
            Value::Object(map) => {
                map.into_iter().filter_map(|(code, name)| Some((code, lenient::to_text(name)?))).collect()
            }
            Value::Array(pairs) => pairs.into_iter().filter_map(pair).collect(),
            _ => BTreeMap::new(),
        };
        Ok(Self(labels))
    }
}

fn pair(pair: Value) -> Option<(String, String)> {
    let Value::Array(both) = pair else { return None };
    let mut both = both.into_iter();
    Some((lenient::to_text(both.next()?)?, lenient::to_text(both.next()?)?))
}

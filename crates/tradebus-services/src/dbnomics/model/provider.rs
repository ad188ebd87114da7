//! Who publishes.

use serde::{Deserialize, Serialize};

use super::lenient;

/// A provider. All but `code` and `name` may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provider {
    /// `ECB`.
    #[serde(deserialize_with = "lenient::plain")]
    pub code: String,
    /// `European Central Bank`.
    #[serde(deserialize_with = "lenient::plain")]
    pub name: String,
    /// Free text, not a country code: `FR`, `FRANCE`, `World`.
    #[serde(deserialize_with = "lenient::text")]
    pub region: Option<String>,
    /// Its home page.
    #[serde(deserialize_with = "lenient::text")]
    pub website: Option<String>,
    /// The URL of its terms: they are the provider's, not those of DBnomics.
    #[serde(deserialize_with = "lenient::text")]
    pub terms_of_use: Option<String>,
    /// How the provider wants to be named.
    #[serde(deserialize_with = "lenient::text")]
    pub attribution: Option<String>,
    /// When DBnomics last read from it, RFC 3339. Says nothing about the age of the data.
    #[serde(deserialize_with = "lenient::text")]
    pub indexed_at: Option<String>,
}

/// A node of the tree of a provider's datasets. A leaf is a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Category {
    /// The code of the dataset, or of the category, which may have none.
    #[serde(deserialize_with = "lenient::text")]
    pub code: Option<String>,
    /// What it is about.
    #[serde(deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// What is below it. Empty for a leaf.
    #[serde(deserialize_with = "lenient::list")]
    pub children: Vec<Self>,
}

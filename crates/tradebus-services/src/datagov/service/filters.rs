//! What narrows a search.

use serde::{Deserialize, Deserializer, Serialize};
use tradebus::ServiceError;

use super::bounds;
use crate::upstream::Call;

/// The longest question, in characters.
const QUESTION_LENGTH: usize = 500;
/// The most entries of a list.
const MOST: usize = 20;

/// What narrows a search, and its order. Operations whose parameters these are repeat the fields, as serde cannot refuse unknown ones otherwise.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Filters {
    /// The words, at most 500 characters. All must occur in one field of a dataset; `"a phrase"` and `a OR b` are understood. None finds all.
    pub(super) q: Option<String>,
    pub(super) sort: Option<Sort>,
    /// The slug of an organization.
    pub(super) org_slug: Option<String>,
    /// Kinds of organizations, any of which will do; at most 20.
    pub(super) org_type: Vec<String>,
    /// Keywords, all of which must be there; at most 20.
    pub(super) keyword: Vec<String>,
    /// The whole name of a publisher.
    pub(super) publisher: Option<String>,
    pub(super) spatial_filter: Option<SpatialFilter>,
    /// Only datasets with a download. `false` does not narrow.
    pub(super) has_download: Option<bool>,
}

/// The orders. That by distance needs a place, which cannot be given.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    Relevance,
    Popularity,
    LastHarvestedDate,
}

/// Whether datasets have a place.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SpatialFilter {
    Geospatial,
    NonGeospatial,
}

impl Filters {
    pub(super) fn check(&self) -> Result<(), ServiceError> {
        let question = self.q.as_deref().unwrap_or_default();
        bounds::text("q", question, 0..=QUESTION_LENGTH)?;
        if let Some(slug) = &self.org_slug {
            bounds::name("org_slug", slug)?;
        }
        bounds::texts("org_type", &self.org_type, MOST)?;
        bounds::texts("keyword", &self.keyword, MOST)?;
        if let Some(publisher) = &self.publisher {
            bounds::text("publisher", publisher, 1..=bounds::NAME_LENGTH)?;
        }
        Ok(())
    }

    /// Adds them to a call.
    pub(super) fn narrow(&self, call: Call) -> Call {
        let one = |name, value: Option<&str>| value.map(|value| (name, value.to_owned()));
        let many = |name, values: &[String]| values.iter().map(|value| (name, value.clone())).collect();
        let keywords: Vec<_> = many("keyword", &self.keyword);
        let kinds: Vec<_> = many("org_type", &self.org_type);
        call.queries(one("q", self.q.as_deref().filter(|q| !q.trim().is_empty())))
            .queries(one("sort", self.sort.map(Sort::name)))
            .queries(one("org_slug", self.org_slug.as_deref()))
            .queries(kinds)
            .queries(keywords)
            .queries(one("publisher", self.publisher.as_deref()))
            .queries(one("spatial_filter", self.spatial_filter.map(SpatialFilter::name)))
            .queries(one("has_download", self.has_download.filter(|only| *only).map(|_only| "true")))
    }
}

impl Sort {
    fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Popularity => "popularity",
            Self::LastHarvestedDate => "last_harvested_date",
        }
    }
}

impl SpatialFilter {
    fn name(self) -> &'static str {
        match self {
            Self::Geospatial => "geospatial",
            Self::NonGeospatial => "non-geospatial",
        }
    }
}

/// Reads a list of texts; a single text is a list of one.
pub(super) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "it must be a text or a list of texts")]
    enum Given {
        Nothing(()),
        One(String),
        Many(Vec<String>),
    }
    Ok(match Given::deserialize(from)? {
        Given::Nothing(()) => Vec::new(),
        Given::One(text) => vec![text],
        Given::Many(texts) => texts,
    })
}

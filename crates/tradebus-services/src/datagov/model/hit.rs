//! One dataset of a page.

use serde::Serialize;
use serde_json::{Map, Value};

use super::dcat::Dcat;
use super::read::Fields;

/// A dataset as the search gives it. The best part of the fields may be missing, most of all in old records.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Hit {
    /// Its title.
    pub title: String,
    /// Key for `/dataset/{slug}`, at most 90 characters.
    pub slug: String,
    /// The publisher's own id.
    pub identifier: Option<String>,
    /// What it is about.
    pub description: String,
    /// The name of the publisher.
    pub publisher: Option<String>,
    /// Who brought it to the catalogue.
    pub organization: Option<Organization>,
    /// Keywords, as the publisher wrote them.
    pub keyword: Vec<String>,
    /// Themes, mostly none.
    pub theme: Vec<String>,
    /// Titles of its files.
    pub distribution_titles: Vec<String>,
    /// Page views.
    pub popularity: Option<u64>,
    /// ISO date and time without a zone, presumably UTC.
    pub last_harvested_date: Option<String>,
    /// Whether it has a place.
    pub has_spatial: Option<bool>,
    /// Whether it has a file.
    pub has_download: Option<bool>,
    /// How well it fits the question; not comparable between questions.
    pub score: Option<f64>,
    /// The id of the document: the last entry of `_sort`.
    pub id: Option<String>,
    /// How it was harvested.
    pub harvest_record: Option<String>,
    /// The publisher's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dcat: Option<Dcat>,
    /// Fields that had another type than told, and are empty here. Those of the publisher's record too.
    pub odd_fields: Vec<&'static str>,
}

/// Who brought a dataset to the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Organization {
    /// `dol-bls`: what `org_slug` takes.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// `Federal Government`, `City Government`, …
    pub organization_type: Option<String>,
}

impl Hit {
    /// Reads a hit.
    ///
    /// # Errors
    /// Says why where it is no object, or has nothing by which it could be named.
    pub fn read(value: &Value) -> Result<Self, String> {
        let map = value.as_object().ok_or_else(|| format!("it is {}", super::read::kind(value)))?;
        let mut fields = Fields::of(map);
        let mut hit = Self {
            title: fields.text("title").unwrap_or_default(),
            slug: fields.text("slug").unwrap_or_default(),
            identifier: fields.text("identifier"),
            description: fields.text("description").unwrap_or_default(),
            publisher: fields.text("publisher"),
            organization: fields.object("organization").map(Organization::read),
            keyword: fields.texts("keyword"),
            theme: fields.texts("theme"),
            distribution_titles: fields.texts("distribution_titles"),
            popularity: fields.count("popularity"),
            last_harvested_date: fields.text("last_harvested_date"),
            has_spatial: fields.flag("has_spatial"),
            has_download: fields.flag("has_download"),
            score: fields.number("_score"),
            id: fields.list("_sort").last().and_then(Value::as_str).map(str::to_owned),
            harvest_record: fields.text("harvest_record"),
            dcat: None,
            odd_fields: Vec::new(),
        };
        let dcat = fields.object("dcat").map(Dcat::read);
        hit.odd_fields = fields.into_odd();
        if let Some((dcat, odd)) = dcat {
            hit.odd_fields.extend(odd);
            hit.dcat = Some(dcat);
        }
        if hit.title.is_empty() && hit.slug.is_empty() && hit.identifier.is_none() {
            return Err("it has neither title nor slug nor identifier".to_owned());
        }
        Ok(hit)
    }

    /// Its page on catalog.data.gov, if it has a slug.
    pub fn page_url(&self) -> Option<String> {
        let safe = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        let plain = !self.slug.is_empty() && self.slug.chars().all(safe);
        plain.then(|| format!("https://catalog.data.gov/dataset/{}", self.slug))
    }
}

impl Organization {
    pub(super) fn read(map: &Map<String, Value>) -> Self {
        let mut fields = Fields::of(map);
        Self {
            slug: fields.text("slug").unwrap_or_default(),
            name: fields.text("name").unwrap_or_default(),
            organization_type: fields.text("organization_type"),
        }
    }
}

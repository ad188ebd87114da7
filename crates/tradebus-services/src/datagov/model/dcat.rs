//! The publisher's record of a dataset: DCAT-US 1.1, partly 3.0.

use serde::Serialize;
use serde_json::{Map, Value};

use super::read::Fields;

/// What the publisher wrote. Everything may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Dcat {
    /// A date, a date and time, a year, or an interval such as `R/P1D`.
    pub modified: Option<String>,
    /// When it was first published.
    pub issued: Option<String>,
    /// `public`, `restricted public`, `non-public`.
    pub access_level: Option<String>,
    /// `R/P1D`, `R/P1M`, `irregular`, …
    pub accrual_periodicity: Option<String>,
    /// The page about it.
    pub landing_page: Option<String>,
    /// The URL of its licence.
    pub license: Option<String>,
    /// A place: its name, a box of coordinates, or GeoJSON as text.
    pub spatial: Option<String>,
    /// `start/end`.
    pub temporal: Option<String>,
    /// The collection that it belongs to.
    pub is_part_of: Option<String>,
    /// Themes.
    pub theme: Vec<String>,
    /// The publisher, and the organizations above it.
    pub publisher: Vec<String>,
    /// Where the data are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distribution: Vec<Distribution>,
}

/// One form in which the data can be had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// What it is.
    pub title: Option<String>,
    /// `CSV`, `HTML`, …
    pub format: Option<String>,
    /// `text/csv`.
    pub media_type: Option<String>,
    /// A file.
    pub download_url: Option<String>,
    /// A page or an API.
    pub access_url: Option<String>,
}

/// Organizations above each other that are followed.
const MAX_LEVELS: usize = 8;

impl Dcat {
    pub(super) fn read(map: &Map<String, Value>) -> (Self, Vec<&'static str>) {
        let mut fields = Fields::of(map);
        let publisher = publishers(map.get("publisher"));
        let distribution = fields.list("distribution").iter().filter_map(Value::as_object);
        let dcat = Self {
            distribution: distribution.map(Distribution::read).collect(),
            publisher,
            modified: fields.text("modified"),
            issued: fields.text("issued"),
            access_level: fields.text("accessLevel"),
            accrual_periodicity: fields.text("accrualPeriodicity"),
            landing_page: fields.text("landingPage"),
            license: fields.text("license"),
            spatial: fields.text("spatial"),
            temporal: fields.text("temporal"),
            is_part_of: fields.text("isPartOf"),
            theme: fields.texts("theme"),
        };
        (dcat, fields.into_odd())
    }
}

impl Distribution {
    fn read(map: &Map<String, Value>) -> Self {
        let mut fields = Fields::of(map);
        Self {
            title: fields.text("title"),
            format: fields.text("format"),
            media_type: fields.text("mediaType"),
            download_url: fields.text("downloadURL"),
            access_url: fields.text("accessURL"),
        }
    }
}

/// The name of the publisher and of those above it. Objects below the second level may be JSON as text.
fn publishers(value: Option<&Value>) -> Vec<String> {
    let mut names = Vec::new();
    let mut level = value.cloned();
    while let Some(value) = level.take() {
        let value = match value {
            Value::String(text) if text.trim_start().starts_with('{') => {
                serde_json::from_str(&text).unwrap_or(Value::Null)
            }
            other => other,
        };
        match value {
            Value::String(name) => names.push(name),
            Value::Object(mut map) => {
                if let Some(Value::String(name)) = map.remove("name") {
                    names.push(name);
                }
                level = map.remove("subOrganizationOf").filter(|_| names.len() < MAX_LEVELS);
            }
            _ => {}
        }
    }
    names
}

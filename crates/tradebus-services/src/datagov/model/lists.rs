//! Organizations, keywords and locations.

use serde::Serialize;
use serde_json::{Map, Value};

use super::hit::Organization;
use super::read::{self, Fields, NoAnswer};

/// `GET /organizations`: all of them, largest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationList {
    /// Those that could be read.
    pub organizations: Vec<OrganizationEntry>,
    /// How many could not.
    pub skipped: usize,
}

/// An organization with the size of its part of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrganizationEntry {
    /// Who.
    #[serde(flatten)]
    pub organization: Organization,
    /// How many datasets it has.
    pub dataset_count: Option<u64>,
}

/// `GET /keywords` and `GET /publishers`: names with their number of datasets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeywordList {
    /// Those that could be read.
    pub keywords: Vec<Counted>,
    /// How many could not.
    pub skipped: usize,
}

/// A name, and in how many datasets it occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The keyword or publisher.
    pub name: String,
    /// Datasets.
    pub count: u64,
}

/// `GET /locations/search`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocationList {
    /// Those that could be read.
    pub locations: Vec<Location>,
    /// How many could not.
    pub skipped: usize,
}

/// A place for a spatial filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Location {
    /// A small number as text; a UUID in the documentation.
    pub id: String,
    /// `Yuma County, Colorado`.
    pub display_name: String,
}

/// `GET /location/{id}`: the shape of a place.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationShape {
    /// The id asked for.
    pub id: Option<String>,
    /// GeoJSON. The API sends it as text inside the JSON; it is read here.
    pub geometry: Value,
}

impl OrganizationList {
    /// Reads a body.
    ///
    /// # Errors
    /// Where it is no JSON object with a list `organizations`.
    pub fn parse(body: &[u8]) -> Result<Self, NoAnswer> {
        let (organizations, skipped) = each(body, "organizations", |map| {
            let organization = Organization::read(map);
            let dataset_count = Fields::of(map).count("dataset_count");
            (!organization.slug.is_empty()).then_some(OrganizationEntry { organization, dataset_count })
        })?;
        Ok(Self { organizations, skipped })
    }
}

impl KeywordList {
    /// Reads the body of `/keywords`.
    ///
    /// # Errors
    /// Where it is no JSON object with a list `keywords`.
    pub fn parse(body: &[u8]) -> Result<Self, NoAnswer> {
        let (keywords, skipped) = each(body, "keywords", |map| counted(map, "keyword"))?;
        Ok(Self { keywords, skipped })
    }

    /// Reads the body of `/publishers`.
    ///
    /// # Errors
    /// Where it is no JSON object with a list `publishers`.
    pub fn parse_publishers(body: &[u8]) -> Result<Self, NoAnswer> {
        let (keywords, skipped) = each(body, "publishers", |map| counted(map, "name"))?;
        Ok(Self { keywords, skipped })
    }
}

impl LocationList {
    /// Reads a body.
    ///
    /// # Errors
    /// Where it is no JSON object with a list `locations`.
    pub fn parse(body: &[u8]) -> Result<Self, NoAnswer> {
        let (locations, skipped) = each(body, "locations", |map| {
            let mut fields = Fields::of(map);
            Some(Location { id: fields.text("id")?, display_name: fields.text("display_name")? })
        })?;
        Ok(Self { locations, skipped })
    }
}

impl LocationShape {
    /// Reads a body.
    ///
    /// # Errors
    /// Where it is no JSON object, or its `geometry` is neither an object nor a text with one.
    pub fn parse(body: &[u8]) -> Result<Self, NoAnswer> {
        let value: Value = serde_json::from_slice(body)?;
        let missing = |value: &Value| NoAnswer::Shape { expected: "geometry", found: read::kind(value) };
        let Value::Object(map) = &value else { return Err(missing(&value)) };
        let mut fields = Fields::of(map);
        let geometry = match fields.raw("geometry") {
            Some(Value::String(text)) => serde_json::from_str(&text)?,
            Some(other) => other,
            None => Value::Null,
        };
        if !geometry.is_object() {
            return Err(missing(&value));
        }
        Ok(Self { id: fields.text("id"), geometry })
    }
}

fn counted(map: &Map<String, Value>, name: &'static str) -> Option<Counted> {
    let mut fields = Fields::of(map);
    Some(Counted { name: fields.text(name)?, count: fields.count("count").unwrap_or(0) })
}

fn each<T>(
    body: &[u8],
    list: &'static str,
    read_one: impl Fn(&Map<String, Value>) -> Option<T>,
) -> Result<(Vec<T>, usize), NoAnswer> {
    let (_, entries) = read::body(body, list)?;
    let all = entries.len();
    let read: Vec<T> = entries.iter().filter_map(|entry| read_one(entry.as_object()?)).collect();
    let skipped = all - read.len();
    Ok((read, skipped))
}

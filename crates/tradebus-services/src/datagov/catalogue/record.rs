//! A dataset as it lies in the catalogue: what answers show in short, and what its relevance is read from. Nothing else of the publisher's record.
//!
//! The form is that of the file and belongs to its version, so it is not the form of answers.

use serde::{Deserialize, Serialize};

use super::error::CatalogueError;
use crate::datagov::model::{Dcat, Distribution, Hit, Organization};

/// How much of a place is kept, in bytes: it may be `GeoJSON` without end, and its beginning is what is looked at.
const PLACE_BYTES: usize = 256;
/// The largest dataset that is read, in bytes of JSON. A page of the API is no larger by default.
const MOST_BYTES: u64 = 32 << 20;
/// How hard datasets are compressed: more takes longer and saves little.
const LEVEL: i32 = 3;
/// The fields that can be odd: a name that is not among them is not told.
const FIELDS: [&str; 31] = [
    "title",
    "slug",
    "identifier",
    "description",
    "publisher",
    "organization",
    "keyword",
    "theme",
    "distribution_titles",
    "popularity",
    "last_harvested_date",
    "has_spatial",
    "has_download",
    "_score",
    "_sort",
    "harvest_record",
    "dcat",
    "distribution",
    "modified",
    "issued",
    "accessLevel",
    "accrualPeriodicity",
    "landingPage",
    "license",
    "spatial",
    "temporal",
    "isPartOf",
    "format",
    "mediaType",
    "downloadURL",
    "accessURL",
];

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Owner>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keyword: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    theme: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    popularity: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    harvested: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_spatial: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_download: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    harvest_record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dcat: Option<Lean>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    odd: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Owner {
    slug: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

/// The parts of the publisher's record that count.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Lean {
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renewed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    theme: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    publisher: Vec<String>,
    /// Format and media type, each pair once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forms: Vec<(Option<String>, Option<String>)>,
}

/// As bytes for the file.
pub(super) fn pack(hit: Hit) -> Result<Vec<u8>, CatalogueError> {
    let unfit = |error: &dyn std::fmt::Display| CatalogueError::Damaged(error.to_string());
    let json = serde_json::to_vec(&Kept::of(hit)).map_err(|error| unfit(&error))?;
    zstd::bulk::compress(&json, LEVEL).map_err(|error| unfit(&error))
}

/// From bytes of the file.
pub(super) fn unpack(packed: &[u8]) -> Result<Hit, CatalogueError> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let size = size.filter(|size| *size <= MOST_BYTES).and_then(|size| usize::try_from(size).ok());
    let size = size.ok_or_else(|| CatalogueError::Damaged("a dataset has no size".to_owned()))?;
    let json = zstd::bulk::decompress(packed, size)
        .map_err(|error| CatalogueError::Damaged(format!("a dataset cannot be unpacked: {error}")))?;
    let kept: Kept = serde_json::from_slice(&json)
        .map_err(|error| CatalogueError::Damaged(format!("a dataset cannot be read: {error}")))?;
    Ok(kept.into_hit())
}

impl Kept {
    fn of(hit: Hit) -> Self {
        Self {
            title: hit.title,
            slug: hit.slug,
            identifier: hit.identifier,
            description: hit.description,
            publisher: hit.publisher,
            organization: hit.organization.map(|of| Owner {
                slug: of.slug,
                name: of.name,
                kind: of.organization_type,
            }),
            keyword: hit.keyword,
            theme: hit.theme,
            files: hit.distribution_titles,
            popularity: hit.popularity,
            harvested: hit.last_harvested_date,
            has_spatial: hit.has_spatial,
            has_download: hit.has_download,
            id: hit.id,
            harvest_record: hit.harvest_record,
            dcat: hit.dcat.map(Lean::of),
            odd: hit.odd_fields.into_iter().map(str::to_owned).collect(),
        }
    }

    fn into_hit(self) -> Hit {
        let known = |name: &String| FIELDS.into_iter().find(|field| field == name);
        Hit {
            title: self.title,
            slug: self.slug,
            identifier: self.identifier,
            description: self.description,
            publisher: self.publisher,
            organization: self.organization.map(|of| Organization {
                slug: of.slug,
                name: of.name,
                organization_type: of.kind,
            }),
            keyword: self.keyword,
            theme: self.theme,
            distribution_titles: self.files,
            popularity: self.popularity,
            last_harvested_date: self.harvested,
            has_spatial: self.has_spatial,
            has_download: self.has_download,
            score: None,
            id: self.id,
            harvest_record: self.harvest_record,
            dcat: self.dcat.map(Lean::into_dcat),
            odd_fields: self.odd.iter().filter_map(known).collect(),
        }
    }
}

impl Lean {
    fn of(dcat: Dcat) -> Self {
        let mut forms = Vec::new();
        for Distribution { format, media_type, .. } in dcat.distribution {
            let form = (format, media_type);
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        Self {
            modified: dcat.modified,
            access: dcat.access_level,
            renewed: dcat.accrual_periodicity,
            place: dcat.spatial.map(beginning),
            theme: dcat.theme,
            publisher: dcat.publisher,
            forms,
        }
    }

    fn into_dcat(self) -> Dcat {
        let form = |(format, media_type)| Distribution { format, media_type, ..Distribution::default() };
        Dcat {
            modified: self.modified,
            access_level: self.access,
            accrual_periodicity: self.renewed,
            spatial: self.place,
            theme: self.theme,
            publisher: self.publisher,
            distribution: self.forms.into_iter().map(form).collect(),
            ..Dcat::default()
        }
    }
}

fn beginning(mut place: String) -> String {
    let mut end = PLACE_BYTES.min(place.len());
    while !place.is_char_boundary(end) {
        end -= 1;
    }
    place.truncate(end);
    place
}

//! A data set as a hit of a search, and its DCAT record.

use serde_json::{Map, Value, json};

use super::catalog::Entry;
use super::record::Format;

/// Where harvest records are found, as in real hits.
const HARVEST: &str = "https://catalog.data.gov/harvest_record";

/// A hit without `_score` and `_sort`, which depend on the search.
pub(super) fn hit(entry: &Entry) -> Value {
    let record = entry.record;
    let mut hit = json!({
        "dcat": dcat(entry),
        "description": record.description,
        "harvest_record": format!("{HARVEST}/{}", entry.harvest_id),
        "harvest_record_raw": format!("{HARVEST}/{}/raw", entry.harvest_id),
        "has_spatial": record.bounds.is_some(),
        "identifier": record.identifier,
        "keyword": record.keywords,
        "organization": organization(entry),
        "popularity": record.popularity,
        "publisher": record.publisher,
        "slug": entry.slug,
        "theme": record.themes,
        "title": record.title,
    });
    if !record.old {
        // Old documents lack these (captures of early 2026).
        let titles: Vec<_> = record.formats.iter().map(|format| format.title()).collect();
        hit["distribution_titles"] = json!(titles);
        hit["has_download"] = json!(record.has_download());
        hit["last_harvested_date"] = json!(entry.harvested);
        let bounds = record.bounds;
        hit["spatial_shape"] = bounds.map_or(Value::Null, |[s, w, n, e]| {
            json!({"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]})
        });
        hit["spatial_centroid"] = bounds.map_or(
            Value::Null,
            |[s, w, n, e]| json!({"lat": f64::midpoint(s, n), "lon": f64::midpoint(w, e)}),
        );
    }
    if record.transformed {
        hit["harvest_record_transformed"] = json!(format!("{HARVEST}/{}/transformed", entry.harvest_id));
    }
    hit
}

fn organization(entry: &Entry) -> Value {
    let organization = entry.organization;
    json!({
        "aliases": [""],
        "description": null,
        "id": organization.id(),
        "logo": null,
        "name": organization.name,
        "organization_type": organization.kind,
        "slug": organization.slug,
    })
}

/// The publisher's record. Any field may be missing, as in reality.
pub(super) fn dcat(entry: &Entry) -> Value {
    let record = entry.record;
    let mut dcat = json!({
        "@type": "dcat:Dataset",
        "accessLevel": record.access,
        "contactPoint": {"@type": "vcard:Contact", "fn": "Demo contact", "hasEmail": "mailto:demo@example.com"},
        "description": record.description,
        "identifier": record.identifier,
        "keyword": record.keywords,
        "modified": entry.modified,
        "publisher": publisher(entry),
        "title": record.title,
    });
    let mut optional = |name: &str, value: Option<Value>| {
        if let (Some(value), Some(fields)) = (value, dcat.as_object_mut()) {
            fields.insert(name.to_owned(), value);
        }
    };
    let bounds = |[s, w, n, e]: [f64; 4]| json!(format!("{w},{s},{e},{n}"));
    optional("accrualPeriodicity", record.periodicity.map(Value::from));
    optional("spatial", record.bounds.map(bounds));
    optional("isPartOf", record.collection.map(Value::from));
    optional("landingPage", record.landing_page.map(Value::from));
    optional("theme", (!record.themes.is_empty()).then(|| json!(record.themes)));
    let distributions: Vec<_> = record.formats.iter().map(|format| distribution(entry, *format)).collect();
    optional("distribution", (!record.formats.is_empty()).then(|| json!(distributions)));
    dcat
}

fn publisher(entry: &Entry) -> Value {
    let parent = json!({"@type": "org:Organization", "name": entry.organization.name});
    // What lies deeper than the second level may be JSON as text.
    let parent = if entry.record.nested_as_text { Value::String(parent.to_string()) } else { parent };
    let mut publisher = Map::new();
    publisher.insert("@type".to_owned(), "org:Organization".into());
    publisher.insert("name".to_owned(), entry.record.publisher.into());
    if entry.record.publisher != entry.organization.name {
        publisher.insert("subOrganizationOf".to_owned(), parent);
    }
    publisher.into()
}

fn distribution(entry: &Entry, format: Format) -> Value {
    let address = format!("https://example.com/demo/{}.{}", entry.slug, format.extension());
    let place = if format == Format::Api { "accessURL" } else { "downloadURL" };
    json!({
        "@type": "dcat:Distribution",
        place: address,
        "format": format.title(),
        "mediaType": format.media_type(),
        "title": format.title(),
    })
}

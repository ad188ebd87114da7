//! The answers that are no search.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::catalog::{Catalog, Entry};
use super::hit;
use super::organizations::ORGANIZATIONS;
use crate::standin::pairs::Pairs;
use crate::standin::reply::Reply;

/// One data set as a page with one hit, or the same page without it and 404.
pub(super) fn dataset(catalog: &Catalog, slug_or_id: &str) -> Reply {
    let found = catalog.find(|entry| entry.slug == slug_or_id || entry.id == slug_or_id);
    let status = if found.is_some() { 200 } else { 404 };
    let results: Vec<Value> = found.iter().map(alone).collect();
    let total = results.len();
    let body = json!({"aggregations": null, "results": results, "search_after": null, "total": total});
    Reply::json(status, &body)
}

fn alone(entry: &Entry) -> Value {
    let mut hit = hit::hit(entry);
    hit["_score"] = json!(0.0);
    hit["_sort"] = Value::Null;
    hit
}

/// All organisations, the largest first.
pub(super) fn organizations(catalog: &Catalog) -> Reply {
    let entries = catalog.entries();
    let size = |slug: &str| entries.iter().filter(|entry| entry.organization.slug == slug).count();
    let mut found: Vec<_> =
        ORGANIZATIONS.iter().map(|organization| (size(organization.slug), organization)).collect();
    found.sort_by_key(|(size, organization)| (Reverse(*size), organization.slug));
    let list: Vec<Value> = found
        .iter()
        .map(|(size, organization)| {
            json!({
                "aliases": [""],
                "dataset_count": size,
                "id": organization.id(),
                "name": organization.name,
                "organization_type": organization.kind,
                "slug": organization.slug,
                "source_count": 1,
            })
        })
        .collect();
    let total = list.len();
    Reply::json(200, &json!({"organizations": list, "total": total}))
}

/// The most used keywords, in lower case.
pub(super) fn keywords(catalog: &Catalog, query: &Pairs) -> Reply {
    let number =
        |name: &str, default: i64| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    // Clamped without an error (issue 5902).
    let (size, min_count) = (number("size", 100).clamp(1, 1000), number("min_count", 1));
    let wanted = query.get("search").unwrap_or_default().to_lowercase();
    let with: Vec<String> = query.all("keyword").map(str::to_lowercase).collect();
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for entry in catalog.entries() {
        let keywords: Vec<_> = entry.record.keywords.iter().map(|keyword| keyword.to_lowercase()).collect();
        if with.iter().all(|keyword| keywords.contains(keyword)) {
            for keyword in keywords {
                *counts.entry(keyword).or_default() += 1;
            }
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.retain(|(keyword, count)| *count >= min_count && keyword.contains(&wanted));
    counts.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    counts.truncate(size as usize);
    let list: Vec<_> =
        counts.iter().map(|(keyword, count)| json!({"count": count, "keyword": keyword})).collect();
    let total = list.len();
    Reply::json(200, &json!({"keywords": list, "min_count": min_count, "size": size, "total": total}))
}

/// The publishers with the most data sets.
pub(super) fn publishers(catalog: &Catalog) -> Reply {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in catalog.entries() {
        *counts.entry(entry.record.publisher).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (Reverse(*count), *name));
    counts.truncate(100);
    let list: Vec<_> = counts.iter().map(|(name, count)| json!({"count": count, "name": name})).collect();
    let total = list.len();
    Reply::json(200, &json!({"publishers": list, "total": total}))
}

/// Totals. What the metrics hold in truth is not known to us.
pub(super) fn stats(catalog: &Catalog) -> Reply {
    let entries = catalog.entries();
    let parts = entries.iter().filter(|entry| entry.record.collection.is_some()).count();
    let results = json!({"datasets": entries.len(), "datasetsWithIsPartOf": parts});
    Reply::json(200, &json!({"meta": {"date": "2026-11-25"}, "metrics": {}, "results": results}))
}

/// How a data set was harvested.
pub(super) fn harvest_record(catalog: &Catalog, id: &str) -> Reply {
    let Some(entry) = catalog.find(|entry| entry.harvest_id == id) else { return not_found() };
    let transformed = if entry.record.transformed { hit::dcat(&entry) } else { Value::Null };
    let body = json!({
        "action": "create",
        "ckan_id": null,
        "date_created": entry.harvested,
        "date_finished": null,
        "harvest_job_id": "5eed0002-0000-4000-8000-000000000001",
        "harvest_source_id": "5eed0003-0000-4000-8000-000000000001",
        "id": entry.harvest_id,
        "identifier": entry.record.identifier,
        "parent_identifier": null,
        "source_hash": format!("{:064x}", entry.record.title.len()),
        "source_raw": hit::dcat(&entry),
        "source_transform": transformed,
        "status": "success",
    });
    Reply::json(200, &body)
}

/// The record as it was harvested: JSON, or XML where it was transformed.
pub(super) fn harvest_raw(catalog: &Catalog, id: &str) -> Reply {
    match catalog.find(|entry| entry.harvest_id == id) {
        Some(entry) if entry.record.transformed => {
            Reply::text("application/xml", "<?xml version=\"1.0\"?>\n<metadata><idinfo/></metadata>\n")
        }
        Some(entry) => Reply::json(200, &hit::dcat(&entry)),
        None => not_found(),
    }
}

/// The record after transformation, if there was one.
pub(super) fn harvest_transformed(catalog: &Catalog, id: &str) -> Reply {
    let found = catalog.find(|entry| entry.harvest_id == id && entry.record.transformed);
    found.map_or_else(not_found, |entry| Reply::json(200, &hit::dcat(&entry)))
}

fn not_found() -> Reply {
    Reply::json(404, &json!({"error": "Not Found"}))
}

//! Providers, datasets, the search, and what was updated last.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::arguments::{Page, only};
use super::database::{Content, Database, Dataset, Provider, written};
use super::select::has_words;
use super::tables::{Category, Labels};
use super::{meta, not_found};
use crate::standin::pairs::Pairs;
use crate::standin::reply::Reply;

type Answer = Result<Value, Reply>;

pub(super) fn providers(database: &Database, query: &Pairs) -> Answer {
    only(query, &["limit", "offset"])?;
    let page = Page::parse(query, "", 1000, 1000)?;
    let content = database.read();
    let all: Vec<Value> = content.providers.iter().map(provider_doc).collect();
    Ok(json!({
        "_meta": meta(&json!({"limit": page.limit, "offset": page.offset})),
        "nb_datasets": content.datasets.len(),
        "nb_series": content.series.len(),
        "providers": listing(page, all),
    }))
}

pub(super) fn provider(database: &Database, code: &str, query: &Pairs) -> Answer {
    only(query, &[])?;
    let content = database.read();
    let provider = content.provider(code).ok_or_else(|| not_found("Provider", code))?;
    Ok(json!({
        "_meta": meta(&json!({"provider_code": code})),
        "category_tree": provider.spec.tree.iter().map(node).collect::<Vec<_>>(),
        "provider": provider_doc(provider),
    }))
}

pub(super) fn datasets(database: &Database, provider: &str, query: &Pairs, endless: bool) -> Answer {
    only(query, &["limit", "offset"])?;
    let page = Page::parse(query, "", 50, 500)?;
    let content = database.read();
    content.provider(provider).ok_or_else(|| not_found("Provider", provider))?;
    let of_provider = content.datasets.iter().filter(|dataset| dataset.spec.provider == provider);
    let all: Vec<Value> = of_provider.map(|dataset| dataset_doc(&content, dataset)).collect();
    let datasets = if endless { endless_listing(page, &all) } else { listing(page, all) };
    let args = json!({"limit": page.limit, "offset": page.offset, "provider_code": provider});
    Ok(json!({"_meta": meta(&args), "datasets": datasets}))
}

pub(super) fn dataset(database: &Database, provider: &str, code: &str, query: &Pairs) -> Answer {
    only(query, &[])?;
    let content = database.read();
    content.provider(provider).ok_or_else(|| not_found("Provider", provider))?;
    let dataset =
        content.dataset(provider, code).ok_or_else(|| not_found("Dataset", &format!("{provider}/{code}")))?;
    let docs = vec![dataset_doc(&content, dataset)];
    Ok(json!({
        "_meta": meta(&json!({"dataset_code": code, "provider_code": provider})),
        "datasets": {"docs": docs, "limit": 50, "num_found": 1, "offset": 0},
    }))
}

/// Datasets whose names, descriptions, or series hold all words.
pub(super) fn search(database: &Database, query: &Pairs, endless: bool) -> Answer {
    only(query, &["q", "limit", "offset"])?;
    let page = Page::parse(query, "", 10, 100)?;
    let q = query.get("q").unwrap_or_default();
    let content = database.read();
    let mut all = Vec::new();
    for dataset in &content.datasets {
        let spec = dataset.spec;
        let itself =
            [spec.code, spec.name, spec.description.unwrap_or_default(), provider_name(&content, dataset)];
        let fits = |name: &str| has_words(q, &[&itself[..], &[name]].concat());
        let matching = content.series_of(dataset).filter(|series| fits(series.spec.name)).count();
        if matching > 0 || fits("") {
            let mut doc = short_doc(&content, dataset);
            doc["nb_matching_series"] = matching.into();
            all.push(doc);
        }
    }
    let results = if endless { endless_listing(page, &all) } else { listing(page, all) };
    Ok(
        json!({"_meta": meta(&json!({"limit": page.limit, "offset": page.offset, "q": q})), "results": results}),
    )
}

/// What was indexed last comes first.
pub(super) fn last_updates(database: &Database, query: &Pairs) -> Answer {
    only(query, &["datasets.limit", "datasets.offset", "providers.limit", "providers.offset"])?;
    let of_datasets = Page::parse(query, "datasets.", 100, 1000)?;
    let of_providers = Page::parse(query, "providers.", 100, 1000)?;
    let content = database.read();
    let mut datasets: Vec<_> = content.datasets.iter().collect();
    datasets.sort_by_key(|dataset| Reverse(dataset.indexed_at));
    let mut providers: Vec<_> = content.providers.iter().collect();
    providers.sort_by_key(|provider| Reverse(provider.indexed_at));
    let args = json!({
        "datasets.limit": of_datasets.limit,
        "datasets.offset": of_datasets.offset,
        "providers.limit": of_providers.limit,
        "providers.offset": of_providers.offset,
    });
    Ok(json!({
        "_meta": meta(&args),
        "datasets": listing(of_datasets, datasets.into_iter().map(|dataset| short_doc(&content, dataset)).collect()),
        "providers": listing(of_providers, providers.into_iter().map(provider_doc).collect()),
    }))
}

/// A page with what the API tells about it.
pub(super) fn listing(page: Page, all: Vec<Value>) -> Value {
    let found = all.len();
    json!({"docs": page.of(all), "limit": page.limit, "num_found": found, "offset": page.offset})
}

/// A page of a list that has no end.
pub(super) fn endless_listing(page: Page, all: &[Value]) -> Value {
    json!({"docs": page.of_endless(all), "limit": page.limit, "num_found": 1_000_000_000, "offset": page.offset})
}

pub(super) fn provider_doc(provider: &Provider) -> Value {
    let spec = provider.spec;
    let mut doc = json!({
        "attribution": null,
        "code": spec.code,
        "description": null,
        "indexed_at": written(provider.indexed_at),
        "name": spec.name,
        "region": spec.region,
        "slug": spec.code.to_lowercase(),
        "website": spec.website,
    });
    // Missing with some, as with BCB.
    if let Some(terms) = spec.terms_of_use {
        doc["terms_of_use"] = terms.into();
    }
    doc
}

/// A dataset with all its labels.
pub(super) fn dataset_doc(content: &Content, dataset: &Dataset) -> Value {
    let spec = dataset.spec;
    let mut doc = short_doc(content, dataset);
    let order: Vec<_> = spec.dimensions.iter().map(|(code, _)| *code).collect();
    doc["dimensions_codes_order"] = json!(order);
    if let Some(description) = spec.description {
        doc["description"] = description.into();
    }
    if spec.updated {
        doc["updated_at"] = doc["indexed_at"].clone();
    }
    if spec.form == Labels::Missing {
        return doc;
    }
    for (place, (code, label)) in spec.dimensions.iter().enumerate() {
        doc["dimensions_labels"][code] = (*label).into();
        let mut used: Vec<&str> = content
            .series_of(dataset)
            .filter_map(|series| Some(series.dimensions.get(place)?.1.as_str()))
            .collect();
        used.sort_unstable();
        used.dedup();
        let labelled = used.iter().map(|value| (*value, spec.label(code, value)));
        // Both forms occur, even in one dataset (CEPII).
        doc["dimensions_values_labels"][code] = if spec.form == Labels::Pairs {
            labelled.map(|(value, label)| json!([value, label])).collect()
        } else {
            labelled.map(|(value, label)| (value.to_owned(), json!(label))).collect()
        };
    }
    doc
}

fn short_doc(content: &Content, dataset: &Dataset) -> Value {
    json!({
        "code": dataset.spec.code,
        "dir_hash": dir_hash(dataset),
        "indexed_at": written(dataset.indexed_at),
        "name": dataset.spec.name,
        "nb_series": content.series_of(dataset).count(),
        "provider_code": dataset.spec.provider,
        "provider_name": provider_name(content, dataset),
    })
}

fn provider_name<'a>(content: &'a Content, dataset: &Dataset) -> &'a str {
    content.provider(dataset.spec.provider).map_or("", |provider| provider.spec.name)
}

/// 40 hex digits that change with the data.
fn dir_hash(dataset: &Dataset) -> String {
    let start = 0x5eed_u128 + u128::from(dataset.version);
    let hash =
        dataset.spec.id().bytes().fold(start, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
        });
    format!("{hash:032x}{:08x}", dataset.version)
}

fn node(category: &Category) -> Value {
    let mut node = json!({"code": category.code, "name": category.name});
    if !category.children.is_empty() {
        node["children"] =
            category.children.iter().map(|(code, name)| json!({"code": code, "name": name})).collect();
    }
    node
}

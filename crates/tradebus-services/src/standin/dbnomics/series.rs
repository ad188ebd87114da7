//! The three ways to ask for series.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::arguments::{Dimensions, Page, dimensions, flag, invalid, only};
use super::database::{Content, Database, Dataset, Series, written};
use super::lists::{dataset_doc, provider_doc};
use super::select::{Mask, has_dimensions, has_words};
use super::tables::Quirk;
use super::{meta, not_found};
use crate::standin::pairs::Pairs;
use crate::standin::reply::Reply;

/// What all three take.
const COMMON: [&str; 7] =
    ["facets", "observations", "metadata", "format", "align_periods", "limit", "offset"];

#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "these are the arguments of the API")]
struct Wanted {
    page: Page,
    observations: bool,
    metadata: bool,
    facets: bool,
    align_periods: bool,
}

impl Wanted {
    fn parse(query: &Pairs) -> Result<Self, Reply> {
        if let Some(format) = query.get("format").filter(|format| *format != "json") {
            // The layout of the others is not known to us.
            return Err(invalid(&format!("'{format}' (str): the stand-in has json only (at format)")));
        }
        Ok(Self {
            page: Page::parse(query, "", 1000, 1000)?,
            observations: flag(query, "observations", false)?,
            metadata: flag(query, "metadata", true)?,
            facets: flag(query, "facets", false)?,
            align_periods: flag(query, "align_periods", false)?,
        })
    }

    fn args(self) -> Value {
        json!({
            "align_periods": self.align_periods,
            "facets": self.facets,
            "format": "json",
            "limit": self.page.limit,
            "metadata": self.metadata,
            "observations": self.observations,
            "offset": self.page.offset,
        })
    }
}

/// The series of a dataset, all or those of a code or mask.
pub(super) fn of_dataset(
    database: &Database,
    provider: &str,
    code: &str,
    series: Option<&str>,
    query: &Pairs,
    endless: bool,
) -> Result<Value, Reply> {
    let mut allowed = COMMON.to_vec();
    allowed.push("q");
    if series.is_none() {
        allowed.push("dimensions");
    }
    only(query, &allowed)?;
    let (wanted, dimensions) = (Wanted::parse(query)?, dimensions(query)?);
    let q = query.get("q").unwrap_or_default();
    let content = database.read();
    content.provider(provider).ok_or_else(|| not_found("Provider", provider))?;
    let id = format!("{provider}/{code}");
    let dataset = content.dataset(provider, code).ok_or_else(|| not_found("Dataset", &id))?;
    let mut found = match series {
        Some(series) => of_code(&content, dataset, series)?,
        None => content.series_of(dataset).collect(),
    };
    found.retain(|series| {
        has_dimensions(series, &dimensions) && has_words(q, &[series.spec.code, series.spec.name])
    });
    let mut body = json!({"errors": null, "series": listing(&content, wanted, &found, endless)});
    body["_meta"] = meta(&args(wanted, provider, code, series, &dimensions, q));
    if wanted.facets {
        body["series_dimensions_facets"] = facets(&found);
    }
    if wanted.metadata {
        body["dataset"] = dataset_doc(&content, dataset);
        body["provider"] = content.provider(provider).map_or(Value::Null, provider_doc);
    }
    Ok(body)
}

fn args(
    wanted: Wanted,
    provider: &str,
    dataset: &str,
    series: Option<&str>,
    dimensions: &Dimensions,
    q: &str,
) -> Value {
    let mut args = wanted.args();
    args["provider_code"] = provider.into();
    args["dataset_code"] = dataset.into();
    args["series_code"] = series.into();
    args["dimensions"] = json!(dimensions);
    args["q"] = q.into();
    args
}

/// The series of that code; or those that a mask means, if codes of this dataset are made of its dimensions.
fn of_code<'a>(content: &'a Content, dataset: &'a Dataset, code: &str) -> Result<Vec<&'a Series>, Reply> {
    if let Some(series) = content.series_of(dataset).find(|series| series.spec.code == code) {
        return Ok(vec![series]);
    }
    let places = dataset.spec.dimensions.len();
    let is_mask =
        code.split('.').count() < places || code.split('.').any(|part| part.is_empty() || part.contains('+'));
    match Mask::parse(code, places).filter(|_| is_mask && dataset.spec.codes_of_dimensions) {
        Some(mask) => Ok(content.series_of(dataset).filter(|series| mask.fits(series)).collect()),
        None => Err(not_found("Series", &format!("{}/{code}", dataset.spec.id()))),
    }
}

/// Series of any datasets. A bad id is no failure of the call.
pub(super) fn by_ids(database: &Database, query: &Pairs) -> Result<Value, Reply> {
    let mut allowed = COMMON.to_vec();
    allowed.push("series_ids");
    only(query, &allowed)?;
    let wanted = Wanted::parse(query)?;
    let content = database.read();
    let (mut found, mut errors, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for id in query.get("series_ids").unwrap_or_default().split(',').filter(|id| !id.is_empty()) {
        let mut parts = id.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (provider, dataset, code) = (part(), part(), part());
        ids.push(json!([provider, dataset, code]));
        match one(&content, provider, dataset, code) {
            Ok(series) => found.push(series),
            Err(message) => errors.push(json!({
                "dataset_code": dataset,
                "message": message,
                "provider_code": provider,
                "series_code": code,
            })),
        }
    }
    let mut args = wanted.args();
    args["series_ids"] = ids.into();
    let errors = if errors.is_empty() { Value::Null } else { errors.into() };
    let mut body =
        json!({"_meta": meta(&args), "errors": errors, "series": listing(&content, wanted, &found, false)});
    if wanted.facets {
        body["series_dimensions_facets"] = facets(&found);
    }
    if wanted.metadata {
        add_maps(&content, &found, &mut body);
    }
    Ok(body)
}

fn one<'a>(
    content: &'a Content,
    provider: &str,
    dataset: &str,
    code: &str,
) -> Result<&'a Series, &'static str> {
    let dataset = content.dataset(provider, dataset).ok_or("Could not load dataset")?;
    content.series_of(dataset).find(|series| series.spec.code == code).ok_or("Could not load series")
}

fn add_maps(content: &Content, found: &[&Series], body: &mut Value) {
    let (mut datasets, mut providers) = (Map::new(), Map::new());
    for dataset in &content.datasets {
        let id = dataset.spec.id();
        if found.iter().any(|series| series.spec.dataset == id) {
            datasets.insert(id, dataset_doc(content, dataset));
            let provider = content.provider(dataset.spec.provider).map_or(Value::Null, provider_doc);
            providers.insert(dataset.spec.provider.to_owned(), provider);
        }
    }
    body["datasets"] = datasets.into();
    body["providers"] = providers.into();
}

fn listing(content: &Content, wanted: Wanted, found: &[&Series], endless: bool) -> Value {
    let page = wanted.page;
    let chosen = if endless { page.of_endless(found) } else { page.of(found.to_vec()) };
    let mut docs: Vec<Value> =
        chosen.iter().map(|series| doc(content, series, wanted.observations)).collect();
    if wanted.align_periods {
        align(&mut docs, &chosen);
    }
    let num_found = if endless { 1_000_000_000 } else { found.len() };
    json!({"docs": docs, "limit": page.limit, "num_found": num_found, "offset": page.offset})
}

fn doc(content: &Content, series: &Series, observations: bool) -> Value {
    let (provider, code) = series.spec.dataset.split_once('/').unwrap_or_default();
    let dimensions: Map<_, _> =
        series.dimensions.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut doc = json!({
        "dataset_code": code,
        "dataset_name": content.dataset(provider, code).map(|dataset| dataset.spec.name),
        "dimensions": dimensions,
        "indexed_at": written(series.indexed_at),
        "provider_code": provider,
        "series_code": series.spec.code,
        "series_name": series.spec.name,
    });
    if observations {
        let all = &series.observations;
        doc["@frequency"] = series.spec.frequency.name().into();
        doc["period"] = all.iter().map(|observation| observation.period.clone()).collect();
        doc["period_start_day"] = all.iter().map(|observation| observation.day.to_string()).collect();
        doc["value"] = all.iter().map(|observation| observation.value.clone()).collect();
        if series.spec.has(Quirk::Attributes) {
            // `p` marks the last one as provisional.
            let marks: Vec<_> =
                (1..=all.len()).map(|place| if place == all.len() { "p" } else { "" }).collect();
            doc["observations_attributes"] = json!([["OBS_STATUS", marks]]);
        }
    }
    doc
}

/// Gives all series the periods of all, with `NA` where they have none.
fn align(docs: &mut [Value], series: &[&Series]) {
    let all = series.iter().flat_map(|series| &series.observations);
    let periods: BTreeMap<_, _> = all.map(|known| (known.day, known.period.as_str())).collect();
    for (doc, series) in docs.iter_mut().zip(series).filter(|(doc, _)| doc.get("value").is_some()) {
        let values: BTreeMap<_, _> =
            series.observations.iter().map(|known| (known.day, &known.value)).collect();
        doc["period"] = periods.values().map(|period| json!(period)).collect();
        doc["period_start_day"] = periods.keys().map(|day| json!(day.to_string())).collect();
        doc["value"] = periods
            .keys()
            .map(|day| values.get(day).map_or_else(|| json!("NA"), |value| (*value).clone()))
            .collect();
        if let Some(fields) = doc.as_object_mut() {
            fields.remove("observations_attributes");
        }
    }
}

/// How many series there are of each value of each dimension.
fn facets(found: &[&Series]) -> Value {
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for (name, value) in found.iter().flat_map(|series| &series.dimensions) {
        *counts.entry(name).or_default().entry(value).or_default() += 1;
    }
    let list = |values: BTreeMap<&str, u64>| {
        values.into_iter().map(|(code, count)| json!({"code": code, "count": count})).collect::<Value>()
    };
    counts.into_iter().map(|(name, values)| (name.to_owned(), list(values))).collect()
}

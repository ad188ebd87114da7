//! What there is: providers, datasets, categories, and what was read last.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tradebus::{Answer, Call, ServiceError};

use super::DbnomicsService;
use super::ask::{Asked, bad_upstream, provider_info, with_provider};
use super::bounds::{self, Window};
use super::shape::{Entry, unusable};
use crate::dbnomics::model::{
    DatasetAnswer, LastUpdates, Page, Provider, ProviderAnswer, ProvidersAnswer, SearchAnswer,
};
use crate::params;
use crate::source::Got;
use crate::upstream::Call as Get;

/// A part of a list that needs nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfProvider {
    provider: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatasetsOfProvider {
    provider: String,
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneDataset {
    provider: String,
    dataset: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    q: String,
    limit: Option<i64>,
    offset: Option<i64>,
}

impl DbnomicsService {
    pub(super) async fn providers(&self, call: &Call) -> Result<Answer, ServiceError> {
        let part: Part = params::read(call)?;
        let window = Window::read(part.limit, part.offset, 1_000, 1_000)?;
        let get = window.of(Get::get(["providers"]), "");
        let Asked { got, answer } = self.ask::<ProvidersAnswer>(get, call.cache_ttl).await?;
        let (datasets, series) = (answer.nb_datasets, answer.nb_series);
        let mut data = listing("providers", answer.providers, window);
        data.insert("nb_datasets".to_owned(), json!(datasets));
        data.insert("nb_series".to_owned(), json!(series));
        got.answer(data)
    }

    pub(super) async fn provider(&self, call: &Call) -> Result<Answer, ServiceError> {
        let (got, provider, _) = self.one_provider(call).await?;
        Ok(with_provider(got.answer(&provider)?, info(&provider)))
    }

    pub(super) async fn categories(&self, call: &Call) -> Result<Answer, ServiceError> {
        let (got, provider, answer) = self.one_provider(call).await?;
        let data = json!({ "provider_code": provider.code, "categories": answer.category_tree });
        Ok(with_provider(got.answer(data)?, info(&provider)))
    }

    /// The provider that a request names. Both its topics share one entry of the cache.
    async fn one_provider(&self, call: &Call) -> Result<(Got, Provider, ProviderAnswer), ServiceError> {
        let asked: OfProvider = params::read(call)?;
        bounds::provider(&asked.provider)?;
        let get = Get::get(["providers", &asked.provider]);
        let Asked { got, mut answer } = self.ask::<ProviderAnswer>(get, call.cache_ttl).await?;
        let provider = answer.provider.take().ok_or_else(|| bad_upstream(&"the provider is missing"))?;
        Ok((got, provider, answer))
    }

    pub(super) async fn datasets(&self, call: &Call) -> Result<Answer, ServiceError> {
        let asked: DatasetsOfProvider = params::read(call)?;
        bounds::provider(&asked.provider)?;
        let window = Window::read(asked.limit, asked.offset, 50, 500)?;
        let get = window.of(Get::get(["datasets", &asked.provider]), "");
        let Asked { got, answer } = self.ask::<DatasetAnswer>(get, call.cache_ttl).await?;
        let name = answer.datasets.docs().first().and_then(|dataset| dataset.provider_name.clone());
        let answer = got.answer(listing("datasets", answer.datasets, window))?;
        Ok(with_provider(answer, provider_info(&asked.provider, name.as_deref(), None)))
    }

    pub(super) async fn dataset(&self, call: &Call) -> Result<Answer, ServiceError> {
        let asked: OneDataset = params::read(call)?;
        bounds::provider(&asked.provider)?;
        bounds::dataset(&asked.dataset)?;
        let get = Get::get(["datasets", &asked.provider, &asked.dataset]);
        let Asked { got, answer } = self.ask::<DatasetAnswer>(get, call.cache_ttl).await?;
        let Some(dataset) = answer.datasets.into_docs().into_iter().find(Entry::is_named) else {
            let id = format!("{}/{}", asked.provider, asked.dataset);
            return Err(ServiceError::not_found(format!("DBnomics sent nothing for the dataset `{id}`")));
        };
        let info = provider_info(&asked.provider, dataset.provider_name.as_deref(), None);
        Ok(with_provider(got.answer(dataset)?, info))
    }

    pub(super) async fn search_datasets(&self, call: &Call) -> Result<Answer, ServiceError> {
        let asked: Words = params::read(call)?;
        let window = Window::read(asked.limit, asked.offset, 10, 100)?;
        let get = window.of(Get::get(["search"]), "").query("q", bounds::words("q", &asked.q)?);
        let Asked { got, answer } = self.ask::<SearchAnswer>(get, call.cache_ttl).await?;
        got.answer(listing("datasets", answer.results, window))
    }

    pub(super) async fn last_updates(&self, call: &Call) -> Result<Answer, ServiceError> {
        let part: Part = params::read(call)?;
        let window = Window::read(part.limit, part.offset, 100, 1_000)?;
        let get = window.of(window.of(Get::get(["last-updates"]), "datasets."), "providers.");
        let Asked { got, answer } = self.ask::<LastUpdates>(get, call.cache_ttl).await?;
        got.answer(json!({
            "datasets": listing("docs", answer.datasets, window),
            "providers": listing("docs", answer.providers, window),
        }))
    }
}

impl Window {
    /// Adds it to a call; `prefix` stands before both names.
    pub(super) fn of(self, get: Get, prefix: &str) -> Get {
        get.query(format!("{prefix}limit"), self.limit.to_string())
            .query(format!("{prefix}offset"), self.offset.to_string())
    }
}

/// A page of a list: its entries under `name`, where it lies, where the next one begins (null after the last one), and how many
/// entries could not be read (`skipped`).
pub(super) fn listing<T: Entry + Serialize>(name: &str, page: Page<T>, window: Window) -> Map<String, Value> {
    let mut data = place(&page, window);
    let entries: Vec<T> = page.into_docs().into_iter().filter(Entry::is_named).collect();
    data.insert(name.to_owned(), json!(entries));
    data
}

/// Where a page lies in its list.
pub(super) fn place<T: Entry>(page: &Page<T>, window: Window) -> Map<String, Value> {
    let fields = [
        ("limit", json!(window.limit)),
        ("offset", json!(window.offset)),
        ("num_found", json!(page.num_found)),
        ("next_offset", json!(page.next_offset())),
        ("skipped", json!(unusable(page))),
    ];
    fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect()
}

fn info(provider: &Provider) -> Value {
    provider_info(&provider.code, Some(&provider.name), provider.indexed_at.as_deref())
}

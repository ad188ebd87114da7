//! `dbnomics.series.search`: series of a dataset.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use tradebus::{Answer, Call, ServiceError};

use super::DbnomicsService;
use super::ask::{Asked, provider_info, with_provider};
use super::bounds::{self, Window, wrong};
use super::lists::place;
use super::load::Missed;
use super::shape::Entry;
use super::view::{Budget, Identity, Observed, Span, today};
use crate::dbnomics::model::SeriesAnswer;
use crate::params;
use crate::upstream::Call as Get;

/// The most series of an answer.
const MAX_SERIES: u64 = 1_000;
/// The most series of an answer with observations: whole series are large.
const MAX_OBSERVED: u64 = 100;
/// The longest `dimensions`, in bytes as JSON: they stand in an address.
const MAX_DIMENSIONS_BYTES: usize = 4_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    provider: String,
    dataset: String,
    q: Option<String>,
    /// Dimension code → value codes. Values of one dimension are alternatives, dimensions are not.
    dimensions: Option<BTreeMap<String, Vec<String>>>,
    /// `M.FR+DE.`: the values in the order of the dimensions.
    mask: Option<String>,
    limit: Option<i64>,
    offset: Option<i64>,
    observations: Option<bool>,
}

impl Wanted {
    fn observed(&self) -> bool {
        self.observations.unwrap_or(false)
    }

    fn window(&self) -> Result<Window, ServiceError> {
        let most = if self.observed() { MAX_OBSERVED } else { MAX_SERIES };
        Window::read(self.limit, self.offset, 100, most)
    }

    fn get(&self) -> Result<Get, ServiceError> {
        bounds::provider(&self.provider)?;
        bounds::dataset(&self.dataset)?;
        let mut path = vec!["series", &self.provider, &self.dataset];
        if let Some(mask) = &self.mask {
            if self.dimensions.is_some() {
                return Err(wrong("mask", "given with `dimensions`", "allowed is one of both"));
            }
            bounds::mask(mask)?;
            path.push(mask);
        }
        let mut get = self.window()?.of(Get::get(path), "").query("metadata", "0");
        get = get.query("observations", if self.observed() { "1" } else { "0" });
        if let Some(q) = &self.q {
            get = get.query("q", bounds::words("q", q)?);
        }
        if let Some(dimensions) = self.dimensions.as_ref().filter(|dimensions| !dimensions.is_empty()) {
            let json = json!(dimensions).to_string();
            if json.len() > MAX_DIMENSIONS_BYTES {
                let length = format!("{} bytes of JSON", json.len());
                return Err(wrong("dimensions", length, &format!("allowed are {MAX_DIMENSIONS_BYTES}")));
            }
            get = get.query("dimensions", json);
        }
        Ok(get)
    }
}

impl DbnomicsService {
    /// A page of series, with their observations if these are asked for. Nothing found is no error: the API takes unknown
    /// dimensions and values for ones that no series has.
    pub(super) async fn search_series(&self, call: &Call) -> Result<Answer, ServiceError> {
        let wanted: Wanted = params::read(call)?;
        let (window, get) = (wanted.window()?, wanted.get()?);
        let Asked { got, answer } = self.ask::<SeriesAnswer>(get, call.cache_ttl).await?;
        let mut data = place(&answer.series, window);
        let found = answer.series.docs().iter().filter(|series| series.is_named());
        if wanted.observed() {
            let (mut series, mut errors) = (Vec::new(), Vec::new());
            let (today, mut budget) = (today(), Budget::default());
            for one in found {
                match Observed::of(one, Span::default(), &self.sentinels, today) {
                    Ok(mut observed) => {
                        budget.spend(&mut observed);
                        series.push(observed);
                    }
                    Err(error) => errors.push(Missed::new(Identity::of(one).id, error)),
                }
            }
            budget.check("limit", "ask for fewer series")?;
            data.insert("series".to_owned(), json!(series));
            data.insert("errors".to_owned(), json!(errors));
        } else {
            data.insert("series".to_owned(), json!(found.map(Identity::of).collect::<Vec<_>>()));
        }
        Ok(with_provider(got.answer(data)?, provider_info(&wanted.provider, None, None)))
    }
}

//! `datagov.datasets.get`: one dataset.

use serde::{Deserialize, Serialize};
use tradebus::{Answer, Call, ErrorCode, ServiceError};

use super::rated::{Rated, today};
use super::{DatagovService, bounds};
use crate::datagov::SearchPage;
use crate::datagov::model::Distribution;
use crate::params;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    slug: Option<String>,
    /// The id of the document; the API looks for both in the same way.
    id: Option<String>,
}

#[derive(Debug, Serialize)]
struct Dataset {
    #[serde(flatten)]
    rated: Rated,
    /// Where the data are.
    distributions: Vec<Distribution>,
}

impl DatagovService {
    /// One dataset with its distributions and its relevance.
    pub(super) async fn dataset(&self, call: &Call) -> Result<Answer, ServiceError> {
        let params: Params = params::read(call)?;
        let name = params.name()?;
        let found = self.api.find(self.api.path(&["dataset", name]), call.cache_ttl, SearchPage::parse).await;
        let (mut page, got) = found.map_err(|error| {
            if error.code == ErrorCode::NotFound.name() { none(name, Some(&error.message)) } else { error }
        })?;
        let Some(mut hit) = page.hits.drain(..).next() else {
            return Err(match page.unreadable.first() {
                Some(odd) => {
                    let message = format!("the dataset `{name}` cannot be read: {}", odd.reason);
                    ServiceError::new(ErrorCode::BadUpstream, message)
                }
                None => none(name, None),
            });
        };
        // An answer for one dataset does not hold its id, nor a score that means anything.
        hit.id = hit.id.or(params.id);
        hit.score = None;
        let mut rated = Rated::new(hit, &self.relevance, today());
        let distributions =
            rated.hit.dcat.as_mut().map(|dcat| std::mem::take(&mut dcat.distribution)).unwrap_or_default();
        got.answer(Dataset { rated, distributions })
    }
}

impl Params {
    fn name(&self) -> Result<&str, ServiceError> {
        let (field, name) = match (&self.slug, &self.id) {
            (Some(slug), None) => ("slug", slug),
            (None, Some(id)) => ("id", id),
            (given, _) => {
                let given = if given.is_some() { "both are there" } else { "both are missing" };
                return Err(ServiceError::bad_request(format!(
                    "`slug` and `id`: {given}; allowed is one of them"
                )));
            }
        };
        bounds::name(field, name)?;
        Ok(name)
    }
}

fn none(name: &str, told: Option<&str>) -> ServiceError {
    let told = told.map_or_else(String::new, |told| format!(" ({told})"));
    ServiceError::not_found(format!("there is no dataset `{name}`{told}"))
}

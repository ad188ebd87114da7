//! Questions to `DBnomics`, and how their answers are given on.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tradebus::{Answer, ErrorCode, ServiceError};

use super::DbnomicsService;
use super::shape::{self, Shape};
use crate::source::Got;
use crate::upstream::Call;

/// An answer of the API, as it came and as it was read.
#[derive(Debug)]
pub(super) struct Asked<T> {
    pub(super) got: Got,
    pub(super) answer: T,
}

impl DbnomicsService {
    /// Asks the cache, then the API.
    ///
    /// # Errors
    ///
    /// Those of [`crate::source::Source::get`]; `bad_upstream` for an answer of another form.
    pub(super) async fn ask<T: Shape>(
        &self,
        call: Call,
        max_age: Option<Duration>,
    ) -> Result<Asked<T>, ServiceError> {
        let check = |body: &[u8]| shape::read::<T>(body).map(drop);
        let got = self.source.get_checked(call, max_age, check).await?;
        let answer = shape::read(&got.body).map_err(|reason| bad_upstream(&reason))?;
        Ok(Asked { got, answer })
    }

    /// Asks the API, past the cache.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub(super) async fn ask_now<T: Shape>(&self, call: Call) -> Result<Asked<T>, ServiceError> {
        let got = self.source.send(call).await?;
        let answer = shape::read(&got.body).map_err(|reason| bad_upstream(&reason))?;
        Ok(Asked { got, answer })
    }
}

/// The answer of the API makes no sense.
pub(super) fn bad_upstream(reason: &dyn std::fmt::Display) -> ServiceError {
    ServiceError::new(ErrorCode::BadUpstream, format!("the answer of DBnomics cannot be used: {reason}"))
}

/// What is known of a provider: its code, and what the answer told besides.
pub(super) fn provider_info(code: &str, name: Option<&str>, indexed_at: Option<&str>) -> Value {
    let mut info = Map::new();
    info.insert("code".to_owned(), json!(code));
    for (field, value) in [("name", name), ("indexed_at", indexed_at)] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            info.insert(field.to_owned(), json!(value));
        }
    }
    info.into()
}

/// An answer with `provider_info` beside it.
pub(super) fn with_provider(mut answer: Answer, info: Value) -> Answer {
    answer.more.insert("provider_info".to_owned(), info);
    answer
}

//! The catalogue as the operations ask it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tradebus::{ErrorCode, ServiceError, StreamStore};

use super::{DatagovSettings, PathStyle};
use crate::datagov::model::NoAnswer;
use crate::settings::SettingsError;
use crate::source::{Got, Source};
use crate::upstream::Call;

/// The catalogue, with the cache in front of it.
#[derive(Debug)]
pub(super) struct Api {
    source: Source,
    style: PathStyle,
}

/// Reads a body.
pub(super) type Parse<T> = fn(&[u8]) -> Result<T, NoAnswer>;

impl Api {
    pub(super) fn new(
        store: Arc<dyn StreamStore>,
        cache_prefix: impl Into<String>,
        settings: &DatagovSettings,
        origin: Option<&'static str>,
    ) -> Result<Self, SettingsError> {
        let source = Source::new(store, cache_prefix, &settings.source(), origin)?;
        Ok(Self { source, style: settings.path_style })
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// A call of the search, whose path is the same in both ways in.
    pub(super) fn search() -> Call {
        Call::get(["search"])
    }

    /// A call of any other path.
    pub(super) fn path(&self, parts: &[&str]) -> Call {
        Call::get(self.style.prefix().iter().chain(parts).copied())
    }

    /// Asks for what must be there, past the cache: for what is looked at once.
    pub(super) async fn ask_past_cache(&self, call: Call) -> Result<Bytes, ServiceError> {
        Ok(self.source.send(call).await?.body)
    }

    /// Asks for what must be there: that it is not found is a mistake of the settings or of the API.
    pub(super) async fn ask<T>(
        &self,
        call: Call,
        max_age: Option<Duration>,
        parse: Parse<T>,
    ) -> Result<(T, Got), ServiceError>
    where
        T: 'static,
    {
        self.find(call, max_age, parse).await.map_err(|error| {
            if error.code != ErrorCode::NotFound.name() {
                return error;
            }
            let message = format!(
                "the API does not know this path ({}): `base_url` and `path_style` may not fit each other",
                error.message
            );
            ServiceError::new(ErrorCode::BadUpstream, message)
        })
    }

    /// Asks for what may not be there, which then is `not_found`. An answer that cannot be read is not kept.
    pub(super) async fn find<T>(
        &self,
        call: Call,
        max_age: Option<Duration>,
        parse: Parse<T>,
    ) -> Result<(T, Got), ServiceError>
    where
        T: 'static,
    {
        let check = move |body: &[u8]| parse(body).map(drop).map_err(|error| error.to_string());
        let got = self.source.get_checked(call, max_age, check).await?;
        // Another version of the service may have kept what this one cannot read.
        let read = parse(&got.body).map_err(|error| {
            ServiceError::new(
                ErrorCode::BadUpstream,
                format!("the answer of the API cannot be read: {error}"),
            )
        })?;
        Ok((read, got))
    }
}

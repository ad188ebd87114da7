//! The way to the collector. The thread that exports knows no Tokio, which the HTTP client needs: requests run on the runtime of the program.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use tradebus_services::upstream::client_config;

/// Sends requests to the collector.
pub(super) struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    /// A failure was logged, and no request succeeded since.
    failure_said: AtomicBool,
}

impl Collector {
    /// With a limit for each request, and the authorities that may vouch for a collector with TLS: those of a file, or of the system.
    pub(super) fn new(
        runtime: &Handle,
        timeout: Duration,
        authorities: Option<&Path>,
    ) -> Result<Self, HttpError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(client_config(authorities)?)
            // The header fields may hold a secret, which is not carried to another place.
            .redirect(Policy::none())
            .timeout(timeout)
            .build()?;
        Ok(Self { client, runtime: runtime.clone(), failure_said: AtomicBool::new(false) })
    }

    /// Says the first of a run of failures.
    fn note(&self, sent: &Result<Response<Bytes>, HttpError>) {
        let why = match sent {
            Ok(answer) if answer.status().is_success() => return self.failure_said.store(false, Relaxed),
            Ok(answer) => format!("the collector answers {}", answer.status()),
            Err(error) => chain(&**error),
        };
        if !self.failure_said.swap(true, Relaxed) {
            tracing::warn!("traces are not exported (further failures are not said): {why}");
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move { client.send_bytes(request).await });
        let sent = sending.await.unwrap_or_else(|ended| Err(ended.into()));
        self.note(&sent);
        sent
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").finish_non_exhaustive()
    }
}

/// An error with its reasons.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let reasons = std::iter::successors(Some(error), |error| error.source());
    reasons.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

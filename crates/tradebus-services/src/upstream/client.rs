//! The client of one upstream.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::attempt::{Received, attempt, too_late};
use super::breaker::{Breaker, Pass, Position};
use super::check::{UpstreamConfigError, is_loopback};
use super::location::locate;
use super::pace::{Denied, Pace};
use super::secret::Secrets;
use super::status::{Counters, millis};
use super::{Answer, Call, UpstreamConfig, UpstreamError, UpstreamState, UpstreamStatus, retry, tls};

/// A polite client for one JSON API. Clones share everything: connections, limits, circuit breaker, counters.
#[derive(Clone)]
pub struct Upstream {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: UpstreamConfig,
    pub(super) base: Url,
    /// Host and port, for errors.
    pub(super) name: String,
    pub(super) http: reqwest::Client,
    pub(super) secrets: Secrets,
    pub(super) pace: Pace,
    pub(super) breaker: Breaker,
    pub(super) counters: Counters,
}

impl Upstream {
    /// Prepares a client; nothing is connected to yet. Secrets are read from the environment and from files now.
    ///
    /// Proxies are taken from the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), except for an upstream on this
    /// machine.
    ///
    /// # Errors
    ///
    /// All settings that cannot be used, or all secrets that cannot be read, or a file of authorities that is none.
    pub fn new(config: UpstreamConfig) -> Result<Self, UpstreamConfigError> {
        let base = config.checked()?;
        let secrets = Secrets::read(&config, |name| std::env::var(name).ok())?;
        let http = connections(&config, &base)?;
        let (pace, breaker) = (Pace::new(&config), Breaker::new(&config.breaker));
        let (name, counters) = (name(&base), Counters::default());
        Ok(Self { inner: Arc::new(Inner { config, base, name, http, secrets, pace, breaker, counters }) })
    }

    /// Asks for the parts of a path, with a query. See [`Upstream::call`].
    ///
    /// # Errors
    ///
    /// As [`Upstream::call`].
    pub async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, UpstreamError> {
        self.call(&Call::get(path.iter().copied()).queries(query.iter().copied())).await
    }

    /// Sends a body as JSON to the parts of a path. It may be sent again only if it did not arrive; where that is too
    /// careful, [`Call::repeatable`] and [`Upstream::call`] are to be used.
    ///
    /// # Errors
    ///
    /// As [`Upstream::call`].
    pub async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<Answer, UpstreamError> {
        self.call(&Call::post(path.iter().copied(), body)?).await
    }

    /// Sends a call when it is its turn, again where that helps, for no longer than `total_timeout_ms`. Cancel safe: a
    /// call that is dropped is given up.
    ///
    /// # Errors
    ///
    /// Why there is no answer. When it is clear that the time is too short for the next turn or retry, at once.
    pub async fn call(&self, call: &Call) -> Result<Answer, UpstreamError> {
        let inner = &*self.inner;
        inner.counters.begun();
        let answer = inner.answer(call).await;
        if let Err(error) = &answer {
            inner.counters.failed(error);
        }
        answer
    }

    /// How the upstream is now.
    pub fn status(&self) -> UpstreamStatus {
        self.inner.status()
    }
}

fn name(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn connections(config: &UpstreamConfig, base: &Url) -> Result<reqwest::Client, UpstreamConfigError> {
    let authorities = config.tls_ca_file.as_deref();
    let tls = tls::client_config(authorities).map_err(|error| {
        let given = authorities.map(|file| file.display().to_string()).unwrap_or_default();
        UpstreamConfigError::one(
            "tls_ca_file",
            &given,
            format!("a file of certificates in PEM form, but {error}"),
        )
    })?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        // Followed by our own rules, and tried again by them too.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .user_agent(&config.user_agent);
    // A proxy would ask itself.
    let client = if is_loopback(base) { client.no_proxy() } else { client };
    client.build().map_err(|error| {
        let allowed = format!("settings for which there is a client ({})", error.without_url());
        UpstreamConfigError::one("base_url", base.host_str().unwrap_or_default(), allowed)
    })
}

impl Inner {
    async fn answer(&self, call: &Call) -> Result<Answer, UpstreamError> {
        let url = locate(&self.base, call)?;
        let start = Instant::now();
        let deadline = start + Duration::from_millis(self.config.total_timeout_ms);
        let mut tries = 0;
        loop {
            let error = match self.try_once(call, &url, tries, deadline).await? {
                Ok(received) => return Ok(answer(received, start.elapsed(), tries + 1)),
                Err(error) => error,
            };
            let wait = retry::wait(&self.config, tries, error.retry_after());
            if matches!(error, UpstreamError::RateLimited { .. }) {
                // It holds for the others too.
                self.pace.pause(wait);
            }
            let in_time = Instant::now() + wait < deadline;
            // What failed says more than that the breaker is open because of it.
            let given_up = matches!(self.breaker.position(), Position::Open { .. });
            if tries >= self.config.retries || !in_time || given_up || !retry::helps(call, &error) {
                return Err(error);
            }
            tries += 1;
            tracing::debug!(upstream = %self.name, retry = tries, wait_ms = millis(wait), %error, "trying again");
            sleep(wait).await;
        }
    }

    /// One request when it is its turn. The outer error ends the call, the inner one may be tried again.
    async fn try_once(
        &self,
        call: &Call,
        url: &Url,
        tries: u32,
        deadline: Instant,
    ) -> Result<Result<Received, UpstreamError>, UpstreamError> {
        if let Position::Open { wait } = self.breaker.position() {
            // At once, and without spending a token on it.
            return Err(self.left_alone(wait));
        }
        let _slot = self.pace.turn(deadline).await.map_err(|denied| self.denied(call, &denied))?;
        let pass = self.breaker.admit().map_err(|wait| self.left_alone(wait))?;
        self.counters.sent(tries > 0);
        let received = timeout_at(deadline, attempt(self, call, url)).await;
        let received = received.unwrap_or_else(|_| Err(too_late(self, call)));
        let error = received.as_ref().err();
        // What a bad cursor brings about says nothing about the upstream, or one caller could have it left alone for all.
        if !error.is_some_and(|error| call.has_bad_cursor(error)) {
            self.report(pass, error);
        }
        Ok(received)
    }

    fn report(&self, pass: Pass<'_>, error: Option<&UpstreamError>) {
        match error.filter(|error| error.is_failure()) {
            Some(error) => {
                if pass.failed() {
                    let open_ms = self.config.breaker.open_ms;
                    tracing::warn!(upstream = %self.name, open_ms, %error, "fails again and again: left alone for a while");
                }
            }
            None => {
                if pass.succeeded() {
                    tracing::info!(upstream = %self.name, "works again");
                }
            }
        }
    }

    fn denied(&self, call: &Call, denied: &Denied) -> UpstreamError {
        match denied {
            Denied::Busy => too_late(self, call),
            Denied::Wait(wait) => UpstreamError::RateLimited {
                upstream: self.name.clone(),
                retry_after: Some(*wait),
                message: None,
            },
        }
    }

    fn left_alone(&self, wait: Duration) -> UpstreamError {
        let message = Some("it has failed again and again".to_owned());
        UpstreamError::Unavailable {
            upstream: self.name.clone(),
            status: None,
            // While one tries, nobody knows.
            retry_after: (!wait.is_zero()).then_some(wait),
            message,
        }
    }

    fn status(&self) -> UpstreamStatus {
        let paused = self.pace.paused_for();
        let (state, waits, failures_in_row) = match self.breaker.position() {
            Position::Open { wait } => {
                (UpstreamState::BreakerOpen, wait.max(paused), self.config.breaker.failures)
            }
            Position::HalfOpen => (UpstreamState::BreakerHalfOpen, paused, self.config.breaker.failures),
            Position::Closed { failures } if paused.is_zero() => (UpstreamState::Ok, paused, failures),
            Position::Closed { failures } => (UpstreamState::Limited, paused, failures),
        };
        let counters = &self.counters;
        UpstreamStatus {
            upstream: self.name.clone(),
            state,
            waits_ms: millis(waits),
            last_error: counters.last_error(),
            calls: counters.calls.load(Relaxed),
            errors: counters.errors.load(Relaxed),
            requests: counters.requests.load(Relaxed),
            retries: counters.retries.load(Relaxed),
            in_flight: (self.config.max_concurrent as usize).saturating_sub(self.pace.free_slots()) as u64,
            failures_in_row,
            rate_limit: counters.rate_limit(),
        }
    }
}

fn answer(received: Received, elapsed: Duration, attempts: u32) -> Answer {
    let Received { status, content_type, rate_limit, body } = received;
    Answer { status, content_type, rate_limit, body, elapsed, attempts }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("config", &self.inner.config)
            .field("secrets", &self.inner.secrets)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

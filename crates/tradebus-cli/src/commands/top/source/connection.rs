//! One connection to the live feed of a gateway.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::time::timeout;
use tradebus_gateway::live::Snapshot;
use tradebus_services::upstream::client_config;

use super::Endpoint;
use super::events::{Event, Events, LIMIT};
use crate::failure::{Failure, Outcome};

const CONNECT: Duration = Duration::from_secs(5);
/// A gateway says something each second, and a comment each 15 seconds whatever happens.
const SILENCE: Duration = Duration::from_secs(20);
/// How long to wait for a gateway of this machine that nobody has named. Where none listens that is known at once, and a busy one takes a while.
const GLANCE: Duration = Duration::from_secs(5);

/// Who asks a gateway.
pub(super) struct Caller {
    client: Client,
    endpoint: Endpoint,
    token: Option<SecretString>,
}

impl Caller {
    pub(super) fn new(
        endpoint: Endpoint,
        token: Option<SecretString>,
        ca_file: Option<&Path>,
    ) -> Outcome<Self> {
        let tls = client_config(ca_file).map_err(|error| {
            let file = ca_file.map(|file| file.display().to_string()).unwrap_or_default();
            Failure::usage(format!("--ca-file: {file}: {error}"))
        })?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            // A token is not carried to another place.
            .redirect(Policy::none())
            .user_agent(concat!("tradebus/", env!("CARGO_PKG_VERSION")));
        // A proxy would ask itself.
        let client = if endpoint.is_here() { client.no_proxy() } else { client };
        let client =
            client.build().map_err(|error| Failure::failed(format!("no HTTP client: {}", reason(&error))))?;
        Ok(Self { client, endpoint, token })
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether a gateway answers there.
    pub(super) async fn is_there(&self) -> bool {
        let asked = self.client.get(self.endpoint.at("health/live")).send();
        matches!(timeout(GLANCE, asked).await, Ok(Ok(response)) if response.status().is_success())
    }

    /// Opens the live feed. Errors name the gateway.
    pub(super) async fn connect(&self) -> Result<Connection, String> {
        let endpoint = &self.endpoint;
        let request = self.client.get(endpoint.at("api/v1/live")).header(ACCEPT, "text/event-stream");
        let response = self.authorized(request).send().await;
        let response = response.map_err(|error| format!("cannot reach {endpoint}: {}", reason(&error)))?;
        match response.status() {
            StatusCode::OK if is_feed(&response) => Ok(Connection::new(endpoint.to_string(), response)),
            StatusCode::OK => Err(format!("what answers at {endpoint} is no gateway of tradebus")),
            StatusCode::UNAUTHORIZED if self.token.is_none() => {
                Err(format!("{endpoint} wants a token (401): --token-file FILE, or TRADEBUS_HTTP_TOKEN_FILE"))
            }
            StatusCode::UNAUTHORIZED => Err(format!("{endpoint} refuses the token (401)")),
            status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
                Err(format!("{endpoint} takes nobody more at the moment ({})", status.as_u16()))
            }
            status => Err(format!(
                "{endpoint} answers {} to /api/v1/live: is it a gateway of tradebus?",
                status.as_u16()
            )),
        }
    }

    /// What the charts show of so many seconds; `None` if the gateway does not tell.
    pub(super) async fn past(&self, seconds: usize) -> Option<Value> {
        let url = self.endpoint.at("api/v1/history");
        let request = self.client.get(url).query(&[("seconds", seconds)]);
        let mut response = self.authorized(request).send().await.ok()?.error_for_status().ok()?;
        let mut json = Vec::new();
        while let Some(part) = response.chunk().await.ok()? {
            if part.len() > LIMIT - json.len() {
                return None;
            }
            json.extend_from_slice(&part);
        }
        serde_json::from_slice(&json).ok()
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(token) = &self.token else { return request };
        match HeaderValue::try_from(format!("Bearer {}", token.expose_secret())) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            // Tokens are plain when they are read.
            Err(_) => request,
        }
    }
}

fn is_feed(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// The last cause of an error, which says most.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// A live feed.
pub(super) struct Connection {
    name: String,
    response: Response,
    events: Events,
    ready: VecDeque<Event>,
}

impl Connection {
    fn new(name: String, response: Response) -> Self {
        Self { name, response, events: Events::default(), ready: VecDeque::new() }
    }

    /// The next snapshot, as JSON. Errors name the gateway.
    pub(super) async fn next(&mut self) -> Result<Bytes, String> {
        loop {
            while let Some(event) = self.ready.pop_front() {
                if event.name == "snapshot" {
                    return self.checked(event.data);
                }
            }
            let name = &self.name;
            match self.response.chunk().await {
                Ok(Some(part)) => self.events.add(&part, &mut self.ready).map_err(|_| {
                    format!(
                        "{name} sends more than {} MiB at once: is it a gateway of tradebus?",
                        LIMIT >> 20
                    )
                })?,
                Ok(None) => return Err(format!("{name} ended the connection")),
                Err(error) => return Err(format!("the connection to {name} is lost: {}", reason(&error))),
            }
        }
    }

    fn checked(&self, json: Vec<u8>) -> Result<Bytes, String> {
        match serde_json::from_slice::<Snapshot>(&json) {
            Ok(_) => Ok(json.into()),
            Err(error) => {
                Err(format!("{} sends what this version does not take for a snapshot: {error}", self.name))
            }
        }
    }
}

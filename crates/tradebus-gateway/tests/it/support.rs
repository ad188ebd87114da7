//! A gateway at any port that is free, and clients for it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tradebus::config::{Loader, Source};
use tradebus::{Answer, Bus, Call, Message, Route, Service, ServiceError, ServiceOptions, ServiceTask};
use tradebus_gateway::{Gateway, GatewaySettings, Node, ServiceEntry};

/// Longest that anything here may take: only what is broken takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// An open gateway.
pub(crate) struct Open {
    pub(crate) bus: Bus,
    pub(crate) gateway: Gateway,
    pub(crate) client: Client,
    _greeter: ServiceTask,
}

/// Opens a gateway with the usual settings.
pub(crate) async fn open() -> Open {
    open_with(|_| {}).await
}

/// Opens a gateway with other settings.
pub(crate) async fn open_with(change: impl FnOnce(&mut GatewaySettings)) -> Open {
    let loaded = Loader::new().set("store", "memory:", Source::flag("--store"));
    let loaded = loaded.set("redis_password", "hunter2", Source::flag("--x")).load().unwrap();
    let bus = Bus::connect(loaded.config.clone()).await.unwrap();
    let service: Arc<dyn Service> = Arc::new(Greeter);
    let greeter = bus.serve(service.clone(), ServiceOptions::default()).await.unwrap();
    let entry =
        ServiceEntry { name: service.name().to_owned(), routes: service.routes(), health: greeter.health() };
    let mut settings = GatewaySettings::new(([127, 0, 0, 1], 0).into());
    change(&mut settings);
    let node = Node { bus: bus.clone(), config: loaded, services: vec![entry] };
    let gateway = Gateway::open(settings, node).await.unwrap();
    Open { bus, gateway, client: client(), _greeter: greeter }
}

/// A client that follows nothing by itself.
pub(crate) fn client() -> Client {
    // Another test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build().unwrap()
}

impl Open {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.gateway.url())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        answer(request.body(body.to_string())).await
    }

    pub(crate) async fn publish(&self, topic: &str, payload: &str) -> String {
        let message = Message::new(topic, payload.to_owned()).unwrap();
        self.bus.publish(message).await.unwrap().await.unwrap().to_string()
    }

    pub(crate) async fn close(self) {
        self.gateway.close(Duration::ZERO).await;
        let _ = self.bus.close().await;
    }
}

/// The status and the JSON of an answer. An error has the shape of all errors.
pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let (status, kind) = (response.status(), header(&response, "content-type"));
    let text = response.text().await.unwrap();
    let value: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {kind}: {error}: {text}"));
    if !status.is_success() && status != StatusCode::SERVICE_UNAVAILABLE {
        assert_eq!(kind, "application/problem+json", "{text}");
        assert_eq!(value["status"], status.as_u16(), "{text}");
        assert!(value["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{text}");
    }
    (status, value)
}

pub(crate) fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Server-sent events, one after the other.
pub(crate) struct Events {
    response: Response,
    text: String,
}

impl Events {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "content-type"), "text/event-stream");
        let mut events = Self { response, text: String::new() };
        // The first one opens the stream.
        events.block().await.unwrap();
        events
    }

    /// The next event: its kind, its id, its data; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<(String, String, Value)> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
            };
            if !field("event:").is_empty() {
                let data = serde_json::from_str(&field("data:")).unwrap();
                return Some((field("event:"), field("id:"), data));
            }
        }
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let bytes = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

/// A service that greets.
struct Greeter;

#[async_trait]
impl Service for Greeter {
    fn name(&self) -> &'static str {
        "greeter"
    }

    fn routes(&self) -> Vec<Route> {
        Route::new("greeter.greet", "greets").into_iter().collect()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        match call.params.get("name").and_then(Value::as_str) {
            Some(name) => Ok(json!(format!("hello, {name}")).into()),
            None => Err(ServiceError::bad_request("name: it is missing")),
        }
    }
}

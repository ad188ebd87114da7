//! The bus as one that asks, and one whose services answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use smol_str::SmolStr;

use super::Bus;
use crate::request::service::{Hosting, serve};
use crate::request::{
    Asking, Request, RequestError, Response, ServeError, Service, ServiceOptions, ServiceTask,
};
use crate::{Topic, TopicError};

impl Bus {
    /// Asks a service, and waits for its answer: any number of requests can be under way. The parameters are a JSON object, or null.
    ///
    /// The answer may say that the request was not fulfilled: see [`Response::into_data`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use std::sync::Arc;
    /// # use std::time::Duration;
    /// # use serde_json::json;
    /// # use tradebus::{Answer, Bus, BusConfig, Call, Route, Service, ServiceError, ServiceOptions};
    /// # struct Greeter;
    /// # #[async_trait::async_trait]
    /// # impl Service for Greeter {
    /// #     fn name(&self) -> &str { "greeter" }
    /// #     fn routes(&self) -> Vec<Route> { Route::new("greeter.greet", "greets").into_iter().collect() }
    /// #     async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
    /// #         Ok(json!(format!("hello, {}", call.params["name"].as_str().unwrap_or("you"))).into())
    /// #     }
    /// # }
    /// # let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
    /// # let bus = Bus::connect(config).await?;
    /// # let greeter = bus.serve(Arc::new(Greeter), ServiceOptions::default()).await?;
    /// let answer = bus.request("greeter.greet", json!({"name": "risk desk"}), Duration::from_secs(5)).await?;
    /// assert_eq!(answer.into_data()?, json!("hello, risk desk"));
    /// # greeter.stop().await;
    /// # bus.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the topic breaks the rules, the request cannot be published, or nobody answers in time. Cancel safe: a call that is dropped does not
    /// wait any more; an answer that comes all the same is dropped, and counted.
    pub async fn request<T>(
        &self,
        topic: T,
        params: Value,
        timeout: Duration,
    ) -> Result<Response, RequestError>
    where
        T: TryInto<Topic>,
        TopicError: From<T::Error>,
    {
        self.request_with(&Request::new(topic, params)?.timeout(timeout)).await
    }

    /// As [`request`](Self::request), with a tier, or a limit for the age of what comes out of a cache.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub async fn request_with(&self, request: &Request) -> Result<Response, RequestError> {
        let asking = Asking { publisher: &self.inner.publisher, subscriptions: &self.inner.subscriptions };
        self.inner.desk.ask(asking, request).await
    }

    /// Asks a service for an answer that it publishes on `callback`, for whoever subscribes to that topic. Returns the id of the request, which
    /// the answer carries, when the request is stored.
    ///
    /// # Errors
    ///
    /// When the request cannot be published.
    pub async fn request_to(&self, request: &Request, callback: &Topic) -> Result<SmolStr, RequestError> {
        self.inner.desk.ask_for(&self.inner.publisher, request, callback).await
    }

    /// Runs a service: it answers the requests on its topics, together with all its other instances. Its health is published on
    /// `system.health.{name}` when it changes, and can be asked for on `{name}.health.check`.
    ///
    /// # Errors
    ///
    /// When the service has no topics or a name that cannot be part of one, or the store cannot be used.
    pub async fn serve(
        &self,
        service: Arc<dyn Service>,
        options: ServiceOptions,
    ) -> Result<ServiceTask, ServeError> {
        let meter = self.inner.meters.services.of(service.name());
        let tracer = self.inner.subscriptions.tracer();
        serve(Hosting { bus: self.clone(), meter, tracer }, service, options).await
    }
}

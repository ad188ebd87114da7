//! Any JSON API as a service, without code: routes with templates, as they are set (`settings`).
//!
//! The parameters of a request fill the templates (`template`) of its route; the answer of the API is the data of the answer, as it is. Answers
//! to GET are kept in the cache; a POST is sent each time, unless its route says that it only asks.

mod settings;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hashbrown::HashMap;
use serde_json::Value;
use tradebus::{Answer, Call, Route, Service, ServiceError, ServiceHealth, StreamStore, Topic};

pub use self::settings::{Method, RestSettings, RouteSettings};

use self::settings::Routed;
use crate::settings::SettingsError;
use crate::source::Source;

/// A service over an API that is described by settings alone.
#[derive(Debug)]
pub struct RestService {
    name: String,
    routes: HashMap<Topic, Routed>,
    source: Source,
}

impl RestService {
    /// A service as it is set, whose cache lies in this store under keys that begin with `prefix`.
    ///
    /// # Errors
    ///
    /// When a setting makes no sense: everything that is wrong is named.
    pub fn new(
        store: Arc<dyn StreamStore>,
        prefix: impl Into<String>,
        settings: &RestSettings,
    ) -> Result<Self, SettingsError> {
        let routes = settings.routed()?;
        let source = Source::new(store, prefix, &settings.source(), None)?;
        Ok(Self { name: settings.name.clone(), routes, source })
    }
}

#[async_trait]
impl Service for RestService {
    fn name(&self) -> &str {
        &self.name
    }

    fn routes(&self) -> Vec<Route> {
        let route =
            |(topic, routed): (&Topic, &Routed)| Route { topic: topic.clone(), about: routed.about.clone() };
        let mut routes: Vec<Route> = self.routes.iter().map(route).collect();
        routes.sort_by(|one, two| one.topic.cmp(&two.topic));
        routes
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        let Some(routed) = self.routes.get(&call.topic) else {
            return Err(ServiceError::not_found(format!("there is no route for `{}`", call.topic)));
        };
        let asked = routed.fill(&call.params)?;
        let got = if routed.only_asks() {
            let own = routed.cache_ttl;
            let max_age =
                call.cache_ttl.map_or(own, |wanted| Some(own.map_or(wanted, |own| wanted.min(own))));
            self.source.get(asked, max_age).await?
        } else {
            self.source.send(asked).await?
        };
        got.answer(got.json::<Value>()?)
    }

    async fn health(&self) -> ServiceHealth {
        self.source.health()
    }
}

/// A number of seconds that is a time.
fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

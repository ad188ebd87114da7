//! The services of a configuration: which there are, and how they are started.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tradebus::{Bus, Route, ServeError, Service, ServiceOptions, ServiceTask, StreamStore};

use crate::datagov::{DatagovService, DatagovSettings};
use crate::dbnomics::service::{DbnomicsService, DbnomicsSettings};
use crate::rest::{RestService, RestSettings};
use crate::settings::{HostSettings, SettingsError};
use crate::standin::Standin;
use crate::upstream::UpstreamConfig;

/// The tables `[services.*]` of a configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServicesSettings {
    /// `[services.datagov]`: the catalogue of Data.gov.
    pub datagov: Option<DatagovSettings>,
    /// `[services.dbnomics]`: economic series of `DBnomics`.
    pub dbnomics: Option<DbnomicsSettings>,
    /// `[[services.rest]]`: services without code.
    pub rest: Vec<RestSettings>,
    /// Services that were not configured, and are asked of a stand-in.
    #[serde(skip)]
    stand_ins: Vec<&'static str>,
}

/// What the answers of a stand-in say about where they come from.
const DEMO: &str = "demo";

/// Why services cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A table is not what it should be.
    #[error("services.{path}: {detail}")]
    Table {
        /// Where, below `services`.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// The settings of a service make no sense.
    #[error("the service `{name}`: {error}")]
    Settings {
        /// Its name.
        name: String,
        /// What is wrong.
        error: SettingsError,
    },
    /// Two services have one name.
    #[error("there are two services `{name}`")]
    Twice {
        /// The name.
        name: String,
    },
    /// A service could not be started.
    #[error("the service `{name}`: {error}")]
    Serve {
        /// Its name.
        name: String,
        /// Why not.
        error: ServeError,
    },
}

/// A service that is ready to be started.
pub struct Prepared {
    service: Arc<dyn Service>,
    options: ServiceOptions,
}

impl ServicesSettings {
    /// Reads the tables of a configuration ([`tradebus::BusConfig::services`]).
    ///
    /// # Errors
    ///
    /// With the first value that is not what it should be.
    pub fn read(tables: &BTreeMap<String, Value>) -> Result<Self, StartError> {
        let tables = Value::Object(tables.clone().into_iter().collect());
        serde_path_to_error::deserialize(tables).map_err(|error| StartError::Table {
            path: error.path().to_string(),
            detail: error.inner().to_string(),
        })
    }

    /// Lets a stand-in answer for the services that are not configured. Their answers say `"source": "demo"`.
    pub fn stand_in(&mut self, standin: &Standin) {
        // It is in this process: nobody has to be polite to it.
        let hurried = |url| UpstreamConfig {
            requests_per_second: 1_000.0,
            burst: 1_000,
            max_concurrent: 64,
            ..UpstreamConfig::new(url)
        };
        if self.datagov.is_none() {
            let upstream = hurried(standin.catalog_url());
            self.datagov = Some(DatagovSettings { upstream, ..DatagovSettings::default() });
            self.stand_ins.push("datagov");
        }
        if self.dbnomics.is_none() {
            let upstream = hurried(standin.dbnomics_url());
            let series_there = Some(standin.series_ids());
            self.dbnomics = Some(DbnomicsSettings { upstream, series_there, ..DbnomicsSettings::default() });
            self.stand_ins.push("dbnomics");
        }
    }

    fn origin(&self, name: &str) -> Option<&'static str> {
        self.stand_ins.contains(&name).then_some(DEMO)
    }

    /// Makes the services. Nothing is connected to.
    ///
    /// # Errors
    ///
    /// When the settings of a service make no sense, or two services have one name.
    pub fn prepare(&self, store: &Arc<dyn StreamStore>, base: &str) -> Result<Vec<Prepared>, StartError> {
        let mut prepared: Vec<Prepared> = Vec::new();
        let place = |name: &str| (store.clone(), format!("{base}:cache:{name}"));
        if let Some(settings) = &self.datagov {
            let (store, prefix) = place("datagov");
            let made = DatagovService::new(store, prefix, settings, self.origin("datagov"));
            prepared.push(Prepared::new("datagov", made, &settings.host)?);
        }
        if let Some(settings) = &self.dbnomics {
            let (store, prefix) = place("dbnomics");
            let made = DbnomicsService::new(store, prefix, settings, self.origin("dbnomics"));
            prepared.push(Prepared::new("dbnomics", made, &settings.host)?);
        }
        for settings in &self.rest {
            let (store, prefix) = place(&settings.name);
            let made = RestService::new(store, prefix, settings);
            prepared.push(Prepared::new(&settings.name, made, &settings.host)?);
        }
        for (index, one) in prepared.iter().enumerate() {
            if prepared[..index].iter().any(|other| other.name() == one.name()) {
                return Err(StartError::Twice { name: one.name().to_owned() });
            }
        }
        Ok(prepared)
    }
}

impl Prepared {
    fn new<S: Service>(
        name: &str,
        made: Result<S, SettingsError>,
        host: &HostSettings,
    ) -> Result<Self, StartError> {
        let wrong = |error| StartError::Settings { name: name.to_owned(), error };
        Ok(Self { service: Arc::new(made.map_err(wrong)?), options: host.options().map_err(wrong)? })
    }

    /// The name of the service.
    pub fn name(&self) -> &str {
        self.service.name()
    }

    /// The topics that it answers.
    pub fn routes(&self) -> Vec<Route> {
        self.service.routes()
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    pub async fn start(self, bus: &Bus) -> Result<ServiceTask, StartError> {
        let name = self.name().to_owned();
        bus.serve(self.service, self.options).await.map_err(|error| StartError::Serve { name, error })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::{Value, json};
    use tradebus::{Bus, BusConfig, EmbeddedStore, StreamStore};

    use super::{ServicesSettings, Standin};

    fn tables(tables: Value) -> BTreeMap<String, Value> {
        serde_json::from_value(tables).unwrap()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let wrong = |value: Value| ServicesSettings::read(&tables(value)).unwrap_err().to_string();
        let unknown = wrong(json!({"weather": {}}));
        assert!(unknown.contains("unknown field `weather`"), "{unknown}");
        let nested = wrong(json!({"rest": [{"name": "a", "upstream": {"base_url": 7}, "routes": []}]}));
        assert!(nested.starts_with("services.rest[0].upstream.base_url: "), "{nested}");
    }

    #[test]
    fn names_are_given_once() {
        let one = json!({"name": "a", "upstream": {"base_url": "http://127.0.0.1:1"},
            "routes": [{"topic": "a.get", "path": "/x"}]});
        let settings = ServicesSettings::read(&tables(json!({"rest": [one, one]}))).unwrap();
        let store: Arc<dyn StreamStore> = Arc::new(EmbeddedStore::in_memory());
        let error = settings.prepare(&store, "base").err().unwrap().to_string();
        assert_eq!(error, "there are two services `a`");
    }

    #[tokio::test]
    async fn a_stand_in_answers_for_what_is_not_configured() {
        let standin = Standin::start().await.unwrap();
        let mut settings = ServicesSettings::read(&tables(json!({"dbnomics": {}}))).unwrap();
        settings.stand_in(&standin);
        assert_eq!(settings.dbnomics.as_ref().unwrap().upstream.base_url, "https://api.db.nomics.world/v22");
        assert_eq!((settings.origin("dbnomics"), settings.origin("datagov")), (None, Some("demo")));
        let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
        let bus = Bus::connect(config).await.unwrap();
        let mut tasks = Vec::new();
        for service in settings.prepare(bus.store(), "base").unwrap() {
            tasks.push(service.start(&bus).await.unwrap());
        }
        let answer =
            bus.request("datagov.organizations.list", json!({}), Duration::from_mins(1)).await.unwrap();
        assert!(answer.success && answer.more["source"] == "demo", "{answer:?}");
    }

    #[tokio::test]
    async fn a_demo_knows_the_series_of_all_its_groups() {
        let standin = Standin::start().await.unwrap();
        let mut settings = ServicesSettings::default();
        settings.stand_in(&standin);
        let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
        let bus = Bus::connect(config).await.unwrap();
        let mut tasks = Vec::new();
        for service in settings.prepare(bus.store(), "base").unwrap() {
            tasks.push(service.start(&bus).await.unwrap());
        }
        for group in ["macro_economic", "central_bank", "financial", "commodities"] {
            let topic = "dbnomics.analytics.trading_indicators";
            let answer = bus.request(topic, json!({ "group": group }), Duration::from_mins(1)).await.unwrap();
            assert_eq!(answer.data["errors"], json!([]), "{group}");
            assert!(answer.data["series"].as_array().unwrap().len() > 3, "{group}");
        }
    }
}

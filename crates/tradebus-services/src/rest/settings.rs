//! What is set for a service without code: `[[services.rest]]`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tradebus::{ServiceError, Topic};

use super::seconds;
use super::template::{JsonTemplate, Template, as_text};
use crate::cache::CacheConfig;
use crate::settings::{HostSettings, SettingsError, SourceSettings};
use crate::upstream::{Call, UpstreamConfig};

/// A service over a JSON API.
///
/// ```toml
/// [[services.rest]]
/// name = "weather"
/// upstream = { base_url = "https://api.weather.gov" }
///
/// [[services.rest.routes]]
/// topic = "weather.forecast.get"
/// path = "/gridpoints/{office}/{x},{y}/forecast"
/// query = { units = "{units?}" }
/// cache_ttl = 600
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestSettings {
    /// Name of the service.
    pub name: String,
    /// The API and how it is asked.
    pub upstream: UpstreamConfig,
    /// What is kept of its answers.
    #[serde(default)]
    pub cache: CacheConfig,
    /// How the service is run.
    #[serde(default)]
    pub host: HostSettings,
    /// What it answers.
    pub routes: Vec<RouteSettings>,
}

/// One topic of such a service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteSettings {
    /// The topic.
    pub topic: String,
    /// What it is for.
    pub about: String,
    /// The HTTP method. Default GET.
    pub method: Method,
    /// Template of the path below the base URL. Places are `{name}`; each is a part of the path, or of one of its parts.
    pub path: String,
    /// Templates of the query. A pair with a place `{name?}` is left out where the parameter is missing; a list as parameter gives a pair for each item.
    pub query: BTreeMap<String, String>,
    /// Template of the body of a POST: its texts are templates, and one that is nothing but a place becomes the parameter as it is.
    pub body: Option<Value>,
    /// A POST that only asks: its answer can be kept, and it can be sent again.
    pub only_asks: bool,
    /// Longest age of an answer in seconds, at most the `ttl` of the cache.
    pub cache_ttl: Option<f64>,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks.
    #[default]
    Get,
    /// Sends a body.
    Post,
}

/// A route, ready for requests.
#[derive(Debug, Clone)]
pub(super) struct Routed {
    pub(super) about: String,
    pub(super) cache_ttl: Option<Duration>,
    path: Vec<Template>,
    query: Vec<(String, Template)>,
    body: Option<JsonTemplate>,
    repeatable: bool,
    /// The parameters that there are.
    names: BTreeSet<String>,
}

impl RestSettings {
    pub(super) fn source(&self) -> SourceSettings {
        SourceSettings { upstream: self.upstream.clone(), cache: self.cache.clone() }
    }

    /// The routes, by topic.
    pub(super) fn routed(&self) -> Result<HashMap<Topic, Routed>, SettingsError> {
        let (mut routes, mut problems) = (HashMap::new(), Vec::new());
        if let Err(error) = Topic::new(&self.name) {
            problems.push(format!("`name`: {error}"));
        }
        if self.routes.is_empty() {
            problems.push("`routes` is empty: a service has one at least".to_owned());
        }
        for (index, route) in self.routes.iter().enumerate() {
            let before = problems.len();
            let routed = route.routed(&mut problems);
            for problem in &mut problems[before..] {
                *problem = format!("routes[{index}].{problem}");
            }
            if let Some((topic, routed)) = routed
                && routes.insert(topic.clone(), routed).is_some()
            {
                problems.push(format!("routes[{index}].topic: `{topic}` has a route already"));
            }
        }
        if problems.is_empty() { Ok(routes) } else { Err(SettingsError::Service { problems }) }
    }
}

impl RouteSettings {
    fn routed(&self, problems: &mut Vec<String>) -> Option<(Topic, Routed)> {
        let topic = noted(Topic::new(&self.topic).map_err(|error| format!("topic: {error}")), problems);
        let parts = self.path.trim_start_matches('/').split('/');
        let path: Vec<Template> = parts
            .filter_map(|part| {
                noted(Template::parse(part).map_err(|error| format!("path: {error}")), problems)
            })
            .collect();
        let mut query = Vec::new();
        for (name, text) in &self.query {
            let template = Template::parse(text).map_err(|error| format!("query.{name}: {error}"));
            query.extend(noted(template, problems).map(|template| (name.clone(), template)));
        }
        let body = self
            .body
            .as_ref()
            .map(|body| JsonTemplate::parse(body).map_err(|error| format!("body: {error}")));
        let body = body.and_then(|body| noted(body, problems));
        if self.path.is_empty() {
            problems.push("path is empty".to_owned());
        }
        if (self.method == Method::Post) != self.body.is_some() {
            problems.push("body belongs to method = \"POST\", and only there".to_owned());
        }
        let cache_ttl = self.cache_ttl.and_then(seconds);
        if self.cache_ttl.is_some() && cache_ttl.is_none() {
            problems.push("cache_ttl: allowed are seconds from 0 on".to_owned());
        }
        let mut names: BTreeSet<String> = path.iter().flat_map(Template::names).map(str::to_owned).collect();
        names.extend(query.iter().flat_map(|(_, template)| template.names()).map(str::to_owned));
        if let Some(body) = &body {
            body.names(&mut names);
        }
        let repeatable = self.method == Method::Get || self.only_asks;
        let about = self.about.clone();
        Some((topic?, Routed { about, cache_ttl, path, query, body, repeatable, names }))
    }
}

fn noted<T>(result: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

impl Routed {
    /// Whether answers can be kept, and the call be sent again.
    pub(super) fn only_asks(&self) -> bool {
        self.repeatable
    }

    /// What is sent for these parameters.
    pub(super) fn fill(&self, params: &Map<String, Value>) -> Result<Call, ServiceError> {
        if let Some(unknown) = params.keys().find(|name| !self.names.contains(&name[..])) {
            let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
            let there_are = if names.is_empty() {
                "there are none".to_owned()
            } else {
                format!("there are {}", names.join(", "))
            };
            return Err(ServiceError::bad_request(format!("`{unknown}` is no parameter here; {there_are}")));
        }
        let parts = self.path.iter().map(|part| part.fill(params).map(Option::unwrap_or_default));
        let parts: Vec<String> = parts.collect::<Result<_, _>>()?;
        let mut call = match &self.body {
            Some(body) => {
                let body = body.fill(params)?.unwrap_or(Value::Null);
                let call =
                    Call::post(parts, &body).map_err(|error| ServiceError::bad_request(error.to_string()))?;
                if self.repeatable { call.repeatable() } else { call }
            }
            None => Call::get(parts),
        };
        for (name, template) in &self.query {
            call = query(call, name, template, params)?;
        }
        Ok(call)
    }
}

fn query(
    call: Call,
    name: &str,
    template: &Template,
    params: &Map<String, Value>,
) -> Result<Call, ServiceError> {
    if let Some(whole) = template.whole(params)
        && let Some(Value::Array(items)) = whole?
    {
        return items.iter().try_fold(call, |call, item| Ok(call.query(name, as_text(name, item)?)));
    }
    Ok(match template.fill(params)? {
        Some(value) => call.query(name, value),
        None => call,
    })
}

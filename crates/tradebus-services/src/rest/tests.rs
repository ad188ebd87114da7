use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use tradebus::{Bus, BusConfig, Response, ServiceTask};

use super::{RestService, RestSettings};
use crate::standin::Standin;

/// The stand-in as an API that nobody has written a service for.
fn settings(url: &str) -> RestSettings {
    let text = format!(
        r#"
        name = "macro"
        upstream = {{ base_url = "{url}", requests_per_second = 1000, burst = 1000, retries = 0 }}

        [[routes]]
        topic = "macro.series.get"
        about = "one series"
        path = "/series/{{provider}}/{{dataset}}/{{series}}"
        query = {{ observations = "{{observations?}}", metadata = "0" }}

        [[routes]]
        topic = "macro.series.list"
        path = "/series"
        query = {{ series_ids = "{{first}},{{second?}}" }}
        cache_ttl = 0
        "#
    );
    toml::from_str(&text).unwrap()
}

struct Scene {
    standin: Standin,
    bus: Bus,
    _task: ServiceTask,
}

impl Scene {
    async fn new() -> Self {
        let standin = Standin::start().await.unwrap();
        let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
        let bus = Bus::connect(config).await.unwrap();
        let settings = settings(&standin.dbnomics_url());
        let service = RestService::new(bus.store().clone(), "base:cache:macro", &settings).unwrap();
        let task = bus.serve(Arc::new(service), settings.host.options().unwrap()).await.unwrap();
        Self { standin, bus, _task: task }
    }

    async fn ask(&self, topic: &str, params: Value) -> Response {
        self.bus.request(topic, params, Duration::from_mins(1)).await.unwrap()
    }

    async fn refused(&self, topic: &str, params: Value) -> (String, String) {
        let error = self.ask(topic, params).await.into_data().unwrap_err();
        (error.code.into_owned(), error.message)
    }
}

fn one() -> Value {
    json!({"provider": "BIS", "dataset": "WS_CBPOL", "series": "M.US"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_becomes_topics_by_settings_alone() {
    let scene = Scene::new().await;
    let first = scene.ask("macro.series.get", one()).await;
    assert!(!first.cached && first.more["stale"] == false);
    assert_eq!(first.into_data().unwrap()["series"]["num_found"], 1);
    let again = scene.ask("macro.series.get", one()).await;
    assert!(again.cached);
    assert_eq!(scene.standin.total_calls(), 1);
    let mut with = one();
    with["observations"] = json!(1);
    let observed = scene.ask("macro.series.get", with).await.into_data().unwrap();
    assert!(observed["series"]["docs"][0]["value"].is_array());
    for _ in 0..2 {
        let listed =
            scene.ask("macro.series.list", json!({"first": "BIS/WS_CBPOL/M.US", "second": "x"})).await;
        assert!(listed.success && !listed.cached, "its answers are not kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_parameters_never_reach_the_api() {
    let scene = Scene::new().await;
    for (topic, params, said) in [
        ("macro.series.get", json!({"provider": "BIS"}), "`dataset` is missing"),
        (
            "macro.series.get",
            json!({"provider": "BIS", "q": 1}),
            "`q` is no parameter here; there are dataset, observations",
        ),
        (
            "macro.series.get",
            json!({"provider": [1], "dataset": "d", "series": "s"}),
            "`provider` must be a text",
        ),
        ("macro.series.get", json!({"provider": "..", "dataset": "d", "series": "s"}), ".."),
        ("macro.series.get", json!({"provider": "", "dataset": "d", "series": "s"}), ""),
    ] {
        let (code, message) = scene.refused(topic, params.clone()).await;
        assert_eq!(code, "bad_request", "{params}: {message}");
        assert!(message.contains(said), "{params}: {message}");
    }
    assert_eq!(scene.standin.total_calls(), 0);
    let (code, _) = scene
        .refused("macro.series.get", json!({"provider": "BIS", "dataset": "a/../b", "series": "s"}))
        .await;
    assert_eq!(code, "not_found", "it is one part of the path");
}

#[rstest]
#[case("name = \"a b\"\nroutes = []", &["`name`", "`routes` is empty"])]
#[case("name = \"a\"\n[[routes]]\ntopic = \"*\"\npath = \"/{x\"", &["routes[0].topic", "routes[0].path: `{x` has a brace"])]
#[case("name = \"a\"\n[[routes]]\ntopic = \"t\"\npath = \"/{a b}\"", &["is no place"])]
#[case("name = \"a\"\n[[routes]]\ntopic = \"t\"\npath = \"/\"\nmethod = \"POST\"", &["body belongs to"])]
#[case("name = \"a\"\n[[routes]]\ntopic = \"t\"\npath = \"/x\"\n[[routes]]\ntopic = \"t\"\npath = \"/y\"\ncache_ttl = -1", &["`t` has a route already", "cache_ttl"])]
fn settings_that_make_no_sense_are_all_named(#[case] text: &str, #[case] said: &[&str]) {
    let text = text.replacen('\n', "\nupstream = { base_url = \"http://127.0.0.1:1\" }\n", 1);
    let settings: RestSettings = toml::from_str(&text).unwrap();
    let error = settings.routed().unwrap_err().to_string();
    assert!(said.iter().all(|said| error.contains(said)), "{error}");
}

#[test]
fn a_body_keeps_the_types_of_its_parameters() {
    let text = r#"
        name = "a"
        upstream = { base_url = "http://127.0.0.1:1" }
        [[routes]]
        topic = "t"
        path = "/x"
        method = "POST"
        body = { ids = "{ids}", text = "id {one}", limit = 5, maybe = "{maybe?}", list = ["{maybe?}", "{one}"] }
    "#;
    let settings: RestSettings = toml::from_str(text).unwrap();
    let routed = settings.routed().unwrap().into_values().next().unwrap();
    let body = super::template::JsonTemplate::parse(settings.routes[0].body.as_ref().unwrap()).unwrap();
    let params = json!({"ids": [1, "two"], "one": 7});
    let filled = body.fill(params.as_object().unwrap()).unwrap().unwrap();
    assert_eq!(filled, json!({"ids": [1, "two"], "text": "id 7", "limit": 5, "list": [7]}));
    assert!(!routed.only_asks());
    assert!(routed.fill(json!({"ids": 1}).as_object().unwrap()).is_err());
}

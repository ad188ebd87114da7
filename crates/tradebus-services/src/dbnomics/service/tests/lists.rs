//! Providers, datasets, categories, updates, metrics.

use serde_json::json;

use super::{Desk, ORIGIN, all_requests, list};
use crate::standin::{Fault, Times};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_topic_is_answered() {
    let desk = Desk::start().await;
    for (topic, params) in all_requests() {
        let answer = desk.ask(topic, params).await;
        assert!(answer.success, "{topic}: {:?}", answer.error);
        assert!(!answer.cached && answer.more["stale"] == false, "{topic}");
        assert_eq!(answer.more["source"], ORIGIN);
        assert!(answer.more["age_seconds"].is_number());
    }
    assert_eq!(desk.error("dbnomics.nope", json!({})).await.code, "unknown_topic");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn providers_come_in_pages() {
    let desk = Desk::start().await;
    let first = desk.data("dbnomics.providers.list", json!({"limit": 5})).await;
    let codes = |page: &serde_json::Value| -> Vec<String> {
        list(&page["providers"]).iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&first), ["AMECO", "BEA", "BIS", "BLS", "CEPII"]);
    assert_eq!(
        (&first["num_found"], &first["next_offset"], &first["skipped"]),
        (&json!(12), &json!(5), &json!(0))
    );
    let last = desk.data("dbnomics.providers.list", json!({"limit": 5, "offset": 10})).await;
    assert_eq!(codes(&last), ["OECD", "STANDIN"]);
    assert_eq!(last["next_offset"], json!(null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_and_its_categories_are_one_call() {
    let desk = Desk::start().await;
    let answer = desk.ask("dbnomics.providers.info", json!({"provider": "IMF"})).await;
    let info = json!({"code": "IMF", "name": "International Monetary Fund", "indexed_at": "2026-09-04T07:00:00.700Z"});
    assert_eq!(answer.more["provider_info"], info);
    assert_eq!(answer.data["terms_of_use"], "https://www.imf.org/external/terms.htm");
    let answer = desk.ask("dbnomics.meta.categories", json!({"provider": "IMF"})).await;
    assert!(answer.cached);
    assert_eq!(answer.more["provider_info"], info);
    assert_eq!(answer.data["categories"][1]["children"][1]["code"], "WEO:2025-04");
    assert_eq!(desk.standin.total_calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datasets_have_their_dimensions() {
    let desk = Desk::start().await;
    let answer = desk.ask("dbnomics.datasets.list", json!({"provider": "ECB", "limit": 2})).await;
    assert_eq!(answer.more["provider_info"], json!({"code": "ECB", "name": "European Central Bank"}));
    assert_eq!((list(&answer.data["datasets"]).len(), &answer.data["next_offset"]), (2, &json!(2)));
    let dataset =
        desk.data("dbnomics.datasets.get", json!({"provider": "Eurostat", "dataset": "une_rt_m"})).await;
    assert_eq!(dataset["dimensions_codes_order"][5], "geo");
    // The API sends these as a list of pairs.
    assert_eq!(dataset["dimensions_values_labels"]["geo"]["DE"], "Germany");
    let newest =
        desk.data("dbnomics.datasets.get", json!({"provider": "IMF", "dataset": "WEO:latest"})).await;
    assert_eq!(newest["code"], "WEO:2025-04");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_updated_last_comes_first() {
    let desk = Desk::start().await;
    desk.standin.append("BLS/cu/CUSR0000SA0", 321.0).unwrap();
    let updates = desk.data("dbnomics.meta.last_updates", json!({"limit": 3})).await;
    assert_eq!(updates["datasets"]["docs"][0]["code"], "cu");
    assert_eq!(updates["providers"]["docs"][0]["code"], "BLS");
    assert_eq!(list(&updates["providers"]["docs"]).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_tell_about_the_api_and_the_cache() {
    let desk = Desk::start().await;
    for _ in 0..2 {
        desk.data("dbnomics.providers.list", json!({})).await;
    }
    let metrics = desk.data("dbnomics.metrics.get", json!({})).await;
    assert_eq!((&metrics["upstream"]["state"], &metrics["upstream"]["requests"]), (&json!("ok"), &json!(1)));
    assert_eq!((&metrics["cache"]["hits"], &metrics["cache"]["misses"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_that_of_the_api() {
    let desk = Desk::with(|settings| settings.upstream.breaker.failures = 2).await;
    let health = desk.data("dbnomics.health.check", json!({})).await;
    assert_eq!(health["status"], "healthy", "{health}");
    desk.standin.fail("/v22", Fault::Html(503), Times::Always);
    desk.error("dbnomics.providers.list", json!({})).await;
    let health = desk.data("dbnomics.health.check", json!({})).await;
    assert_eq!(health["status"], "degraded", "{health}");
    assert!(health["reasons"].to_string().contains("does not answer"), "{health}");
}

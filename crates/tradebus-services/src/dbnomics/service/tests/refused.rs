//! Requests that ask for what is not possible.

use rstest::rstest;
use serde_json::{Value, json};

use super::Desk;

#[rstest]
#[case("providers.list", json!({"limit": 0}), "`limit` is 0: allowed are 1 to 1000")]
#[case("providers.list", json!({"limit": 1001}), "`limit` is 1001")]
#[case("providers.list", json!({"offset": -1}), "`offset` is -1: allowed are 0 to 1000000000")]
#[case("providers.list", json!({"limit": "5"}), "`limit`: invalid type")]
#[case("providers.list", json!({"page": 1}), "unknown field `page`, expected `limit` or `offset`")]
#[case("providers.info", json!({}), "missing field `provider`")]
#[case("providers.info", json!({"provider": ".."}), "`provider`: the provider code `..` is not possible")]
#[case("providers.info", json!({"provider": "A/../B"}), "`provider`: the provider code `A/../B` has '/'")]
#[case("providers.info", json!({"provider": "x".repeat(2_000)}), "`provider` is a text of 2000 bytes")]
#[case("datasets.list", json!({"provider": "ECB", "limit": 501}), "`limit` is 501: allowed are 1 to 500")]
#[case("datasets.get", json!({"provider": "ECB", "dataset": "../ECB"}), "`dataset`: the dataset code")]
#[case("meta.categories", json!({"provider": ""}), "`provider`: the provider code ``")]
#[case("search.global", json!({"q": " "}), "`q` is empty")]
#[case("search.global", json!({"q": "x".repeat(501)}), "`q` is a text of 501 bytes")]
#[case("search.global", json!({"q": "x", "limit": 101}), "`limit` is 101: allowed are 1 to 100")]
#[case("series.search", json!({"provider": "A", "dataset": "B", "mask": ".."}), "`mask`: the series code `..`")]
#[case("series.search", json!({"provider": "A", "dataset": "B", "mask": "A/../B"}), "`mask`: the series code")]
#[case("series.search", json!({"provider": "A", "dataset": "B", "mask": "M.", "dimensions": {}}), "`mask` is given with `dimensions`")]
#[case("series.search", json!({"provider": "A", "dataset": "B", "dimensions": {"F": "M"}}), "`dimensions.F`: invalid type")]
#[case("series.search", json!({"provider": "A", "dataset": "B", "dimensions": {"F": ["M".repeat(5_000)]}}), "`dimensions` is 5010 bytes of JSON")]
#[case("series.search", json!({"provider": "A", "dataset": "B", "observations": true, "limit": 101}), "allowed are 1 to 100")]
#[case("series.fetch", json!({}), "missing field `series_ids`")]
#[case("series.fetch", json!({"series_ids": []}), "`series_ids`: no id is given: allowed are 1 to 500")]
#[case("series.fetch", json!({"series_ids": 7}), "`series_ids`: invalid type: integer `7`, expected an id PROVIDER/DATASET/SERIES, or a list")]
#[case("series.fetch", json!({"series_ids": ["A/B/C", "A/B"]}), "`series_ids[1]`: `A/B` is no series id")]
#[case("series.fetch", json!({"series_ids": "ECB/../X"}), "`series_ids`: the dataset code `..`")]
#[case("series.fetch", json!({"series_ids": ["A/B/C", 7]}), "`series_ids[1]`: invalid type")]
#[case("series.fetch", json!({"series_ids": vec!["A/B/C"; 501]}), "`series_ids`: 501 ids are given: allowed are 1 to 500")]
#[case("series.fetch", json!({"series_ids": "A/B/C", "start": "soon"}), "`start`: `soon` is no period: allowed are 2024")]
#[case("series.fetch", json!({"series_ids": "A/B/C", "start": "2025", "end": "2024-12"}), "`start` is 2025: allowed are periods up to `end`")]
#[case("analytics.trading_indicators", json!({}), "`group` is missing: needed is `group` or `series_ids`")]
#[case("analytics.trading_indicators", json!({"group": "stocks"}), "`group`: unknown variant `stocks`, expected one of `macro_economic`")]
#[case("analytics.trading_indicators", json!({"group": "financial", "series_ids": "A/B/C"}), "`group` is given with `series_ids`")]
#[case("analytics.trading_indicators", json!({"group": "financial", "window": 2}), "`window` is 2: allowed are 3 to 10000")]
#[case("analytics.trading_indicators", json!({"group": "financial", "trend_window": -3}), "`trend_window` is -3")]
#[case("metrics.get", json!({"all": true}), "unknown field `all`")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_named_and_the_api_is_not_asked(
    #[case] topic: &str,
    #[case] params: Value,
    #[case] says: &str,
) {
    let desk = Desk::start().await;
    let error = desk.error(&format!("dbnomics.{topic}"), params).await;
    assert_eq!(error.code, "bad_request");
    assert!(error.message.contains(says), "{error}");
    assert_eq!(desk.standin.total_calls(), 0);
}

#[rstest]
#[case("providers.info", json!({"provider": "NOBODY"}), "Provider 'NOBODY' not found")]
#[case("meta.categories", json!({"provider": "NOBODY"}), "Provider 'NOBODY' not found")]
#[case("datasets.list", json!({"provider": "NOBODY"}), "Provider 'NOBODY' not found")]
#[case("datasets.get", json!({"provider": "ECB", "dataset": "NO"}), "Dataset 'ECB/NO' not found")]
#[case("series.search", json!({"provider": "ECB", "dataset": "NO"}), "Dataset 'ECB/NO' not found")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_not_found(#[case] topic: &str, #[case] params: Value, #[case] says: &str) {
    let desk = Desk::start().await;
    for _ in 0..2 {
        let error = desk.error(&format!("dbnomics.{topic}"), params.clone()).await;
        assert_eq!((&*error.code, error.message.contains(says)), ("not_found", true), "{error}");
    }
    assert_eq!(desk.standin.total_calls(), 1, "that is kept too");
}

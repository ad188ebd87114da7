//! What can be set.

use std::sync::Arc;

use rstest::rstest;
use serde_json::json;
use tradebus::EmbeddedStore;

use super::super::BASE_URL;
use super::{DbnomicsService, DbnomicsSettings, Desk, list};

fn read(toml: &str) -> DbnomicsSettings {
    toml::from_str(toml).unwrap()
}

fn problem(settings: &DbnomicsSettings) -> String {
    let store = Arc::new(EmbeddedStore::in_memory());
    DbnomicsService::new(store, "test", settings, None).unwrap_err().to_string()
}

#[test]
fn the_real_api_is_the_default() {
    assert_eq!(read(""), DbnomicsSettings::default());
    assert_eq!(read("").source().upstream.base_url, BASE_URL);
    let polite = read("[upstream]\nrequests_per_second = 0.5\n[cache]\nttl = 60\n").source();
    assert_eq!((&*polite.upstream.base_url, polite.cache.ttl), (BASE_URL, 60.0));
}

#[rstest]
#[case("series_per_call = 0", "`series_per_call` is 0: allowed are 1 to 100")]
#[case("trading_series_file = \"/no/such/file\"", "`trading_series_file` is /no/such/file: ")]
#[case("sentinels_file = \"/no/such/file\"", "`sentinels_file` is /no/such/file: ")]
#[case("[upstream]\nbase_url = \"ftp://x\"", "upstream: base_url")]
#[case("[cache]\nttl = -1", "cache: `ttl` is -1")]
fn what_makes_no_sense_is_named(#[case] toml: &str, #[case] says: &str) {
    let said = problem(&read(toml));
    assert!(said.starts_with(says), "{said}");
}

#[test]
fn unknown_settings_are_refused() {
    let error = toml::from_str::<DbnomicsSettings>("upstrem = 1").unwrap_err().to_string();
    assert!(error.contains("unknown field `upstrem`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (series, sentinels) = (folder.path().join("series.toml"), folder.path().join("sentinels.toml"));
    let entry =
        "[[financial]]\nid = \"STANDIN/FREQ/W.X\"\nname = \"n\"\nreads = \"r\"\nfrequency = \"weekly\"\n";
    std::fs::write(&series, entry).unwrap();
    std::fs::write(&sentinels, "").unwrap();
    let desk = Desk::with(|settings| {
        settings.trading_series_file = Some(series.clone());
        settings.sentinels_file = Some(sentinels);
    })
    .await;
    let topic = "dbnomics.analytics.trading_indicators";
    let data = desk.data(topic, json!({"group": "financial"})).await;
    assert_eq!(data["series"][0]["trading"]["id"], "STANDIN/FREQ/W.X");
    let error = desk.error(topic, json!({"group": "commodities"})).await;
    assert_eq!(error.to_string(), "the group `commodities` has no series (not_found)");
    let fed = desk.series(json!({"series_ids": "FED/H41/RESPPLLDT_N.WW"})).await;
    assert_eq!(list(&fed["observations"])[7]["value"], -999_999.0, "no sentinels");
    std::fs::write(&series, entry.repeat(2)).unwrap();
    let settings = DbnomicsSettings { trading_series_file: Some(series), ..DbnomicsSettings::default() };
    assert!(problem(&settings).contains("line 7: id: `STANDIN/FREQ/W.X` stands in the list twice"));
}

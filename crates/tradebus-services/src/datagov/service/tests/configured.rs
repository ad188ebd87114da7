//! The settings.

use std::sync::Arc;

use rstest::rstest;
use serde_json::json;
use tradebus::EmbeddedStore;

use super::{DatagovService, DatagovSettings, Desk, PathStyle, RANKING, SEARCH};

const CATALOG: &str = "https://catalog.data.gov";
const GATEWAY: &str = "https://api.gsa.gov/technology/datagov/v4";

#[rstest]
#[case("", PathStyle::Catalog, CATALOG)]
#[case("path_style = 'gateway'", PathStyle::Gateway, GATEWAY)]
#[case("upstream.base_url = 'https://mirror.test'", PathStyle::Catalog, "https://mirror.test")]
fn the_way_in_has_its_address(#[case] toml: &str, #[case] style: PathStyle, #[case] base_url: &str) {
    let settings: DatagovSettings = toml::from_str(toml).unwrap();
    assert_eq!((settings.path_style, settings.source().upstream.base_url.as_str()), (style, base_url));
    let again: DatagovSettings = toml::from_str(&toml::to_string(&settings).unwrap()).unwrap();
    assert_eq!(again, settings);
}

#[rstest]
#[case("path_stile = 'gateway'", "unknown field `path_stile`")]
#[case("path_style = 'ckan'", "unknown variant `ckan`, expected `catalog` or `gateway`")]
fn what_cannot_be_read_is_named(#[case] toml: &str, #[case] said: &str) {
    let error = toml::from_str::<DatagovSettings>(toml).unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
}

#[rstest]
#[case("threshold = 1.5", "`threshold` is 1.5: allowed are 0 to 1")]
#[case("relevance_file = '/no/such/file'", "`relevance_file` is /no/such/file: No such file")]
#[case("relevance_file = 'Cargo.toml'", "`relevance_file` is Cargo.toml: the rules of relevance: ")]
#[case("upstream.requests_per_second = 0.0", "upstream: requests_per_second")]
#[case("cache.ttl = -1.0", "cache: `ttl` is -1")]
#[case("upstream.secret_headers.X-Api-Key.env = 'TRADEBUS_NO_SUCH_KEY'", "TRADEBUS_NO_SUCH_KEY")]
fn what_makes_no_sense_is_named(#[case] toml: &str, #[case] said: &str) {
    let settings: DatagovSettings = toml::from_str(toml).unwrap();
    let store = Arc::new(EmbeddedStore::in_memory());
    let error = DatagovService::new(store, "test", &settings, None).unwrap_err().to_string();
    assert!(error.contains(said), "{error}");
}

#[tokio::test]
async fn threshold_and_rules_can_be_others() {
    let rules = include_str!("../../relevance.toml").replace("threshold = 0.45", "threshold = 0.9");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rules).unwrap();
    let own_file = |settings: &mut DatagovSettings| settings.relevance_file = Some(file.path().to_owned());
    let desk = Desk::with(PathStyle::Catalog, own_file).await;
    assert_eq!(desk.data(RANKING, json!({})).await["min_score"], 0.9);
    let desk = Desk::with(PathStyle::Catalog, |settings| {
        own_file(settings);
        settings.threshold = Some(0.0);
    })
    .await;
    assert_eq!(desk.data(RANKING, json!({})).await["min_score"], 0.0);
    let data = desk.data(SEARCH, json!({"org_slug": "noaa"})).await;
    assert!(data["results"].as_array().unwrap().iter().all(|hit| hit["relevance"]["relevant"] == true));
}

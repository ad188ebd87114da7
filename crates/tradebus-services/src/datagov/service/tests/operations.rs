//! What each operation answers, through both ways in.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Desk, GET, PathStyle, RANKING, SEARCH, slugs};
use crate::standin::Route;

#[rstest]
#[tokio::test]
async fn a_search_rates_what_it_finds(#[values(PathStyle::Catalog, PathStyle::Gateway)] style: PathStyle) {
    let desk = Desk::of(style).await;
    let answer = desk.ask(SEARCH, json!({"q": "price index", "sort": "relevance"})).await;
    assert_eq!((answer.cached, &answer.more["stale"]), (false, &json!(false)));
    assert_eq!(answer.more["source"], "standin");
    let data = answer.into_data().unwrap();
    assert_eq!((&data["after"], &data["unreadable"]), (&Value::Null, &json!([])));
    let cpi =
        data["results"].as_array().unwrap().iter().find(|hit| hit["slug"] == "consumer-price-index-cpi");
    let cpi = cpi.unwrap();
    assert_eq!(cpi["organization"]["slug"], "dol-bls");
    assert_eq!(cpi["url"], "https://catalog.data.gov/dataset/consumer-price-index-cpi");
    let relevance = &cpi["relevance"];
    assert_eq!(relevance["relevant"], true);
    assert!(relevance["total"].as_f64().unwrap() > 0.45);
    assert!(relevance["reasons"].as_array().unwrap().iter().any(|part| part["signal"] == "agency"));
    assert!(cpi.get("dcat").is_none(), "that is for who asks for one dataset");
}

#[rstest]
#[case(json!({"q": "price", "org_slug": "dol-bls"}), &["consumer-price-index-cpi", "producer-price-index"])]
#[case(json!({"keyword": ["CPI", "inflation"]}), &["consumer-price-index-cpi"])]
#[case(json!({"keyword": "cpi"}), &["consumer-price-index-cpi"])]
#[case(json!({"org_slug": "cftc", "org_type": ["Tribal", "Federal Government"]}), &["commitments-of-traders"])]
#[case(json!({"org_type": "Tribal"}), &[])]
#[case(json!({"publisher": "bureau of economic analysis", "q": "trade"}), &["u-s-international-trade-in-goods-and-services"])]
#[case(json!({"org_slug": "noaa", "spatial_filter": "geospatial"}), &["global-surface-temperature-and-precipitation-archive"])]
#[case(json!({"org_slug": "noaa", "has_download": true}), &[])]
#[case(json!({"org_slug": "no-such"}), &[])]
#[tokio::test]
async fn a_search_is_narrowed(#[case] params: Value, #[case] expected: &[&str]) {
    let desk = Desk::open().await;
    let mut found = slugs(&desk.data(SEARCH, params.clone()).await);
    found.sort();
    assert_eq!(found, expected, "{params}");
}

#[rstest]
#[tokio::test]
async fn one_dataset_has_its_distributions(
    #[values(PathStyle::Catalog, PathStyle::Gateway)] style: PathStyle,
) {
    let desk = Desk::of(style).await;
    let hits = desk.data(SEARCH, json!({"q": "petroleum status"})).await;
    let hit = &hits["results"][0];
    let by_slug = desk.data(GET, json!({"slug": hit["slug"]})).await;
    let by_id = desk.data(GET, json!({"id": hit["id"]})).await;
    assert_eq!(
        (&by_slug["title"], &by_id["title"], &by_id["id"]),
        (&hit["title"], &hit["title"], &hit["id"])
    );
    let distributions = by_slug["distributions"].as_array().unwrap();
    assert!(distributions.iter().any(|file| !file["download_url"].is_null()), "{by_slug}");
    assert_eq!(by_slug["dcat"]["access_level"], "public");
    assert_eq!(by_slug["relevance"], hit["relevance"], "both are rated alike");
    let paths: Vec<_> = desk.standin.seen().into_iter().map(|seen| seen.path).collect();
    let path = match style {
        PathStyle::Catalog => "/api/dataset/",
        PathStyle::Gateway => "/technology/datagov/v4/dataset/",
    };
    assert!(paths[1].starts_with(path), "{paths:?}");
}

#[rstest]
#[tokio::test]
async fn a_dataset_that_is_not_there(#[values(PathStyle::Catalog, PathStyle::Gateway)] style: PathStyle) {
    let desk = Desk::of(style).await;
    let error = desk.error(GET, json!({"slug": "no-such"})).await;
    assert_eq!(error.code, "not_found");
    assert!(error.message.contains("there is no dataset `no-such`"), "{error}");
    assert_eq!(desk.error(GET, json!({"slug": "House-Price-Index"})).await.code, "not_found", "case matters");
    assert_eq!(desk.error(GET, json!({"slug": "no-such"})).await.code, "not_found");
    assert_eq!(desk.standin.calls(Route::DatagovDataset), 2, "it is remembered");
}

#[tokio::test]
async fn a_slug_of_90_characters() {
    let desk = Desk::open().await;
    let long = desk.standin.dataset_slugs().into_iter().find(|slug| slug.len() == 90).unwrap();
    assert_eq!(desk.data(GET, json!({"slug": long})).await["slug"], *long);
    assert_eq!(desk.error(GET, json!({"slug": &long[..89]})).await.code, "not_found");
}

#[rstest]
#[tokio::test]
async fn lists(#[values(PathStyle::Catalog, PathStyle::Gateway)] style: PathStyle) {
    let desk = Desk::of(style).await;
    let data = desk.data("datagov.organizations.list", Value::Null).await;
    let organizations = data["organizations"].as_array().unwrap();
    let fed = organizations.iter().find(|organization| organization["slug"] == "fed-reserve").unwrap();
    assert!(fed["dataset_count"].as_u64().unwrap() >= 3 && fed["name"].is_string(), "{fed}");
    assert_eq!(data["unreadable"], 0);
    let data = desk.data("datagov.categories.list", json!({"search": "gas", "min_count": 2})).await;
    assert_eq!(data["keywords"], json!([{"name": "natural gas", "count": 2}]));
    let params = json!({"keyword": ["cpi"], "size": 2});
    let data = desk.data("datagov.categories.list", params).await;
    assert_eq!(data["keywords"].as_array().unwrap().len(), 2);
    let data = desk.data("datagov.publishers.list", json!({})).await;
    let publishers = data["publishers"].as_array().unwrap();
    assert!(publishers.iter().any(|publisher| publisher["name"] == "Bureau of Labor Statistics"));
    let data = desk.data("datagov.locations.search", json!({"q": "colorado", "size": 1})).await;
    assert_eq!(data["locations"], json!([{"id": "6", "display_name": "Colorado"}]));
}

#[rstest]
#[tokio::test]
async fn a_ranking_is_sorted_and_explained(
    #[values(PathStyle::Catalog, PathStyle::Gateway)] style: PathStyle,
) {
    let desk = Desk::of(style).await;
    let data = desk.data(RANKING, json!({})).await;
    let results = data["results"].as_array().unwrap();
    let totals: Vec<f64> = results.iter().map(|hit| hit["relevance"]["total"].as_f64().unwrap()).collect();
    assert!(totals.is_sorted_by(|one, two| one >= two) && totals.len() > 10, "{totals:?}");
    assert!(totals.iter().all(|total| *total >= data["min_score"].as_f64().unwrap()));
    assert!(results.iter().all(|hit| !hit["relevance"]["reasons"].as_array().unwrap().is_empty()));
    assert!(!slugs(&data).iter().any(|slug| slug.starts_with("tiger")), "maps are no market data");
    assert_eq!(data["looked_at"], desk.standin.dataset_slugs().len());
    assert_eq!((&data["pages"], &data["cut"], &data["unreadable"]), (&json!(1), &Value::Null, &json!(0)));
    let all = desk.data(RANKING, json!({"min_score": 0, "limit": 3})).await;
    assert_eq!((&all["found"], slugs(&all).len()), (&data["looked_at"], 3));
    let few = desk.data(RANKING, json!({"q": "oil prices", "sort": "popularity", "min_score": 0})).await;
    assert_eq!(few["looked_at"], 2);
}

#[tokio::test]
async fn the_metrics_tell_of_upstream_and_cache() {
    let desk = Desk::open().await;
    for _ in 0..2 {
        desk.data(SEARCH, json!({"q": "oil"})).await;
    }
    let data = desk.data("datagov.metrics.get", Value::Null).await;
    assert_eq!((&data["upstream"]["state"], &data["upstream"]["requests"]), (&json!("ok"), &json!(1)));
    assert_eq!((&data["cache"]["hits"], &data["cache"]["misses"]), (&json!(1), &json!(1)));
    let health = desk.data("datagov.health.check", Value::Null).await;
    assert_eq!(health["status"], "healthy", "{health}");
}

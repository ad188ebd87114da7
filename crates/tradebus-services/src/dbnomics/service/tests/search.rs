//! Searching.

use serde_json::{Value, json};

use super::{Desk, list};

const SEARCH: &str = "dbnomics.series.search";

fn codes(data: &Value) -> Vec<&str> {
    list(&data["series"]).iter().map(|it| it["series_code"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_are_found_by_words_dimensions_and_masks() {
    let desk = Desk::start().await;
    let of = |more: Value| {
        let mut params = json!({"provider": "BIS", "dataset": "WS_CBPOL"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let all = desk.data(SEARCH, of(json!({}))).await;
    assert_eq!((codes(&all), &all["num_found"]), (vec!["D.US", "D.XM", "M.CN", "M.US"], &json!(4)));
    assert!(all["series"][0].get("observations").is_none());
    let page = desk.data(SEARCH, of(json!({"limit": 1, "offset": 1}))).await;
    assert_eq!((codes(&page), &page["next_offset"]), (vec!["D.XM"], &json!(2)));
    assert_eq!(codes(&desk.data(SEARCH, of(json!({"q": "china"}))).await), ["M.CN"]);
    let dimensions = json!({"FREQ": ["M"], "REF_AREA": ["US", "CN"]});
    assert_eq!(codes(&desk.data(SEARCH, of(json!({"dimensions": dimensions}))).await), ["M.CN", "M.US"]);
    assert_eq!(codes(&desk.data(SEARCH, of(json!({"mask": "D.US+XM"}))).await), ["D.US", "D.XM"]);
    let none = desk.data(SEARCH, of(json!({"dimensions": {"NO": ["M"]}}))).await;
    assert_eq!((codes(&none).len(), &none["num_found"]), (0, &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_come_with_observations_if_asked_for() {
    let desk = Desk::start().await;
    let params = json!({"provider": "BIS", "dataset": "WS_CBPOL", "mask": "M.", "observations": true});
    let answer = desk.ask(SEARCH, params).await;
    assert_eq!(answer.more["provider_info"], json!({"code": "BIS"}));
    assert_eq!((codes(&answer.data), &answer.data["errors"]), (vec!["M.CN", "M.US"], &json!([])));
    assert_eq!(list(&answer.data["series"][0]["observations"]).len(), 318);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datasets_of_all_providers_are_found() {
    let desk = Desk::start().await;
    let data = desk.data("dbnomics.search.global", json!({"q": "unemployment", "limit": 2})).await;
    assert_eq!((list(&data["datasets"]).len(), &data["next_offset"]), (2, &json!(2)));
    assert!(data["num_found"].as_u64().unwrap() >= 3);
    let none = desk.data("dbnomics.search.global", json!({"q": "no such thing"})).await;
    assert_eq!((&none["datasets"], &none["num_found"]), (&json!([]), &json!(0)));
}

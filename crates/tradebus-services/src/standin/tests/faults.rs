//! Faults that are asked for, and counts.

use serde_json::Value;

use super::{Got, get};
use crate::standin::{Fault, Route, Standin, Times};

#[tokio::test]
async fn faults_concern_a_path_and_end() {
    let standin = Standin::start().await.unwrap();
    standin.fail("/v22/search", Fault::Html(502), Times::Next(1));
    standin.fail("/search", Fault::RateLimited(Some(7)), Times::Always);
    let base = standin.url();
    assert_eq!(get(&base, "/v22/providers").await.status, 200);
    let page = get(&base, "/v22/search").await;
    assert_eq!((page.status, page.headers["content-type"].to_str().unwrap()), (502, "text/html"));
    assert_eq!(get(&base, "/v22/search").await.status, 200);
    let limited = get(&base, "/search").await;
    assert_eq!((limited.status, limited.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(limited.json()["error"]["code"], "OVER_RATE_LIMIT");
    standin.heal();
    assert_eq!(get(&base, "/search").await.status, 200);
    assert_eq!((standin.calls(Route::DbnomicsSearch), standin.calls(Route::DatagovSearch)), (2, 2));
    standin.forget_calls();
    assert_eq!(standin.total_calls(), 0);
}

#[tokio::test]
async fn pages_may_have_no_end() {
    let standin = Standin::start().await.unwrap();
    standin.fail("", Fault::EndlessPages, Times::Always);
    let mut path = "/search?q=oil&per_page=2".to_owned();
    for _ in 0..20 {
        let page = get(&standin.catalog_url(), &path).await.json();
        assert!(!page["results"].as_array().unwrap().is_empty());
        path =
            format!("/search?q=oil&per_page=2&after={}", page["after"].as_str().unwrap().replace('=', "%3D"));
    }
    let page = get(&standin.dbnomics_url(), "/series/BIS/WS_CBPOL?limit=3&offset=999998").await.json();
    assert_eq!(page["series"]["docs"].as_array().unwrap().len(), 3);
    assert!(page["series"]["num_found"].as_u64().unwrap() > 999_999);
}

#[tokio::test]
async fn answers_may_be_wrong() {
    let standin = Standin::start().await.unwrap();
    let path = "/series/BEA/NIPA-T10101/A191RL-Q?observations=1&metadata=0";
    let base = standin.dbnomics_url();
    let lengths = |body: Value| {
        let doc = body["series"]["docs"][0].clone();
        ["period", "period_start_day", "value"].map(|list| doc[list].as_array().unwrap().len())
    };
    let [periods, days, values] = lengths(get(&base, path).await.json());
    assert!(periods == days && days == values);
    standin.fail("", Fault::UnequalLists, Times::Next(1));
    assert_eq!(lengths(get(&base, path).await.json()), [periods, days, values - 1]);
    standin.fail("", Fault::WrongTypes, Times::Next(1));
    let body = get(&base, path).await.json();
    assert_eq!(Got::keys(&body["series"]["docs"]), ["items"]);
    assert_eq!(body["series"]["num_found"], "1");
    standin.fail("", Fault::BrokenJson, Times::Next(1));
    assert!(serde_json::from_str::<Value>(&get(&base, path).await.text).is_err());
}

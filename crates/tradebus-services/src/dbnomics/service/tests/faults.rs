//! An API that does not work as it should.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::{Desk, all_requests};
use crate::standin::{Fault, Times};

#[rstest]
#[case::html(Fault::Html(502), "unavailable")]
#[case::page(Fault::Html(200), "bad_upstream")]
#[case::limited(Fault::RateLimited(Some(3_000)), "rate_limited")]
#[case::cut(Fault::Cut, "bad_upstream")]
#[case::broken(Fault::BrokenJson, "bad_upstream")]
#[case::wrong_types(Fault::WrongTypes, "bad_upstream")]
#[case::message(Fault::Json(200, json!({"message": "hello"}), vec![]), "bad_upstream")]
#[case::list(Fault::Json(200, json!([1]), vec![]), "bad_upstream")]
#[case::refused(Fault::Json(400, json!({"message": "Invalid value"}), vec![]), "bad_request")]
#[case::not_found(Fault::Json(404, json!({"message": "Provider 'X' not found"}), vec![]), "not_found")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_topic_says_what_is_wrong(#[case] fault: Fault, #[case] code: &str) {
    for (topic, params) in all_requests() {
        let desk = Desk::start().await;
        desk.standin.fail("/v22", fault.clone(), Times::Always);
        let error = desk.error(topic, params).await;
        assert_eq!(error.code, code, "{topic}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_api_is_waited_for_only_so_long() {
    let desk = Desk::with(|settings| settings.upstream.total_timeout_ms = 50).await;
    desk.standin.fail("/v22", Fault::Slow(Duration::from_secs(5)), Times::Always);
    let error = desk.error("dbnomics.series.fetch", json!({"series_ids": "FED/H15/RIFSPFF_N.D"})).await;
    assert_eq!(error.code, "timeout", "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_different_lengths_are_no_observations() {
    for topic in ["dbnomics.series.fetch", "dbnomics.analytics.trading_indicators"] {
        let desk = Desk::start().await;
        desk.standin.fail("/v22", Fault::UnequalLists, Times::Always);
        let error = desk.error(topic, json!({"series_ids": "FED/H15/RIFSPFF_N.D"})).await;
        assert_eq!(error.code, "bad_upstream");
        assert!(error.message.contains("must have one length"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_without_end_are_read_page_by_page() {
    let desk = Desk::start().await;
    desk.standin.fail("/v22", Fault::EndlessPages, Times::Always);
    let params = json!({"provider": "BIS", "dataset": "WS_CBPOL", "limit": 3, "offset": 999_997});
    let data = desk.data("dbnomics.series.search", params).await;
    assert_eq!((super::list(&data["series"]).len(), &data["next_offset"]), (3, &json!(1_000_000)));
}

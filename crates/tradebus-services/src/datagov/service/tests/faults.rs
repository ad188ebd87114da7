//! A catalogue that is out of order.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use super::{Desk, GET, PathStyle, RANKING, SEARCH, slugs};
use crate::standin::{Fault, Times};

#[rstest]
#[case::html(Fault::Html(502), "unavailable")]
#[case::html_that_is_well(Fault::Html(200), "bad_upstream")]
#[case::forbidden(Fault::Html(403), "unavailable")]
#[case::limited(Fault::RateLimited(Some(3_600)), "rate_limited")]
#[case::broken(Fault::BrokenJson, "bad_upstream")]
#[case::cut(Fault::Cut, "bad_upstream")]
#[case::types(Fault::WrongTypes, "bad_upstream")]
#[case::gigantic(Fault::Gigantic(1 << 20), "bad_upstream")]
#[case::shape(Fault::Json(200, json!({"results": 7}), vec![]), "bad_upstream")]
#[case::list(Fault::Json(200, json!([]), vec![]), "bad_upstream")]
#[case::circle(Fault::Redirect("/search".to_owned()), "bad_upstream")]
#[tokio::test]
async fn what_goes_wrong_is_said_and_not_kept(#[case] fault: Fault, #[case] code: &str) {
    let desk = Desk::with(PathStyle::Catalog, |settings| {
        settings.upstream.max_body_bytes = 256 * 1024;
        settings.upstream.total_timeout_ms = 10_000;
    })
    .await;
    let asked = [
        (SEARCH, json!({"q": "oil"})),
        (GET, json!({"slug": "house-price-index"})),
        ("datagov.organizations.list", Value::Null),
        ("datagov.categories.list", json!({"size": 3})),
        ("datagov.publishers.list", Value::Null),
        ("datagov.locations.search", json!({"q": "colorado"})),
        (RANKING, json!({"q": "oil"})),
    ];
    desk.standin.fail("", fault.clone(), Times::Always);
    for (topic, params) in &asked {
        let error = desk.error(topic, params.clone()).await;
        assert_eq!(error.code, code, "{topic}: {error}");
        assert!(!error.message.contains("<html"), "{error}");
    }
    desk.standin.heal();
    if code == "rate_limited" {
        // It is left alone for as long as it asked for.
        return;
    }
    for (topic, params) in &asked {
        let answer = desk.ask(topic, params.clone()).await;
        assert!(answer.success, "{topic}: {answer:?}");
    }
}

#[tokio::test]
async fn a_catalogue_that_is_too_slow() {
    let desk = Desk::with(PathStyle::Catalog, |settings| settings.upstream.total_timeout_ms = 50).await;
    desk.standin.fail("", Fault::Slow(Duration::from_mins(10)), Times::Always);
    assert_eq!(desk.error(SEARCH, json!({})).await.code, "timeout");
}

#[tokio::test]
async fn a_hit_that_cannot_be_read_spoils_no_page() {
    let desk = Desk::open().await;
    let results = json!([7, {"title": "T", "slug": "t", "keyword": 3, "dcat": "x"}, {"_sort": ["abc"]}]);
    desk.standin.fail("", Fault::Json(200, json!({"results": results}), vec![]), Times::Always);
    let data = desk.data(SEARCH, json!({})).await;
    assert_eq!(slugs(&data), ["t"]);
    assert_eq!(data["results"][0]["odd_fields"], json!(["keyword", "dcat"]));
    assert_eq!(data["unreadable"][0], json!({"index": 0, "name": null, "reason": "it is a number"}));
    assert_eq!(data["unreadable"][1]["name"], "abc");
    assert_eq!(desk.data(RANKING, json!({})).await["unreadable"], 2);
    // The same where there is but one.
    let odd = json!({"results": [7], "total": 1});
    desk.standin.heal();
    desk.standin.fail("", Fault::Json(200, odd, vec![]), Times::Always);
    let error = desk.error(GET, json!({"slug": "t"})).await;
    assert_eq!(error.code, "bad_upstream");
    assert!(error.message.contains("it is a number"), "{error}");
}

#[tokio::test]
async fn the_wrong_path_style_is_named() {
    let desk = Desk::with(PathStyle::Catalog, |settings| settings.path_style = PathStyle::Gateway).await;
    let error = desk.error("datagov.organizations.list", Value::Null).await;
    assert_eq!(error.code, "bad_upstream");
    assert!(error.message.contains("`path_style`"), "{error}");
}

#[tokio::test]
async fn the_health_is_that_of_the_catalogue() {
    let desk = Desk::with(PathStyle::Catalog, |settings| settings.upstream.breaker.failures = 1).await;
    desk.standin.fail("", Fault::Html(502), Times::Always);
    assert_eq!(desk.error(SEARCH, json!({})).await.code, "unavailable");
    let health = desk.data("datagov.health.check", Value::Null).await;
    assert_eq!(health["status"], "degraded", "{health}");
}

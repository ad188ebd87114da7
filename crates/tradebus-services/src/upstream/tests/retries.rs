//! What is tried again, and what is not.

use rstest::rstest;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{dbnomics, quick};
use crate::standin::{Fault, Route, Times};
use crate::upstream::{Call, Upstream, UpstreamError};

#[tokio::test]
async fn an_answer_comes_with_what_belongs_to_it() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    let answer = upstream.get(&["search"], &[("q", "yield & \"curve\""), ("limit", "5")]).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 1));
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    assert_eq!(answer.json::<Value>().unwrap()["_meta"]["args"]["q"], "yield & \"curve\"");
    assert!(answer.json::<Vec<u8>>().unwrap_err().to_string().contains("another form"));
    let headers = &standin.seen()[0].headers;
    assert_eq!(headers["accept"], "application/json");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("tradebus/"));
    let status = upstream.status();
    assert_eq!((status.calls, status.requests, status.retries, status.errors), (1, 1, 0, 0));
}

#[rstest]
#[case(500)]
#[case(502)]
#[case(503)]
#[case(504)]
#[tokio::test]
async fn failures_of_the_server_are_tried_again(#[case] status: u16) {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("/v22", Fault::Html(status), Times::Next(2));
    let answer = upstream.get(&["providers"], &[]).await.unwrap();
    assert_eq!((answer.attempts, standin.calls(Route::DbnomicsProviders)), (3, 3));
    assert_eq!((upstream.status().requests, upstream.status().retries), (3, 2));
}

#[tokio::test]
async fn retries_come_to_an_end() {
    let (standin, upstream) = dbnomics(|config| config.retries = 2).await;
    standin.fail("", Fault::Html(502), Times::Always);
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("unavailable", Some(502)));
    assert_eq!(standin.total_calls(), 3);
    let last = upstream.status().last_error.unwrap();
    assert_eq!((last.code, last.message), ("unavailable", error.to_string()));
}

#[tokio::test]
async fn a_500_for_a_cursor_is_final() {
    let standin = crate::standin::Standin::start().await.unwrap();
    let upstream = Upstream::new(quick(&standin.catalog_url())).unwrap();
    let call = Call::get(["search"]).query("after", "notacursor").with_cursor();
    let error = upstream.call(&call).await.unwrap_err();
    assert_eq!((error.code(), error.status(), standin.total_calls()), ("unavailable", Some(500), 1));
}

#[rstest]
#[case(400)]
#[case(401)]
#[case(403)]
#[case(404)]
#[case(410)]
#[case(422)]
#[case(501)]
#[tokio::test]
async fn refusals_are_final(#[case] status: u16) {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::Json(status, json!({"message": "no"}), vec![]), Times::Always);
    assert!(upstream.get(&["providers"], &[]).await.is_err());
    assert_eq!(standin.total_calls(), 1);
}

#[tokio::test]
async fn the_words_of_the_services_are_passed_on() {
    let (standin, dbnomics) = dbnomics(|_| {}).await;
    let catalog = Upstream::new(quick(&standin.catalog_url())).unwrap();
    let gateway = Upstream::new(quick(&standin.gateway_url())).unwrap();

    let error = dbnomics.get(&["series", "IMF", "WEO:2025-04", "NPL.NOPE.x"], &[]).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
    assert!(
        error.to_string().ends_with(": not found: Series 'IMF/WEO:2025-04/NPL.NOPE.x' not found"),
        "{error}"
    );
    let error = dbnomics.get(&["series", "IMF", "WEO:2025-04"], &[("limit", "1001")]).await.unwrap_err();
    assert!(error.to_string().contains("Invalid value 1001 (int): must not be larger than 1000 (at limit)"));
    let error = catalog.get(&["search"], &[("per_page", "1001")]).await.unwrap_err();
    assert!(error.to_string().contains("Search failed: per_page must be between 1 and 1000"));
    let error = catalog.get(&["api", "dataset", "no-such"], &[]).await.unwrap_err();
    assert!(matches!(error, UpstreamError::NotFound { message: None, .. }));
    let error = gateway.get(&["search"], &[("q", "secret-query")]).await.unwrap_err();
    assert!(!error.to_string().contains("secret-query"));
    let UpstreamError::Refused { status: 403, reason, .. } = error else { panic!("{error}") };
    assert_eq!(reason.as_deref(), Some("API_KEY_MISSING"));
}

#[tokio::test]
async fn who_is_not_there_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let upstream = Upstream::new(quick(&format!("http://{address}"))).unwrap();
    let error = upstream.get(&["x"], &[]).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unreachable { unsent: true, .. }), "{error:?}");
    assert_eq!(upstream.status().requests, 4);
}

#[tokio::test]
async fn who_hangs_up_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        for _ in 0..3 {
            let (socket, _) = listener.accept().await.unwrap();
            socket.readable().await.unwrap();
        }
    });
    let upstream =
        Upstream::new(super::UpstreamConfig { retries: 2, ..quick(&format!("http://{address}")) }).unwrap();
    let error = upstream.get(&["x"], &[]).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unreachable { unsent: false, .. }), "{error:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_post_goes_once_unless_it_was_turned_away() {
    let (standin, _) = dbnomics(|_| {}).await;
    let editor = Upstream::new(quick(&standin.editor_url())).unwrap();
    let body = json!({
        "filters": [{"code": "interpolate", "parameters": {"frequency": "monthly", "method": "linear"}}],
        "series": [{"frequency": "quarterly", "period_start_day": ["2026-01-01", "2026-04-01"], "value": [1.0, 10.0]}],
    });
    standin.fail("/editor", Fault::Html(503), Times::Next(1));
    assert_eq!(editor.post(&["apply"], &body).await.unwrap_err().status(), Some(503));
    standin.fail("/editor", Fault::RateLimited(Some(0)), Times::Next(1));
    let answer = editor.post(&["apply"], &body).await.unwrap();
    assert_eq!(answer.attempts, 2);
    let values = &answer.json::<Value>().unwrap()["filter_results"][0]["series"]["value"];
    assert_eq!(values.as_array().unwrap().len(), 4);
    standin.fail("/editor", Fault::Html(503), Times::Next(1));
    let call = Call::post(["apply"], &body).unwrap().repeatable();
    assert_eq!(editor.call(&call).await.unwrap().attempts, 2);
}

#[tokio::test]
async fn parts_of_a_path_cannot_leave_their_place() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    let error = upstream.get(&["datasets", "../../search?q=x#y"], &[]).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
    assert_eq!(standin.seen()[0].path, "/v22/datasets/..%2F..%2Fsearch%3Fq%3Dx%23y");
    let error = upstream.get(&["datasets", ".."], &[]).await.unwrap_err();
    assert_eq!((error.code(), standin.total_calls()), ("invalid", 1));
}

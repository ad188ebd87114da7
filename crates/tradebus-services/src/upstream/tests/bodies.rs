//! Bodies that are too large, cut, or not what they say.

use rstest::rstest;
use serde_json::Value;

use super::{dbnomics, quick};
use crate::standin::{Fault, Standin, Times};
use crate::upstream::{Breakage, Upstream, UpstreamError};

fn kind(error: &UpstreamError) -> Breakage {
    match error {
        UpstreamError::Broken { kind, .. } => *kind,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case(Fault::Cut, Breakage::Cut, 4)]
#[case(Fault::Html(200), Breakage::Html, 1)]
#[case(Fault::BrokenJson, Breakage::NotJson, 1)]
#[tokio::test]
async fn broken_answers_are_told_apart(
    #[case] fault: Fault,
    #[case] expected: Breakage,
    #[case] requests: u64,
) {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", fault, Times::Always);
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), kind(&error)), ("broken_answer", expected));
    assert_eq!(standin.total_calls(), requests);
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_again() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::Cut, Times::Next(1));
    assert_eq!(upstream.get(&["providers"], &[]).await.unwrap().attempts, 2);
}

#[tokio::test]
async fn other_types_are_no_matter_of_the_client() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::WrongTypes, Times::Always);
    let answer = upstream.get(&["providers"], &[]).await.unwrap();
    assert_eq!(answer.json::<Value>().unwrap()["providers"]["limit"], "1000");
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_its_end() {
    let (standin, upstream) = dbnomics(|config| config.max_body_bytes = 64 * 1024).await;
    // A tebibyte, of which little is made.
    standin.fail("", Fault::Gigantic(1 << 40), Times::Always);
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!((error.code(), standin.total_calls()), ("too_large", 1));
    assert!(error.to_string().contains("65536 bytes"), "{error}");
}

#[tokio::test]
async fn the_limit_holds_after_decompression() {
    let standin = Standin::start().await.unwrap();
    let mut config = quick(&standin.catalog_url());
    let size = Upstream::new(config.clone())
        .unwrap()
        .get(&["search"], &[("per_page", "30")])
        .await
        .unwrap()
        .body
        .len();
    assert!(standin.seen()[0].headers["accept-encoding"].to_str().unwrap().contains("gzip"));
    config.max_body_bytes = size as u64 - 1;
    let error =
        Upstream::new(config.clone()).unwrap().get(&["search"], &[("per_page", "30")]).await.unwrap_err();
    assert_eq!(error.code(), "too_large");
    config.max_body_bytes = size as u64;
    Upstream::new(config).unwrap().get(&["search"], &[("per_page", "30")]).await.unwrap();
}

#[tokio::test]
async fn what_is_no_json_and_does_not_say_so_is_passed_on() {
    let standin = Standin::start().await.unwrap();
    let upstream = Upstream::new(quick(&standin.catalog_url())).unwrap();
    let answer =
        upstream.get(&["harvest_record", "5eed0001-0000-4000-8000-000000000016", "raw"], &[]).await.unwrap();
    assert_eq!(answer.content_type.as_deref(), Some("application/xml"));
    assert!(answer.body.starts_with(b"<?xml"));
}

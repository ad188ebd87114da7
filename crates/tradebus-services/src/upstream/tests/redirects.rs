//! Redirects over real connections.

use serde_json::Value;

use super::dbnomics;
use crate::standin::{Fault, Route, Standin, Times};

#[tokio::test]
async fn the_newest_release_is_found() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    let path = ["series", "IMF", "WEO:latest", "USA.NGDP_RPCH.pcent_change"];
    let answer = upstream.get(&path, &[("observations", "1"), ("metadata", "0")]).await.unwrap();
    let body: Value = answer.json().unwrap();
    assert_eq!(body["series"]["docs"][0]["dataset_code"], "WEO:2025-04");
    assert_eq!(body["_meta"]["args"]["observations"], true, "the query goes along");
    assert_eq!((standin.calls(Route::DbnomicsSeries), upstream.status().requests), (2, 1));
}

#[tokio::test]
async fn a_circle_ends() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::Redirect("/v22/providers".to_owned()), Times::Always);
    let error = upstream.get(&["providers"], &[]).await.unwrap_err();
    assert_eq!(error.code(), "broken_answer");
    assert!(error.to_string().contains("more than 5 redirects"), "{error}");
    assert_eq!(standin.total_calls(), 6);
}

#[tokio::test]
async fn another_host_is_followed_to() {
    let other = Standin::start().await.unwrap();
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::Redirect(format!("{}/providers", other.dbnomics_url())), Times::Always);
    upstream.get(&["providers"], &[]).await.unwrap();
    assert_eq!((standin.total_calls(), other.total_calls()), (1, 1));
}

#[tokio::test]
async fn other_schemes_are_not() {
    let (standin, upstream) = dbnomics(|_| {}).await;
    standin.fail("", Fault::Redirect("file:///etc/passwd".to_owned()), Times::Always);
    assert_eq!(upstream.get(&["providers"], &[]).await.unwrap_err().code(), "broken_answer");
}

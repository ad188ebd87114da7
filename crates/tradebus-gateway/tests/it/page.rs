//! The files of the page.

use reqwest::{Method, StatusCode};

use crate::support::{header, open};

#[tokio::test]
async fn the_page_comes_with_a_strict_policy() {
    let open = open().await;
    let page = open.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(
        (page.status(), header(&page, "content-type").as_str()),
        (StatusCode::OK, "text/html; charset=utf-8")
    );
    let policy = header(&page, "content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "x-frame-options"), "DENY");
    open.close().await;
}

#[tokio::test]
async fn files_that_are_known_are_not_sent_again() {
    let open = open().await;
    let first = open.request(Method::GET, "/assets/app.js").send().await.unwrap();
    assert_eq!(header(&first, "content-type"), "text/javascript; charset=utf-8");
    let tag = header(&first, "etag");
    let again =
        open.request(Method::GET, "/assets/app.js").header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    open.close().await;
}

#[tokio::test]
async fn no_other_file_leaves() {
    let open = open().await;
    for path in [
        "/assets/none.js",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets//etc/passwd",
        "/assets/index.html",
        "/assets/",
    ] {
        let url = open.url(path);
        let status = open.client.get(url).send().await.unwrap().status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    open.close().await;
}

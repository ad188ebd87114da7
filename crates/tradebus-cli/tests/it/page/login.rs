//! The form for the token.

use super::browser::Browser;
use crate::http::Served;

#[tokio::test]
async fn who_knows_the_token_gets_in_and_out() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "correct-horse-battery\n").unwrap();
    let node = Served::start(&["--http-token-file", file.to_str().unwrap()], None);
    let browser = Browser::open(&node.url("/")).await;
    browser.there("#token").await;
    assert!(browser.address().await.ends_with("/login"));
    browser.fill("#token", "wrong-horse-battery").await;
    browser.click("#login").await;
    browser.text_that("#login-failed", |told| !told.is_empty()).await;
    browser.fill("#token", "correct-horse-battery").await;
    browser.click("#login").await;
    browser.text_that("#state-name", |state| state == "Healthy").await;
    let cookie = browser.run("return document.cookie", vec![]).await;
    assert_eq!(cookie, "", "scripts do not see the session");
    browser.click("#logout button").await;
    browser.there("#token").await;
    browser.go(&node.url("/")).await;
    browser.there("#token").await;
}

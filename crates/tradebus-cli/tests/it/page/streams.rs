//! The streams, and what is in them.

use super::demo;

#[tokio::test]
async fn streams_can_be_opened_and_trimmed() {
    let (node, browser) = demo("/#/streams").await;
    browser.text_that("#streams", |table| table.contains("critical") && table.contains("low")).await;
    browser.view("#/streams?stream=trader-TRADER-001%3Astream%3Alow").await;
    browser.there("#entries > li").await;
    browser.text_that("#stream-h", |title| title.contains("low")).await;
    assert!(browser.text("#groups").await.contains("service.datagov"));
    browser.fill("#trim-amount", "5").await;
    browser.click("[data-test=trim-go]").await;
    browser.there("#confirm").await;
    browser.click("#confirm-yes").await;
    browser.until("the dialog is gone", async || browser.count("#confirm").await == 0).await;
    browser
        .text_that("#stream-detail", |detail| detail.contains("removed") || detail.contains("Removed"))
        .await;
    assert!(node.json("/api/v1/streams/entries?stream=trader-TRADER-001:stream:low")["entries"].is_array());
}

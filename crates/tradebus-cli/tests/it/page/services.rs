//! The services, and asking them.

use super::demo;

#[tokio::test]
async fn a_service_can_be_asked() {
    let (_node, browser) = demo("/#/services").await;
    browser.text_that("#services", |table| table.contains("dbnomics") && table.contains("datagov")).await;
    browser.fill("#ask-route", "dbnomics.series.fetch").await;
    browser.fill("#ask-params", "{\"series_ids\": [\"BIS/WS_CBPOL/M.US\"]}").await;
    browser.click("#ask-send").await;
    browser
        .text_that("#ask-answer", |answer| {
            answer.contains("WS_CBPOL") && answer.contains("\"success\": true")
        })
        .await;
    browser.fill("#ask-params", "{\"series_ids\": 5}").await;
    browser.click("#ask-send").await;
    browser.text_that("#ask-problem", |problem| problem.contains("series_ids")).await;
}

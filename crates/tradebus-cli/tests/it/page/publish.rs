//! The form that publishes.

use super::demo;

#[tokio::test]
async fn a_message_from_the_form_arrives() {
    let (node, browser) = demo("/#/publish").await;
    browser.fill("#pub-topic", "desk.note").await;
    browser.fill("#pub-priority", "high").await;
    browser.fill("#pub-payload", "{\"px\": 1.10}").await;
    browser.click("#pub-send").await;
    let id = browser.text_that("[data-test=pub-id]", |id| id.contains('-')).await;
    let entries = node.json("/api/v1/streams/entries?stream=trader-TRADER-001:stream:high&limit=1000");
    let found = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| id.contains(entry["id"].as_str().unwrap()));
    let message = &found.expect("the message is stored")["message"];
    assert_eq!((&message["topic"], &message["payload"]["px"]), (&"desk.note".into(), &1.1.into()));
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_form_is_kept() {
    let (_node, browser) = demo("/#/publish").await;
    browser.fill("#pub-topic", "desk.*").await;
    browser.fill("#pub-payload", "{}").await;
    browser.click("#pub-send").await;
    browser.text_that("#pub-problem", |problem| problem.contains("a topic must not hold")).await;
    let kept = browser.run("return document.querySelector('#pub-topic').value", vec![]).await;
    assert_eq!(kept, "desk.*");
    browser.fill("#pub-payload", "{nonsense").await;
    browser.click("#pub-send").await;
    browser.text_that("#pub-payload-problem", |problem| !problem.is_empty()).await;
}

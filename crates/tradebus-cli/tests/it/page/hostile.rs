//! What comes from outside is shown, and never run.

use tradebus::{Bus, BusConfig, Message};

use super::browser::Browser;
use crate::http::Served;

const TOPIC: &str = "<img/src=x/onerror=window.hacked=1>";
const PAYLOAD: &str = "{\"a\":\"</pre><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\",\"__proto__\":{\"hacked\":1}}";

#[tokio::test]
async fn no_script_from_outside_ever_runs() {
    let node = Served::start(&[], None);
    let store = Some(node.store().into());
    let bus = Bus::connect(BusConfig { store, ..BusConfig::default() }).await.unwrap();
    let browser = Browser::open(&node.url("/#/tail?pattern=*")).await;
    browser.text_that("#tail-status", |status| !status.is_empty()).await;
    browser
        .until("the message is in the tail", async || {
            let message = Message::new(TOPIC, PAYLOAD)
                .unwrap()
                .type_name("<b>T</b>")
                .header("<i>", "javascript:alert(1)");
            bus.publish(message).await.unwrap().await.unwrap();
            browser.text("#tail-list").await.contains(TOPIC)
        })
        .await;
    browser.click("#tail-pause").await;
    browser.click("#tail-list > li .unfold").await;
    browser.text_that("#tail-list pre", |payload| payload.contains("<script>")).await;
    browser.view("#/streams?stream=trader-TRADER-001%3Astream%3Anormal").await;
    browser.there("#entries > li summary").await;
    browser.click("#entries > li summary").await;
    browser.text_that("#entries", |entries| entries.contains(TOPIC)).await;
    for hash in [
        "#/tail?pattern=%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E",
        "#/%3Cscript%3E",
        "#/streams?search=%3Cb%3E",
    ] {
        browser.view(hash).await;
        browser.there("main").await;
    }
    let hacked = browser
        .run("return [typeof window.hacked, typeof ({}).hacked, document.images.length]", vec![])
        .await;
    assert_eq!(hacked, serde_json::json!(["undefined", "undefined", 0]));
    let _ = bus.close().await;
}

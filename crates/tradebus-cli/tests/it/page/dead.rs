//! Dead letters on the page.

use tradebus::{Bus, BusConfig, Message, SubscribeOptions};

use super::browser::Browser;
use crate::http::Served;

#[tokio::test]
async fn dead_letters_are_shown_and_redriven() {
    let node = Served::start(&[], None);
    let bus = node.bus().await;
    kill(&bus, 3).await;
    let browser = Browser::open(&node.url("/#/dead")).await;
    browser
        .until("all letters are shown", async || browser.count("#dead tbody tr[data-letter]").await == 3)
        .await;
    assert!(browser.text("#dead").await.contains("no such account"));
    browser.click("#dead tbody tr[data-letter] input[type=checkbox]").await;
    browser.click("#dead-redrive").await;
    browser.click("#confirm-yes").await;
    browser.until("one is gone", async || browser.count("#dead tbody tr[data-letter]").await == 2).await;
    assert_eq!(node.json("/api/v1/dead")["total"], 2);
    browser.click("#dead-drop-all").await;
    browser.click("#confirm-yes").await;
    browser.until("all are gone", async || browser.count("#dead tbody tr[data-letter]").await == 0).await;
    assert_eq!(node.json("/api/v1/dead")["total"], 0);
    let _ = bus.close().await;
}

/// Makes as many dead letters.
async fn kill(bus: &Bus, count: usize) {
    let mut group = bus.subscribe("work", SubscribeOptions::group("desk")).await.unwrap();
    for number in 0..count {
        bus.publish(Message::new("work", number.to_string()).unwrap()).await.unwrap().await.unwrap();
        group.next().await.unwrap().reject("no such account");
    }
    group.close().await;
}

impl Served {
    /// A bus over the store of the node, through its Redis port.
    async fn bus(&self) -> Bus {
        let store = Some(self.store().into());
        Bus::connect(BusConfig { store, ..BusConfig::default() }).await.unwrap()
    }
}

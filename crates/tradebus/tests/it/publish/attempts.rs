//! Publishing without waiting: what is refused, and with which code.

use tradebus::{Message, OnFull, PublishError, Refused};

use super::buffers::stalled;
use super::{numbered, payloads};
use tradebus::Priority;

#[tokio::test]
async fn a_full_tier_pushes_back_whatever_its_policy() {
    for policy in [OnFull::Wait, OnFull::Error, OnFull::DropNewest] {
        let (bus, store, _receipts) = stalled(policy, |_| {}).await;
        for number in 1..=8 {
            drop(bus.try_publish(numbered("t", number)).unwrap().unwrap());
        }
        let refused = bus.try_publish(numbered("t", 9)).unwrap().unwrap_err();
        assert_eq!(refused, Refused::BackPressured, "{policy:?}");
        store.open();
        assert_eq!(bus.close().await.unconfirmed, 0);
        let stored: Vec<String> = (0..=8).map(|number| number.to_string()).collect();
        assert_eq!(payloads(&bus, Priority::Normal).await, stored, "{policy:?}");
        let metrics = bus.metrics();
        assert_eq!((metrics.messages_accepted, metrics.messages_dropped), (9, 0), "it was told, not dropped");
    }
}

#[tokio::test]
async fn dropping_the_oldest_makes_room() {
    let (bus, store, _receipts) = stalled(OnFull::DropOldest, |_| {}).await;
    for number in 1..=20 {
        drop(bus.try_publish(numbered("t", number)).unwrap().unwrap());
    }
    store.open();
    assert_eq!(bus.close().await.unconfirmed, 0);
    assert_eq!(bus.metrics().messages_dropped, 12);
}

#[tokio::test]
async fn a_bus_that_is_closed_says_so() {
    let (bus, store, _receipts) = stalled(OnFull::Wait, |_| {}).await;
    store.open();
    let _ = bus.close().await;
    assert_eq!(bus.try_publish(numbered("t", 1)).unwrap().unwrap_err(), Refused::Closed);
}

#[tokio::test]
async fn a_message_that_is_wrong_is_wrong_however_full_the_tier_is() {
    let (bus, store, _receipts) = stalled(OnFull::Wait, |config| {
        config.max_payload_bytes = 4;
        config.types_filter = vec!["Quote".to_owned()];
    })
    .await;
    let large = bus.try_publish(numbered("t", 12_345));
    assert!(matches!(large, Err(PublishError::TooLarge { bytes: 5, limit: 4 })), "{large:?}");
    let filtered = bus.try_publish(Message::new("t", "1").unwrap().type_name("Quote"));
    assert!(matches!(filtered, Err(PublishError::Filtered { .. })), "{filtered:?}");
    store.open();
}

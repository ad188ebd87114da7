//! Who waits for whom. The store confirms nothing until it is told to.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tradebus::{Bus, BusConfig, Closed, Mode, Priority, PublishError, Receipt, Refused, StreamStore};

use super::{lane, payloads};
use crate::support::{GatedStore, config, numbered, until, within};

fn gated(configure: impl FnOnce(&mut BusConfig)) -> (Bus, GatedStore) {
    let store = GatedStore::closed();
    let mut config = config("memory:");
    config.mode = Mode::Basic;
    configure(&mut config);
    (Bus::with_store(config, Arc::new(store.clone())).unwrap(), store)
}

fn publish(bus: &Bus, number: u64) -> JoinHandle<Result<Receipt, PublishError>> {
    let bus = bus.clone();
    tokio::spawn(async move { bus.publish(numbered("t", number)).await })
}

/// Begins to close the bus, and returns when it takes nothing more.
async fn close(bus: &Bus) -> JoinHandle<Closed> {
    let closing = tokio::spawn({
        let bus = bus.clone();
        async move { bus.close().await }
    });
    let refused = || bus.try_publish(numbered("t", 9)).unwrap().unwrap_err();
    until("it is closed", || refused() == Refused::Closed).await;
    closing
}

async fn under_way(bus: &Bus, messages: u64) {
    until("the writes are under way", || bus.metrics().messages_accepted == messages).await;
}

#[tokio::test]
async fn closing_waits_for_the_writes_under_way() {
    let (bus, store) = gated(|_| {});
    let writes = [publish(&bus, 0), publish(&bus, 1)];
    under_way(&bus, 2).await;
    let closing = close(&bus).await;
    let late = within("a refusal", bus.publish(numbered("t", 2))).await;
    assert!(matches!(late, Err(PublishError::Closed)), "{late:?}");
    assert!(!closing.is_finished(), "two writes are under way");
    store.open();
    assert_eq!(within("the bus to close", closing).await.unwrap().unconfirmed, 0);
    for write in writes {
        within("a write", write).await.unwrap().unwrap().outcome().unwrap().unwrap();
    }
    assert_eq!(payloads(&bus, Priority::Normal).await.len(), 2);
    assert_eq!(bus.close().await.unconfirmed, 0, "closing again does nothing");
}

#[tokio::test]
async fn closing_gives_up_what_takes_too_long_and_says_so() {
    let (bus, _store) = gated(|config| config.shutdown_timeout = 0.01);
    let write = publish(&bus, 0);
    under_way(&bus, 1).await;
    assert_eq!(within("the bus to close", bus.close()).await.unconfirmed, 1);
    let given_up = within("the write", write).await.unwrap();
    assert!(matches!(given_up, Err(PublishError::Unknown)), "{given_up:?}");
    let metrics = bus.metrics();
    assert_eq!((metrics.messages_sent, metrics.messages_failed), (0, 1));
    assert_eq!(within("the bus to close", bus.close()).await.unconfirmed, 1, "it is counted once");
}

#[tokio::test]
async fn no_more_are_written_at_one_time_than_there_may_be_connections() {
    let (bus, store) = gated(|config| config.connection_pool_size = 2);
    let writes: Vec<_> = (0..5).map(|number| publish(&bus, number)).collect();
    under_way(&bus, 2).await;
    store.let_through(1);
    under_way(&bus, 3).await;
    assert_eq!(store.len(&lane(Priority::Normal)).await.unwrap(), 3, "the others wait for their turn");
    let closing = tokio::spawn({
        let bus = bus.clone();
        async move { bus.close().await }
    });
    until("it is closed", || bus.try_publish(numbered("t", 9)).unwrap().unwrap_err() == Refused::Closed)
        .await;
    store.open();
    let mut outcomes = [0, 0];
    for write in writes {
        match within("a write", write).await.unwrap() {
            Ok(_) => outcomes[0] += 1,
            Err(PublishError::Closed) => outcomes[1] += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(outcomes, [3, 2], "what had not begun is not published");
    assert_eq!(within("the bus to close", closing).await.unwrap().unconfirmed, 0);
    assert_eq!(payloads(&bus, Priority::Normal).await.len(), 3);
}

/// Its answer is still to come: on the same connection the next message would take it for its own.
#[tokio::test]
async fn a_call_that_is_dropped_counts_as_failed_and_takes_no_answer_of_others() {
    let (bus, store) = gated(|_| {});
    assert!(bus.publish(numbered("t", 0)).now_or_never().is_none());
    let metrics = bus.metrics();
    assert_eq!((metrics.messages_accepted, metrics.messages_failed), (1, 1));
    store.open();
    let receipt = within("the write", bus.publish(numbered("t", 1))).await.unwrap();
    let id = receipt.outcome().unwrap().unwrap();
    let entries = super::stored(&**bus.store(), &lane(Priority::Normal)).await;
    let place = entries.iter().position(|entry| entry.0 == id);
    assert_eq!(entries[place.unwrap()].2, "1");
}

#[tokio::test]
async fn trying_without_waiting_is_refused() {
    let (bus, _store) = gated(|_| {});
    let refused = bus.try_publish(numbered("t", 0)).unwrap().unwrap_err();
    assert_eq!(refused, Refused::Unbuffered);
    assert_eq!((bus.metrics().messages_accepted, bus.close().await.unconfirmed), (0, 0));
    assert_eq!(bus.try_publish(numbered("t", 0)).unwrap().unwrap_err(), Refused::Closed);
}

//! What does not fit into memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::{Desk, Session};
use crate::clock::now_ns;
use crate::connectivity::{Backoff, Connectivity};
use crate::layout::Streams;
use crate::metrics::Meters;
use crate::publish::Publisher;
use crate::store::StreamStore;
use crate::wire::delayed::delayed_stream;
use crate::{BusConfig, EmbeddedStore, Message, StreamKey};

/// A desk that knows ten entries at most.
fn desk(config: &Arc<BusConfig>, store: &Arc<dyn StreamStore>, meters: &Arc<Meters>) -> (Desk, Publisher) {
    let connectivity = Arc::<Connectivity>::default();
    let publisher = Publisher::start(config, store, meters, &connectivity);
    let desk = Desk {
        store: store.clone(),
        meters: meters.clone(),
        streams: Streams::new(config),
        retention: publisher.retention(),
        stream: delayed_stream(config),
        lease_key: StreamKey::from("a lease"),
        holder: "holder".to_owned(),
        ttl: Duration::from_mins(1),
        expected: Arc::<Notify>::default(),
        leaving: watch::channel(false).1,
        backoff: Backoff::new(Duration::from_millis(1), Duration::from_millis(2)),
        most_known: 10,
    };
    (desk, publisher)
}

#[tokio::test]
async fn what_does_not_fit_is_read_when_there_is_room() {
    let config = Arc::new(BusConfig::default());
    let store: Arc<dyn StreamStore> = Arc::new(EmbeddedStore::in_memory());
    let meters = Arc::<Meters>::default();
    let (mut desk, publisher) = desk(&config, &store, &meters);
    // The sender keeps it from ending.
    let (_open, leaving) = watch::channel(false);
    desk.leaving = leaving;
    let at = now_ns() + 200_000_000;
    for n in 0..35_u64 {
        let message = Message::new("t", n.to_string()).unwrap().deliver_at(at + n);
        publisher.publish(message).await.unwrap().await.unwrap();
    }
    desk.take_lease().await.unwrap().unwrap();
    let mut session = Session::new(&mut desk);
    while session.room() > 0 {
        session.step().await.ok().unwrap();
    }
    session.look().await.ok().unwrap();
    let delayed = meters.delayed.read();
    assert_eq!((delayed.waiting, delayed.unread), (35, 25));
    while meters.delayed.read().delivered < 35 {
        session.step().await.ok().unwrap();
        assert!(session.waiting.len() <= 10);
    }
    assert_eq!(store.len(&delayed_stream(&config)).await.unwrap(), 0);
}

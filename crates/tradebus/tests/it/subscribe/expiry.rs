//! Messages that are of no more use.

use rstest::rstest;
use tradebus::SubscribeOptions;

use super::{next, publish};
use crate::support::{Backend, Kind, number_of, numbered, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_not_handed_out_but_counted(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut subscription = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for n in 0..100 {
        let stale = numbered("t", n).expires_at(1);
        within("a receipt", bus.publish(stale).await.unwrap()).await.unwrap();
    }
    publish(&bus, "t", 100..101).await;
    let useful = numbered("t", 101).ttl(std::time::Duration::from_hours(1));
    within("a receipt", bus.publish(useful).await.unwrap()).await.unwrap();
    assert_eq!(number_of(&next(&mut subscription).await), 100);
    let timed = next(&mut subscription).await;
    assert_eq!(number_of(&timed), 101);
    assert!(timed.headers.as_ref().unwrap().expires_at > Some(timed.ts));
    assert_eq!(bus.metrics().messages_expired, 100);
}

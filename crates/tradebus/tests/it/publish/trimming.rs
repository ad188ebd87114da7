//! Streams stay as short as they should be, and no shorter than their consumer groups allow.

use rstest::rstest;
use tradebus::store::{GroupStart, PendingQuery};
use tradebus::{Bus, BusConfig, EntryId, StreamKey};

use crate::support::{Backend, Kind, numbered, until, within};

const LIMIT: u64 = 100;
/// A stream may be longer by a tenth, and by what the store keeps when it trims roughly.
const ROUGHLY: u64 = 2 * LIMIT + 10;

fn lane() -> StreamKey {
    StreamKey::from("trader-TRADER-001:stream:normal")
}

async fn short(backend: &Backend, configure: impl FnOnce(&mut BusConfig)) -> Bus {
    backend
        .bus(|config| {
            config.default_stream_config.max_length = LIMIT;
            configure(config);
        })
        .await
}

async fn publish(bus: &Bus, messages: u64) {
    for n in 0..messages {
        bus.publish(numbered("t", n)).await.unwrap().await.unwrap();
    }
}

async fn shorter_than(backend: &Backend, limit: u64) {
    let trimmed = async {
        while backend.store.len(&lane()).await.unwrap() > limit {
            tokio::task::yield_now().await;
        }
    };
    within("the stream to be trimmed", trimmed).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_stays_as_long_as_it_may_be(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = short(&backend, |_| {}).await;
    publish(&bus, 1000).await;
    shorter_than(&backend, ROUGHLY).await;
    assert!(backend.store.len(&lane()).await.unwrap() >= LIMIT);
    let metrics = bus.metrics();
    assert!(metrics.entries_trimmed >= 1000 - ROUGHLY && metrics.entries_trimmed_unread == 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_group_has_not_got_is_kept(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(LIMIT, 50_000)] limit: u64,
) {
    let backend = Backend::start(kind).await;
    let groups = backend.store.consumer_groups();
    groups.create_group(&lane(), "slow", GroupStart::After(EntryId::MIN)).await.unwrap();
    groups.create_group(&lane(), "quick", GroupStart::Latest).await.unwrap();
    let bus = short(&backend, |config| config.default_stream_config.max_length = limit).await;
    publish(&bus, 1000).await;
    let mut reader = groups.group_reader("slow", "a", "test").await.unwrap();
    let mut got = 0;
    while got < 1000 {
        let batch = reader.read(&[lane()], 300, None).await.unwrap();
        assert!(!batch.is_empty(), "the group misses entries: it got {got}");
        got += batch.len();
    }
    // The other one has got nothing: everything stays.
    publish(&bus, 1000).await;
    assert_eq!(backend.store.len(&lane()).await.unwrap(), 2000);
    assert_eq!(groups.pending(&lane(), "slow", PendingQuery::default()).await.unwrap().len(), 1000);

    groups.destroy_group(&lane(), "quick").await.unwrap();
    while reader.read(&[lane()], 500, None).await.unwrap().len() == 500 {}
    publish(&bus, limit.min(1000)).await;
    shorter_than(&backend, limit.max(2 * ROUGHLY)).await;
    until("it is counted", || bus.metrics().entries_trimmed > 0 || limit > 2000).await;
    assert_eq!(bus.metrics().entries_trimmed_unread, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_group_has_not_got_is_trimmed_and_counted_if_that_is_wanted(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let groups = backend.store.consumer_groups();
    groups.create_group(&lane(), "slow", GroupStart::After(EntryId::MIN)).await.unwrap();
    let bus = short(&backend, |config| config.trim_unread = true).await;
    publish(&bus, 1000).await;
    shorter_than(&backend, ROUGHLY).await;
    let counted = || {
        let metrics = bus.metrics();
        metrics.entries_trimmed_unread >= 1000 - ROUGHLY
            && metrics.entries_trimmed_unread == metrics.entries_trimmed
    };
    until("the loss is counted", counted).await;
}

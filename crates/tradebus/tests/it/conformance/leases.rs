//! Leases.

use std::time::Duration;

use rstest::rstest;
use tradebus::store::Lease;
use tradebus::{StoreError, StreamStore};

use super::{append, key};
use crate::support::{Backend, Kind, within};

const HOUR: Duration = Duration::from_hours(1);

/// Asks for a lease until it is given.
async fn taken(store: &dyn StreamStore, lease: Lease<'_>, ttl: Duration) -> u64 {
    let asking = async {
        loop {
            if let Some(token) = store.leases().lease(lease, ttl).await.unwrap() {
                return token;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within("the lease", asking).await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_has_a_lease_until_it_gives_it_back(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (leases, name) = (backend.store.leases(), key("a lease"));
    let [a, b] = ["a", "b"].map(|holder| Lease { key: &name, holder });
    let first = leases.lease(a, HOUR).await.unwrap().expect("it is free");
    assert_eq!(leases.lease(b, HOUR).await.unwrap(), None);
    assert_eq!(leases.lease(a, HOUR).await.unwrap(), Some(first), "renewed");
    assert!(!leases.release(b).await.unwrap(), "it is not b's");
    assert!(leases.release(a).await.unwrap());
    assert!(!leases.release(a).await.unwrap(), "given back already");
    let second = leases.lease(b, HOUR).await.unwrap().expect("it is free again");
    assert!(second > first);
    assert_eq!(leases.lease(a, HOUR).await.unwrap(), None);
    let free = key("a free lease");
    let holders = leases.holders(&[free, name.clone()]).await.unwrap();
    assert_eq!(holders, [None, Some("b".to_owned())]);
    assert!(leases.holders(&[]).await.unwrap().is_empty());
    // Leases are no streams.
    assert!(backend.store.streams(b"").await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_expires_by_the_clock_of_the_store_and_tokens_only_rise(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, name) = (&*backend.store, key("a lease"));
    let ttl = Duration::from_millis(40);
    let mut last = 0;
    for holder in ["a", "b", "a"] {
        let lease = Lease { key: &name, holder };
        let asked = store.now_ms().await.unwrap();
        let token = store.leases().lease(lease, ttl).await.unwrap();
        assert!(token.expect("it is free") > last, "{token:?} after {last}");
        // Whoever comes next gets it when the time is over, and not before.
        let next = Lease { key: &name, holder: "next" };
        last = taken(store, next, HOUR).await;
        assert!(store.now_ms().await.unwrap() >= asked + 40);
        assert!(last > token.unwrap());
        assert!(store.leases().release(next).await.unwrap());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_prolongs_a_lease(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (leases, name) = (backend.store.leases(), key("a lease"));
    let lease = Lease { key: &name, holder: "a" };
    let token = taken(&*backend.store, lease, Duration::from_secs(30)).await;
    assert_eq!(leases.lease(lease, Duration::from_millis(1)).await.unwrap(), Some(token), "or shortens it");
    let next = taken(&*backend.store, Lease { key: &name, holder: "b" }, HOUR).await;
    assert!(next > token);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_want_a_lease_one_gets_it(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let wanting = (0..8).map(|n| {
        let store = backend.store.clone();
        tokio::spawn(async move {
            let (name, holder) = (key("a lease"), n.to_string());
            store.leases().lease(Lease { key: &name, holder: &holder }, HOUR).await.unwrap()
        })
    });
    let wanting: Vec<_> = wanting.collect();
    let mut got = Vec::new();
    for asked in wanting {
        got.extend(within("an answer", asked).await.unwrap());
    }
    assert_eq!(got.len(), 1, "{got:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_no_lease(#[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let stream = key("stream");
    append(&*backend.store, &stream, b"1").await;
    let lease = Lease { key: &stream, holder: "a" };
    let errors = [
        backend.store.leases().lease(lease, HOUR).await.unwrap_err(),
        backend.store.leases().release(lease).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, StoreError::WrongType { stream: named } if *named == stream), "{error}");
    }
    assert_eq!(backend.store.leases().holders(std::slice::from_ref(&stream)).await.unwrap(), [None]);
    assert_eq!(backend.store.len(&stream).await.unwrap(), 1);
}

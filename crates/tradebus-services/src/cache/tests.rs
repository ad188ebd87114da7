use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use proptest::prelude::*;
use rstest::rstest;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tradebus::{EmbeddedStore, StreamStore};

use super::entry::Entry;
use super::{Cache, CacheConfig, Cached, Fetched};

const HOUR: Option<Duration> = Some(Duration::from_hours(1));

fn store() -> Arc<dyn StreamStore> {
    Arc::new(EmbeddedStore::in_memory())
}

fn cache(store: &Arc<dyn StreamStore>, configure: impl FnOnce(&mut CacheConfig)) -> Cache<String> {
    let mut config = CacheConfig::default();
    configure(&mut config);
    Cache::new(store.clone(), "base:cache:test", config).unwrap()
}

fn body(text: &'static str) -> Fetched {
    Fetched::Found(Bytes::from_static(text.as_bytes()))
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a fetch brings")]
fn found(text: &'static str) -> Result<Fetched, String> {
    Ok(body(text))
}

async fn get(
    cache: &Cache<String>,
    max_age: Option<Duration>,
    fetched: Result<Fetched, String>,
) -> Result<Cached, String> {
    cache.get("GET /a", max_age, || ready(fetched)).await
}

#[tokio::test]
async fn instances_share_what_one_of_them_has_fetched() {
    let store = store();
    let (one, two) = (cache(&store, |_| {}), cache(&store, |_| {}));
    let first = get(&one, None, found("1")).await.unwrap();
    assert_eq!((first.fetched, first.cached, first.stale), (body("1"), false, false));
    for cache in [&one, &two, &two] {
        let again = get(cache, HOUR, Err("it is not asked".to_owned())).await.unwrap();
        assert_eq!((again.fetched, again.cached, again.stale), (body("1"), true, false));
    }
    let (one, two) = (one.metrics(), two.metrics());
    assert_eq!((one.hits, one.near_hits, one.misses, one.fetches), (1, 1, 1, 1));
    assert_eq!((two.hits, two.near_hits, two.misses, two.near_entries), (2, 1, 0, 1));
}

#[tokio::test]
async fn what_is_too_old_is_fetched_again_and_serves_while_that_fails() {
    let store = store();
    let cache = cache(&store, |config| config.ttl = 0.0);
    get(&cache, None, found("1")).await.unwrap();
    let stale = get(&cache, HOUR, Err("away".to_owned())).await.unwrap();
    assert_eq!((stale.fetched, stale.cached, stale.stale), (body("1"), true, true));
    let fresh = get(&cache, HOUR, found("2")).await.unwrap();
    assert_eq!((fresh.fetched, fresh.cached), (body("2"), false));
    assert_eq!(cache.get("GET /b", None, || ready(Err("away".to_owned()))).await, Err("away".to_owned()));
    let metrics = cache.metrics();
    assert_eq!((metrics.stale, metrics.fetch_errors, metrics.hits), (1, 2, 0));
}

#[tokio::test]
async fn a_fresh_answer_can_be_demanded() {
    let store = store();
    let cache = cache(&store, |_| {});
    get(&cache, None, found("1")).await.unwrap();
    let fresh = get(&cache, Some(Duration::ZERO), found("2")).await.unwrap();
    assert_eq!((fresh.fetched, fresh.cached), (body("2"), false));
    assert_eq!(get(&cache, None, found("3")).await.unwrap().fetched, body("2"));
}

#[tokio::test]
async fn that_something_is_missing_is_remembered_for_a_shorter_time() {
    let store = store();
    let missing = || Ok(Fetched::Missing("no such series".to_owned()));
    let cache_of = |negative_ttl| cache(&store, |config| config.negative_ttl = negative_ttl);
    let cache = cache_of(60.0);
    get(&cache, None, missing()).await.unwrap();
    assert_eq!(get(&cache, None, found("1")).await.unwrap().fetched, missing().unwrap());
    assert_eq!(cache.metrics().negative_hits, 1);
    assert_eq!(get(&cache_of(0.0), None, found("1")).await.unwrap().fetched, body("1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_who_want_the_same_one_fetches() {
    let store = store();
    let cache = Arc::new(cache(&store, |_| {}));
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU64::new(0)));
    let mut wanting = JoinSet::new();
    for _ in 0..1000 {
        let (cache, gate, calls) = (cache.clone(), gate.clone(), calls.clone());
        wanting.spawn(async move {
            let fetch = || async move {
                calls.fetch_add(1, SeqCst);
                gate.acquire().await.unwrap().forget();
                found("1")
            };
            cache.get("GET /a", None, fetch).await.unwrap().fetched
        });
    }
    while cache.metrics().misses < 1000 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    while let Some(got) = wanting.join_next().await {
        assert_eq!(got.unwrap(), body("1"));
    }
    assert_eq!((calls.load(SeqCst), cache.metrics().joined), (1, 999));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_instances_one_fetches() {
    let store = store();
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU64::new(0)));
    let caches: Vec<_> = (0..4).map(|_| Arc::new(cache(&store, |_| {}))).collect();
    let mut wanting = JoinSet::new();
    for cache in &caches {
        let (cache, gate, calls) = (cache.clone(), gate.clone(), calls.clone());
        wanting.spawn(async move {
            let fetch = || async move {
                calls.fetch_add(1, SeqCst);
                gate.acquire().await.unwrap().forget();
                found("1")
            };
            cache.get("GET /a", None, fetch).await.unwrap().fetched
        });
    }
    while caches.iter().any(|cache| cache.metrics().misses == 0) || calls.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    while let Some(got) = wanting.join_next().await {
        assert_eq!(got.unwrap(), body("1"));
    }
    assert_eq!(calls.load(SeqCst), 1);
}

#[tokio::test]
async fn who_waited_in_vain_fetches() {
    let store = store();
    let (one, two) = (cache(&store, |_| {}), Arc::new(cache(&store, |_| {})));
    let gate = Arc::new(Semaphore::new(0));
    let opens = gate.clone();
    let fails = || async move {
        gate.acquire().await.unwrap().forget();
        Err("no answer".to_owned())
    };
    let mut first = Box::pin(one.get("GET /a", None, fails));
    assert!((&mut first).now_or_never().is_none());
    let waits = two.clone();
    let second = tokio::spawn(async move { waits.get("GET /a", None, || ready(found("2"))).await });
    while two.metrics().misses == 0 {
        tokio::task::yield_now().await;
    }
    opens.add_permits(1);
    assert_eq!(first.await, Err("no answer".to_owned()));
    assert_eq!(second.await.unwrap().unwrap().fetched, body("2"));
}

#[tokio::test]
async fn a_fetch_goes_on_when_the_first_who_wanted_it_has_gone() {
    let store = store();
    let cache = cache(&store, |_| {});
    let gate = Arc::new(Semaphore::new(0));
    let opens = gate.clone();
    let fetch = || async move {
        gate.acquire().await.unwrap().forget();
        found("1")
    };
    let mut first = Box::pin(cache.get("GET /a", None, fetch));
    assert!((&mut first).now_or_never().is_none());
    let mut second = Box::pin(cache.get("GET /a", None, || ready(found("2"))));
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    opens.add_permits(1);
    assert_eq!(second.await.unwrap().fetched, body("1"));
}

#[tokio::test]
async fn what_is_too_large_is_given_and_not_kept() {
    let store = store();
    let cache = cache(&store, |config| config.max_entry_bytes = 3);
    assert_eq!(get(&cache, None, found("four")).await.unwrap().fetched, body("four"));
    assert_eq!(get(&cache, None, found("3")).await.unwrap().fetched, body("3"));
    assert_eq!(cache.metrics().too_large, 1);
}

#[tokio::test]
async fn memory_is_bounded() {
    let store = store();
    let cache = cache(&store, |config| config.near_bytes = 10_000);
    for n in 0..1000 {
        let body = Bytes::from(vec![b'x'; 100]);
        cache.get(&format!("GET /{n}"), None, || ready(Ok(Fetched::Found(body)))).await.unwrap();
    }
    let metrics = cache.metrics();
    assert!(metrics.near_bytes <= 10_000 && metrics.near_entries > 10, "{metrics:?}");
}

#[rstest]
#[case(CacheConfig { ttl: -1.0, negative_ttl: f64::NAN, ..CacheConfig::default() }, &["`ttl` is -1", "`negative_ttl` is NaN"])]
#[case(CacheConfig { max_entry_bytes: 0, ..CacheConfig::default() }, &["`max_entry_bytes` is 0: allowed are 1 to"])]
fn a_configuration_that_makes_no_sense_is_refused(#[case] config: CacheConfig, #[case] said: &[&str]) {
    let error = Cache::<String>::new(store(), "p", config).unwrap_err();
    assert_eq!(error.problems.len(), said.len());
    assert!(said.iter().all(|said| error.to_string().contains(said)), "{error}");
}

proptest! {
    #[test]
    fn entries_are_what_they_were(key in ".{0,20}", body in prop::collection::vec(any::<u8>(), 0..50), at_ms: u64, missing: bool) {
        let fetched = if missing { Fetched::Missing(key.clone()) } else { Fetched::Found(body.into()) };
        let entry = Entry { fetched, at_ms };
        let value = Bytes::from(entry.write(&key));
        prop_assert_eq!(Entry::read(&value, &key), Some(entry));
        prop_assert_eq!(Entry::read(&value, "another"), None);
    }

    #[test]
    fn rubbish_in_the_store_is_no_entry(value in prop::collection::vec(any::<u8>(), 0..50)) {
        prop_assert_eq!(Entry::read(&value.into(), "key"), None);
    }
}

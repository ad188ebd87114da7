//! Values that expire.

use std::time::Duration;

use rstest::rstest;
use tradebus::StoreError;

use super::{append, key};
use crate::support::{Backend, Kind, within};

const HOUR: Duration = Duration::from_hours(1);

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_what_was_set_last_until_it_is_removed(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (values, name) = (backend.store.values(), key("a value"));
    assert_eq!(values.value(&name).await.unwrap(), None);
    for text in [&b"one"[..], b"", &[0, 255, b'\r', b'\n']] {
        values.set_value(&name, text, HOUR).await.unwrap();
        assert_eq!(values.value(&name).await.unwrap().as_deref(), Some(text));
    }
    assert!(values.remove_value(&name).await.unwrap());
    assert!(!values.remove_value(&name).await.unwrap());
    assert_eq!(values.value(&name).await.unwrap(), None);
    // Values are no streams.
    values.set_value(&name, b"there", HOUR).await.unwrap();
    assert!(backend.store.streams(b"").await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_expires_by_the_clock_of_the_store(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (store, name) = (&*backend.store, key("a value"));
    let set = store.now_ms().await.unwrap();
    store.values().set_value(&name, b"short", Duration::from_millis(40)).await.unwrap();
    let gone = async {
        while store.values().value(&name).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    within("the end of the value", gone).await;
    assert!(store.now_ms().await.unwrap() >= set + 40);
    assert!(!store.values().remove_value(&name).await.unwrap());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_no_value_and_stays(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let stream = key("stream");
    append(&*backend.store, &stream, b"1").await;
    let values = backend.store.values();
    let errors = [
        values.value(&stream).await.unwrap_err(),
        values.set_value(&stream, b"x", HOUR).await.unwrap_err(),
        values.remove_value(&stream).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, StoreError::WrongType { stream: named } if *named == stream), "{error}");
    }
    assert_eq!(backend.store.len(&stream).await.unwrap(), 1);
}

//! Entries that hold no message, or hold it in another shape (S8).

use rstest::rstest;
use tradebus::store::NewEntry;
use tradebus::{StartFrom, StreamKey, SubscribeOptions};

use super::next;
use crate::fixtures::reader_cases;
use crate::support::{Backend, Fields, Kind, numbered, within};

/// What `NautilusTrader` 1.231.0 delivers of the same entries is delivered here, and all else is counted and skipped.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shape_is_delivered_or_counted(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(StartFrom::Latest, StartFrom::Earliest)] from: StartFrom,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let stream = StreamKey::from("shapes");
    let options = SubscribeOptions::default().stream(stream.clone()).from(from);
    let mut subscription = bus.subscribe("*", options).await.unwrap();
    let cases = reader_cases();
    let mut appender = backend.store.appender("test").await.unwrap();
    let mut acks = Vec::new();
    for case in &cases {
        let fields = Fields(case.fields.iter().map(|(name, value)| (&name[..], &value[..])).collect());
        appender.send(&[NewEntry { stream: &stream, fields: &fields }]).await.unwrap();
    }
    while acks.len() < cases.len() {
        within("receipts", appender.receive(&mut acks)).await.unwrap();
    }
    assert!(acks.iter().all(Result::is_ok), "{acks:?}");

    for case in cases.iter().filter(|case| case.delivered.is_some()) {
        let (got, wanted) = (next(&mut subscription).await, case.delivered.as_ref().unwrap());
        assert_eq!(got.topic.as_str(), wanted.topic, "{}", case.case);
        assert!(got.payload == wanted.payload[..], "{}: payloads differ", case.case);
        assert_eq!(got.type_name, wanted.type_name, "{}", case.case);
        assert_eq!(got.encoding.name(), wanted.encoding, "{}", case.case);
    }
    let skipped = cases.iter().filter(|case| case.delivered.is_none()).count() as u64;
    let counted: u64 = bus.metrics().malformed.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, skipped, "{:?}", bus.metrics().malformed);
}

/// Entries that a person puts into a stream of the bus do not stop it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_between_messages_is_skipped() {
    let backend = Backend::start(Kind::Redis).await;
    let server = backend.server.as_ref().unwrap();
    let bus = backend.bus(|_| {}).await;
    let mut subscription = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    let large = vec![b'x'; 65 << 20];
    let bomb = zstd::bulk::compress(&vec![0; 100 << 20], 3).unwrap();
    let mut ten_thousand: Vec<Vec<u8>> = (0..20_000).map(|n| format!("f{n}").into_bytes()).collect();
    ten_thousand.extend([b"topic", b"other"].map(|part| part.to_vec()));
    let rubbish: [(&str, Vec<&[u8]>); 6] = [
        ("no_topic", vec![b"payload", b"x"]),
        ("payload_too_large", vec![b"topic", b"t", b"payload", &large]),
        ("payload_too_large", vec![b"topic", b"t", b"payload", &bomb, b"zip", b"zstd"]),
        ("broken_compression", vec![b"topic", b"t", b"payload", b"no zstd", b"zip", b"zstd"]),
        ("unknown_compression", vec![b"topic", b"t", b"payload", b"x", b"zip", b"lz4"]),
        ("no_payload", ten_thousand.iter().map(Vec::as_slice).collect()),
    ];
    let mut counted = std::collections::BTreeMap::new();
    for (n, (kind, fields)) in (0..).zip(rubbish) {
        let words = [&[&b"XADD"[..], b"trader-TRADER-001:stream:normal", b"*"], &fields[..]].concat();
        server.ask(&words);
        bus.publish(numbered("t", n)).await.unwrap().await.unwrap();
        assert_eq!(crate::support::number_of(&next(&mut subscription).await), n, "after {kind}");
        *counted.entry(kind).or_insert(0) += 1;
    }
    let metrics = bus.metrics();
    let found: std::collections::BTreeMap<_, u64> =
        metrics.malformed.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(found, counted);
}

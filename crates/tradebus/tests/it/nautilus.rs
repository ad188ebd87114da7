//! Everything that `NautilusTrader` nodes were seen to write, read back through the bus.

use std::collections::BTreeMap;

use tradebus::{Bus, Delivery, Pattern, StartFrom, StreamKey, SubscribeOptions};

use crate::fixtures::{Entry, entries};
use crate::support::{Backend, Kind, RedisServer, within};

/// Where the entries lie whose stream was not recorded.
const UNRECORDED: &str = "trader-TRADER-001:rust";

/// Puts an entry into a stream exactly as it was written.
fn add(server: &RedisServer, stream: &str, entry: &Entry) {
    let mut words: Vec<&[u8]> = vec![b"XADD", stream.as_bytes(), b"*"];
    words.extend(entry.pairs().flat_map(|(name, value)| [name, value]));
    server.ask(&words).text();
}

fn assert_same(got: &Delivery, wanted: &Entry) {
    let what = format!("{} of {} ({}, {})", wanted.name, wanted.from, wanted.config, wanted.timestamps);
    assert_eq!(got.topic.as_str(), wanted.topic, "{what}");
    assert_eq!(got.type_name, wanted.header_type, "{what}");
    assert!(got.payload == *wanted.field("payload").unwrap(), "{what}: payloads differ");
    assert_eq!(got.payload_json(), wanted.value, "{what}");
    if let Some(name) = &wanted.payload_type {
        assert_eq!(
            got.payload_type(),
            if wanted.header_type.is_empty() { name } else { &wanted.header_type },
            "{what}"
        );
    }
}

/// Reads these streams with a pattern, and compares stream by stream, since there is no order between streams.
async fn assert_reads(bus: &Bus, pattern: &str, by_stream: &BTreeMap<String, Vec<Entry>>) -> usize {
    let mut options = SubscribeOptions::default().from(StartFrom::Earliest);
    for stream in by_stream.keys() {
        options = options.stream(stream.as_str());
    }
    let compiled = Pattern::new(pattern).unwrap();
    let matches = |entry: &&Entry| compiled.matches(entry.topic.as_bytes());
    let mut wanted: BTreeMap<StreamKey, Vec<&Entry>> = by_stream
        .iter()
        .map(|(stream, entries)| (StreamKey::new(stream), entries.iter().filter(matches).rev().collect()))
        .collect();
    let count = wanted.values().map(Vec::len).sum();
    let mut subscription = bus.subscribe(pattern, options).await.unwrap();
    for _ in 0..count {
        let got = within("an entry", subscription.next()).await.unwrap();
        assert_same(&got, wanted.get_mut(&got.stream).unwrap().pop().expect("no more of this stream"));
    }
    assert_eq!(subscription.queued(), 0, "{pattern}");
    count
}

async fn assert_reads_all(bus: &Bus, by_stream: &BTreeMap<String, Vec<Entry>>) {
    assert_eq!(assert_reads(bus, "*", by_stream).await, 678);
    for pattern in ["data.*.BINANCE.*", "events.*", "data.quotes.?INANCE*"] {
        let count = assert_reads(bus, pattern, by_stream).await;
        assert!(count > 0 && count < 678, "{pattern}: {count}");
    }
    assert!(bus.metrics().malformed.iter().all(|(_, count)| *count == 0), "{:?}", bus.metrics().malformed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_in_the_stream_where_it_was_written() {
    let backend = Backend::start(Kind::Redis).await;
    let mut by_stream: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries() {
        let stream = entry.stream.clone().unwrap_or_else(|| UNRECORDED.to_owned());
        add(backend.server.as_ref().unwrap(), &stream, &entry);
        by_stream.entry(stream).or_default().push(entry);
    }
    assert!(by_stream.len() > 10, "{:?}", by_stream.keys());
    let bus = backend.bus(|_| {}).await;
    assert_reads_all(&bus, &by_stream).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_entries_in_one_stream() {
    let backend = Backend::start(Kind::Redis).await;
    let entries = entries();
    for entry in &entries {
        add(backend.server.as_ref().unwrap(), "trader-TRADER-001:stream", entry);
    }
    let bus = backend.bus(|_| {}).await;
    assert_reads_all(&bus, &BTreeMap::from([("trader-TRADER-001:stream".to_owned(), entries)])).await;
}

/// A node with a stream for each topic is read without naming its streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_streams_of_a_node_are_found() {
    let backend = Backend::start(Kind::Redis).await;
    let bus = backend.bus(|config| config.stream_per_topic = Some(true)).await;
    let from_here = |entry: &Entry| entry.stream == Some(format!("trader-TRADER-001:stream:{}", entry.topic));
    let entries: Vec<Entry> = entries().into_iter().filter(from_here).collect();
    assert!(entries.len() > 100, "{}", entries.len());
    let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for entry in &entries {
        add(backend.server.as_ref().unwrap(), entry.stream.as_ref().unwrap(), entry);
    }
    let mut wanted: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().rev() {
        wanted.entry(&entry.topic).or_default().push(entry);
    }
    for _ in 0..entries.len() {
        let got = within("an entry", all.next()).await.unwrap();
        assert_same(&got, wanted.get_mut(got.topic.as_str()).unwrap().pop().unwrap());
    }
}

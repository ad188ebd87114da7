//! A message as it lies in Redis, and how it comes back.

use tradebus::{Encoding, Message, Priority, StartFrom, SubscribeOptions, Topic};

use super::{BASE, numbered};
use crate::support::{Backend, Kind, Value, within};

/// Names and values of the fields of all entries of a lane, as `XRANGE` shows them.
fn records(backend: &Backend, tier: Priority) -> Vec<Vec<(String, Vec<u8>)>> {
    let server = backend.server.as_ref().expect("a server");
    let fields = |entry: Value| {
        let parts = entry.list().remove(1).list();
        parts.chunks(2).map(|pair| (pair[0].clone().text(), pair[1].clone().bulk())).collect()
    };
    server.ask(&["XRANGE", &format!("{BASE}:{tier}"), "-", "+"]).list().into_iter().map(fields).collect()
}

#[tokio::test]
async fn fields_have_the_order_that_every_nautilus_version_reads() {
    let backend = Backend::start(Kind::Redis).await;
    let bus = backend.bus(|_| {}).await;
    let full = Message::new("risk.alerts.X", &b"\x80"[..]).unwrap();
    let full = full
        .type_name("Alert")
        .encoding(Encoding::MsgPack)
        .priority(Priority::Critical)
        .correlation_id("c-1")
        .reply_to(&Topic::new("risk.replies").unwrap())
        .header("desk", "fx");
    let mut full = full;
    full.headers_mut().traceparent = Some("00-ab-cd-01".into());
    bus.publish(full.clone()).await.unwrap().await.unwrap();
    bus.publish(numbered("t", 7)).await.unwrap().await.unwrap();

    let record = records(&backend, Priority::Critical).remove(0);
    let names: Vec<&str> = record.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(names, ["topic", "payload", "type", "encoding", "pri", "ts", "cid", "reply", "tp", "hdr"]);
    let value = |name: &str| {
        let (_, value) = record.iter().find(|(field, _)| field == name).unwrap();
        String::from_utf8_lossy(value).into_owned()
    };
    assert_eq!([value("topic"), value("type"), value("encoding")], ["risk.alerts.X", "Alert", "MsgPack"]);
    assert_eq!([value("pri"), value("cid"), value("reply")], ["3", "c-1", "risk.replies"]);
    assert_eq!([value("tp"), value("hdr")], ["00-ab-cd-01", r#"{"desk":"fx"}"#]);

    let plain = records(&backend, Priority::Normal).remove(0);
    let names: Vec<&str> = plain.iter().map(|(name, _)| &name[..]).collect();
    assert_eq!(names, ["topic", "payload", "type", "encoding", "ts"], "without `pri`, which is NORMAL");

    let mut all = bus.subscribe("*", SubscribeOptions::default().from(StartFrom::Earliest)).await.unwrap();
    let back = within("the message", all.next()).await.unwrap();
    full.ts = value("ts").parse().unwrap();
    assert_eq!(back.message, full);
}

#[tokio::test]
async fn large_payloads_are_compressed_where_that_helps() {
    let backend = Backend::start(Kind::Redis).await;
    let bus = backend
        .bus(|config| {
            config.default_buffer_config.enable_compression = true;
            config.default_buffer_config.compression_threshold = 1_000;
        })
        .await;
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(5_000).collect();
    let payloads = [b"quote ".repeat(10_000), b"quote ".repeat(10), noise, Vec::new(), vec![0; 4 << 20]];
    for payload in &payloads {
        let message = Message::new("t", payload.clone()).unwrap();
        bus.publish(message).await.unwrap().await.unwrap();
    }
    let stored = records(&backend, Priority::Normal);
    let zips: Vec<bool> = stored.iter().map(|record| record.iter().any(|(name, _)| name == "zip")).collect();
    assert_eq!(zips, [true, false, false, false, true]);
    assert!(stored[0][1].1.len() < 1_000, "{} bytes are stored", stored[0][1].1.len());

    let mut all = bus.subscribe("t", SubscribeOptions::default().from(StartFrom::Earliest)).await.unwrap();
    for payload in &payloads {
        assert!(within("a message", all.next()).await.unwrap().payload == payload[..], "payloads differ");
    }
}

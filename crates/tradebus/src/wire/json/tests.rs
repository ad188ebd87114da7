use proptest::prelude::*;
use serde_json::{Value, json};

use crate::wire::payload::MAX_DEPTH;
use crate::{Delivery, Encoding, EntryId, Message, Priority, StreamKey, Topic};

fn delivery(message: Message) -> Delivery {
    Delivery::new(EntryId::new(1_700_000_000_000, 7), StreamKey::from("base:high"), message)
}

fn line(message: Message) -> String {
    delivery(message).to_json_line()
}

#[test]
fn all_that_is_set_in_order() {
    let mut message = Message::new("t", "{\"a\":\n1.50}")
        .unwrap()
        .type_name("A\"B")
        .priority(Priority::High)
        .correlation_id("c")
        .reply_to(&Topic::new("r").unwrap())
        .header("z", "1")
        .header("a", "é");
    message.ts = u64::MAX;
    message.headers_mut().traceparent = Some("00-x".into());
    message = message.expires_at(7);
    assert_eq!(
        line(message),
        concat!(
            r#"{"id":"1700000000000-7","stream":"base:high","topic":"t","type":"A\"B","encoding":"json","#,
            r#""priority":"high","ts":18446744073709551615,"payload":{"a":1.50},"correlation_id":"c","#,
            r#""reply_to":"r","traceparent":"00-x","expires_at":7,"headers":{"z":"1","a":"é"}}"#
        )
    );
}

#[test]
fn what_the_payload_really_is() {
    for (payload, encoding, name, key, value) in [
        (&b"\x81\xa1a\x01"[..], Encoding::Json, "msgpack", "payload", json!({"a": 1})),
        (b"{\"a\":1}", Encoding::MsgPack, "json", "payload", json!({"a": 1})),
        (b"\0\xff", Encoding::Json, "bytes", "payload_b64", json!("AP8=")),
        (b"", Encoding::Json, "bytes", "payload_b64", json!("")),
        (b"{}", Encoding::Sbe, "sbe", "payload_b64", json!("e30=")),
        (b"{}", Encoding::Capnp, "capnp", "payload_b64", json!("e30=")),
        (
            b"2026-11-23T08:43:47.8+00:00",
            Encoding::Json,
            "bytes",
            "payload_b64",
            json!("MjAyNi0xMS0yM1QwODo0Mzo0Ny44KzAwOjAw"),
        ),
    ] {
        let line = line(Message::new("t", payload).unwrap().encoding(encoding));
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["encoding"], &read[key]), (&json!(name), &value), "{line}");
        assert_eq!(read.as_object().unwrap().len(), 8);
        assert_eq!(read["ts"], Value::Null);
    }
}

#[test]
fn a_type_that_is_only_in_the_payload() {
    for payload in [&br#"{"type":"QuoteTick"}"#[..], b"\x81\xa4type\xa9QuoteTick"] {
        let read: Value = serde_json::from_str(&line(Message::new("t", payload).unwrap())).unwrap();
        assert_eq!(read["type"], "QuoteTick", "Python nodes leave the field empty");
    }
}

#[test]
fn stream_keys_may_be_any_bytes() {
    let mut delivery = delivery(Message::new("t", "1").unwrap());
    delivery.stream = StreamKey::new(b"a\xff\"");
    assert!(delivery.to_json_line().contains("\"stream\":\"a\u{fffd}\\\"\""));
}

#[test]
fn lines_follow_one_another_in_a_buffer() {
    let one = delivery(Message::new("t", "[1]").unwrap());
    let mut out = Vec::new();
    for _ in 0..2 {
        one.write_json_line(&mut out);
        out.push(b'\n');
    }
    assert_eq!(String::from_utf8(out).unwrap(), format!("{0}\n{0}\n", one.to_json_line()));
}

#[test]
fn the_deepest_payload_can_still_be_read() {
    for (depth, key) in [(MAX_DEPTH, "payload"), (MAX_DEPTH + 1, "payload_b64")] {
        let json = ["[".repeat(depth), "]".repeat(depth)].concat();
        let msgpack = [vec![0x91; depth - 1], vec![0x90]].concat();
        for payload in [json.into_bytes(), msgpack] {
            let line = line(Message::new("t", payload).unwrap());
            let read: Value = serde_json::from_str(&line).unwrap();
            assert!(read.get(key).is_some(), "{line}");
        }
    }
}

proptest! {
    /// Any message is one line, and what is read from it is what was written.
    #[test]
    fn always_a_line_of_json(
        topic: String,
        type_name: String,
        payload: Vec<u8>,
        stream: Vec<u8>,
        ts: u64,
        cid: Option<String>,
    ) {
        let mut message = Message::new(Topic::as_read(&topic), payload).unwrap().type_name(&type_name[..]);
        message.ts = ts;
        if let Some(cid) = &cid {
            message = message.correlation_id(&cid[..]);
        }
        let line = Delivery::new(EntryId::MAX, StreamKey::new(&stream), message).to_json_line();
        prop_assert!(!line.contains(['\n', '\r']));
        let read: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(&read["topic"], &json!(topic));
        prop_assert_eq!(&read["type"], &json!(type_name));
        prop_assert_eq!(&read["stream"], &json!(String::from_utf8_lossy(&stream)));
        prop_assert_eq!(read["ts"].as_u64(), (ts != 0).then_some(ts));
        prop_assert_eq!(read.get("correlation_id").cloned(), cid.map(Value::from));
        prop_assert_eq!(read.get("payload").is_some(), read.get("payload_b64").is_none());
    }
}

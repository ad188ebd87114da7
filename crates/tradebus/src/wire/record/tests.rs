use bytes::Bytes;
use proptest::prelude::*;
use rstest::rstest;
use smol_str::SmolStr;

use super::decode::Ignored;
use super::{Limits, Malformed, RawRecord, sequence_of, with_fields};
use crate::wire::compress::Packer;
use crate::wire::sequence::Sequence;
use crate::{Encoding, Headers, Message, Priority, Topic, fixtures};

const LIMITS: Limits = Limits { payload_bytes: 1 << 21 };

type Owned = Vec<(Vec<u8>, Vec<u8>)>;

fn pairs(fields: &Owned) -> impl Iterator<Item = (&[u8], &[u8])> {
    fields.iter().map(|(name, value)| (&name[..], &value[..]))
}

fn decode<'a>(
    fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) -> Result<(Message, Ignored), Malformed> {
    let record = RawRecord::parse(fields)?;
    let topic = Topic::as_read(record.topic);
    record.into_message(topic, Bytes::copy_from_slice, Priority::Normal, LIMITS)
}

fn encode(message: &Message, packed: Option<&[u8]>) -> Owned {
    with_fields(message, packed, None, |fields| {
        fields.iter().map(|&(name, value)| (name.to_vec(), value.to_vec())).collect()
    })
}

fn names(fields: &Owned) -> Vec<&str> {
    fields.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect()
}

#[test]
fn reads_as_nautilus_trader_does() {
    let cases = fixtures::reader_cases();
    assert_eq!(cases.len(), 31);
    for case in cases {
        let decoded = decode(pairs(&case.fields)).ok().map(|(message, _)| message);
        assert_eq!(decoded.is_some(), case.delivered.is_some(), "{}", case.case);
        if let (Some(message), Some(expected)) = (decoded, case.delivered) {
            assert_eq!(message.topic.as_str(), expected.topic, "{}", case.case);
            assert_eq!(message.payload, expected.payload, "{}", case.case);
            assert_eq!(message.type_name, expected.type_name, "{}", case.case);
            assert_eq!(message.encoding.name(), expected.encoding, "{}", case.case);
        }
    }
}

#[test]
fn reads_all_captured_entries() {
    for entry in fixtures::entries() {
        let (message, ignored) = decode(entry.pairs()).unwrap();
        assert_eq!(message.topic.as_str(), entry.topic);
        assert_eq!(message.type_name, entry.header_type);
        assert_eq!(Some(&message.payload[..]), entry.field("payload"));
        let encoding = entry.field("encoding").unwrap_or(b"Json");
        assert_eq!(message.encoding.name().as_bytes(), encoding);
        assert_eq!((message.priority, message.ts, message.headers), (Priority::Normal, 0, None));
        assert!(ignored.is_empty());
    }
}

#[test]
fn writes_four_fields_in_the_order_that_all_versions_read() {
    let message = Message::new("t", "p").unwrap();
    let fields = encode(&message, None);
    let expected = [("topic", "t"), ("payload", "p"), ("type", ""), ("encoding", "Json")];
    let expected = expected.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    assert_eq!(fields, expected);
}

#[test]
fn writes_what_is_set_in_order() {
    let mut message = Message::new("t", "p")
        .unwrap()
        .type_name("QuoteTick")
        .encoding(Encoding::MsgPack)
        .priority(Priority::Critical)
        .correlation_id("c-1")
        .reply_to(&Topic::new("r").unwrap())
        .header("b", "\"2\"")
        .header("a", "1");
    message.ts = 1_700_000_000_123_456_789;
    message.headers_mut().traceparent = Some("00-t".into());
    let fields = encode(&message, Some(b"packed"));
    let all = ["topic", "payload", "type", "encoding", "pri", "ts", "cid", "reply", "tp", "zip", "hdr"];
    assert_eq!(names(&fields), all);
    let values: Vec<&[u8]> = fields.iter().map(|(_, value)| &value[..]).collect();
    assert_eq!(values[1], b"packed");
    assert_eq!(values[3..6], [&b"MsgPack"[..], b"3", b"1700000000123456789"]);
    assert_eq!(values[9..], [&b"zstd"[..], br#"{"b":"\"2\"","a":"1"}"#]);
}

#[test]
fn the_number_stands_before_the_compression_and_changes_nothing_else() {
    let message = Message::new("t", "p").unwrap().expires_at(5).header("a", "1");
    let sequence = Sequence::parse(b"00c0ffee5eed0042-7").unwrap();
    let fields: Owned = with_fields(&message, Some(b"packed"), Some(sequence), |fields| {
        fields.iter().map(|&(name, value)| (name.to_vec(), value.to_vec())).collect()
    });
    assert_eq!(names(&fields)[4..], ["exp", "seq", "zip", "hdr"]);
    assert_eq!(fields[5].1, b"00c0ffee5eed0042-7");
    assert_eq!(sequence_of(pairs(&fields)), Some(sequence));
    let fields: Owned = fields.into_iter().filter(|(name, _)| name != b"zip").collect();
    assert_eq!(RawRecord::parse(pairs(&fields)).unwrap().sequence(), Some(sequence));
    let (message, ignored) = decode(pairs(&fields)).unwrap();
    assert!(ignored.is_empty() && message.headers.is_some_and(|headers| headers.other.len() == 1));
}

#[test]
fn a_dead_letter_has_the_number_of_another_stream() {
    let fields = [(&b"dead_id"[..], &b"1-0"[..]), (b"topic", b"t"), (b"seq", b"00c0ffee5eed0042-7")];
    assert_eq!(sequence_of(fields), None);
}

#[rstest]
#[case::no_topic(&[("payload", "p")], Malformed::NoTopic)]
#[case::no_payload(&[("topic", "t")], Malformed::NoPayload)]
#[case::nothing(&[], Malformed::NoTopic)]
#[case::encoding(&[("topic", "t"), ("payload", "p"), ("encoding", "xml")], Malformed::UnknownEncoding)]
#[case::no_encoding(&[("topic", "t"), ("payload", "p"), ("encoding", "")], Malformed::UnknownEncoding)]
#[case::zip(&[("topic", "t"), ("payload", "p"), ("zip", "gzip")], Malformed::UnknownCompression)]
#[case::no_zip(&[("topic", "t"), ("payload", "p"), ("zip", "")], Malformed::UnknownCompression)]
#[case::zstd(&[("topic", "t"), ("payload", "p"), ("zip", "zstd")], Malformed::BrokenCompression)]
fn refuses(#[case] fields: &[(&str, &str)], #[case] kind: Malformed) {
    let fields = fields.iter().map(|&(name, value)| (name.as_bytes(), value.as_bytes()));
    assert_eq!(decode(fields).unwrap_err(), kind);
}

#[test]
fn refuses_what_is_no_text_or_too_large() {
    let with = |name: &'static str, value: &'static [u8]| {
        decode([(&b"topic"[..], &b"t"[..]), (b"payload", b"p"), (name.as_bytes(), value)]).map(|_| ())
    };
    assert_eq!(with("topic", b"\xff"), Err(Malformed::TopicNotUtf8));
    assert_eq!(with("type", b"\xff"), Err(Malformed::TypeNotUtf8));
    assert_eq!(with("encoding", b"\xff"), Err(Malformed::UnknownEncoding));
    assert_eq!(with("other", b"\xff"), Ok(()));
    let large = vec![b'x'; LIMITS.payload_bytes + 1];
    for (payload, expected) in [(&large[1..], Ok(())), (&large[..], Err(Malformed::PayloadTooLarge))] {
        assert_eq!(decode([(&b"topic"[..], &b"t"[..]), (b"payload", payload)]).map(|_| ()), expected);
    }
}

#[test]
fn ten_thousand_fields() {
    let mut fields: Owned = (0..10_000).map(|n| (format!("f{n}").into_bytes(), vec![0xff])).collect();
    fields.push((b"payload".to_vec(), b"p".to_vec()));
    fields.insert(5000, (b"topic".to_vec(), b"t".to_vec()));
    assert_eq!(decode(pairs(&fields)).unwrap().0, Message::new("t", "p").unwrap());
}

#[rstest]
#[case("pri", b"9")]
#[case("pri", b"")]
#[case("pri", b"03")]
#[case("pri", b"HIGH")]
#[case("ts", b"abc")]
#[case("ts", b"")]
#[case("ts", b"-1")]
#[case("ts", b"18446744073709551616")]
#[case("cid", b"\xff")]
#[case("reply", b"\xff")]
#[case("tp", b"\xff")]
#[case("seq", b"7")]
#[case("hdr", b"{")]
#[case("hdr", b"{}{}")]
#[case("hdr", b"[]")]
#[case("hdr", br#"{"a":1}"#)]
#[case("hdr", b"{\"a\":\"\xff\"}")]
fn own_fields_that_make_no_sense_are_left_out(#[case] name: &'static str, #[case] value: &[u8]) {
    let (message, ignored) =
        decode([(&b"topic"[..], &b"t"[..]), (b"payload", b"p"), (name.as_bytes(), value)]).unwrap();
    assert_eq!(ignored.names().collect::<Vec<_>>(), [name]);
    assert_eq!(message, Message::new("t", "p").unwrap());
}

#[test]
fn the_lane_says_the_tier_unless_the_message_does() {
    for (pri, expected) in [(None, Priority::High), (Some("0"), Priority::Low), (Some("7"), Priority::High)] {
        let fields = [("topic", Some("t")), ("payload", Some("p")), ("pri", pri)];
        let fields = fields.iter().filter_map(|&(name, value)| Some((name.as_bytes(), value?.as_bytes())));
        let record = RawRecord::parse(fields).unwrap();
        let topic = Topic::as_read(record.topic);
        let (message, _) =
            record.into_message(topic, Bytes::copy_from_slice, Priority::High, LIMITS).unwrap();
        assert_eq!(message.priority, expected);
    }
}

fn text() -> impl Strategy<Value = SmolStr> {
    any::<String>().prop_map(SmolStr::from)
}

fn headers() -> impl Strategy<Value = Headers> {
    let one = || prop::option::of(text());
    let time = || prop::option::of(any::<u64>());
    (one(), one(), one(), (time(), time()), prop::collection::vec((text(), text()), 0..4)).prop_map(
        |(correlation_id, reply_to, traceparent, (expires_at, deliver_at), other)| Headers {
            correlation_id,
            reply_to,
            traceparent,
            expires_at,
            deliver_at,
            other,
        },
    )
}

/// Any message; one without headers has no empty box of them either.
fn message() -> impl Strategy<Value = Message> {
    let payload = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (any::<u8>(), 0usize..5000).prop_map(|(byte, times)| vec![byte; times]),
    ];
    let encoding = prop::sample::select(&Encoding::ALL[..]);
    let tier = prop::sample::select(&Priority::ALL[..]);
    (any::<String>(), payload, text(), encoding, tier, any::<u64>(), headers()).prop_map(
        |(topic, payload, type_name, encoding, priority, ts, headers)| Message {
            topic: Topic::as_read(&topic),
            payload: payload.into(),
            type_name,
            encoding,
            priority,
            ts,
            headers: (headers != Headers::default()).then(|| Box::new(headers)),
        },
    )
}

proptest! {
    #[test]
    fn reads_what_it_writes(message in message(), shuffle in any::<prop::sample::Index>(), zip: bool) {
        let mut packer = Packer::new(1, 0).unwrap();
        let packed = if zip { packer.pack(&message.payload) } else { None };
        let mut fields = encode(&message, packed);
        prop_assert_eq!(&names(&fields)[..4], ["topic", "payload", "type", "encoding"]);
        let at = shuffle.index(fields.len());
        fields.rotate_left(at);
        let (read, ignored) = decode(pairs(&fields)).unwrap();
        prop_assert_eq!(read, message);
        prop_assert!(ignored.is_empty());
    }

    /// Whatever the fields hold: an answer, and a message exactly where there are a topic and a payload to be
    /// read.
    #[test]
    fn any_fields_get_an_answer(fields in prop::collection::vec((field_name(), field_value()), 0..12)) {
        let last = |wanted: &str| pairs(&fields).filter(|(name, _)| *name == wanted.as_bytes()).last();
        match decode(pairs(&fields)) {
            Ok((message, _)) => {
                prop_assert_eq!(Some(message.topic.as_bytes()), last("topic").map(|(_, value)| value));
                let payload = last("payload").map(|(_, value)| value);
                prop_assert!(last("zip").is_some() || payload == Some(&message.payload[..]));
            }
            Err(Malformed::NoTopic) => prop_assert!(last("topic").is_none()),
            Err(Malformed::NoPayload) => prop_assert!(last("payload").is_none()),
            Err(_) => {}
        }
    }
}

fn field_name() -> impl Strategy<Value = Vec<u8>> {
    const NAMES: [&str; 13] = [
        "topic", "payload", "type", "encoding", "pri", "ts", "cid", "reply", "tp", "due", "seq", "zip", "hdr",
    ];
    prop_oneof![
        9 => prop::sample::select(&NAMES[..]).prop_map(|name| name.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn field_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(
            &["", "json", "SBE", "zstd", "3", "12345", "{\"a\":\"b\"}", "(\u{b5}/\u{fffd}"][..]
        )
        .prop_map(|value| value.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
        Just(vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x01, 0x09, 0x00, 0x00, b'x']),
    ]
}

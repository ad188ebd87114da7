use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Number, Value};

use super::{MAX_DEPTH, PayloadForm, type_of, write_json};
use crate::{Encoding, Message, fixtures};

fn decode(payload: &[u8], hint: Encoding) -> (PayloadForm, String) {
    let mut out = b"~".to_vec();
    let form = write_json(payload, hint, &mut out);
    (form, String::from_utf8(out[1..].to_vec()).unwrap())
}

#[test]
fn decodes_all_captured_entries() {
    for entry in fixtures::entries() {
        let payload = entry.field("payload").unwrap();
        let hint = entry
            .field("encoding")
            .map_or(Encoding::Json, |name| std::str::from_utf8(name).unwrap().parse().unwrap());
        let (form, json) = decode(payload, hint);
        assert_eq!(form.name(), entry.form, "{} {}", entry.from, entry.name);
        assert_eq!(json, entry.value.clone().unwrap_or_default(), "{} {}", entry.from, entry.name);
        assert_eq!(type_of(payload, hint).as_deref(), entry.payload_type.as_deref());
    }
}

#[rstest]
#[case::json_map(b"{\"a\":1}", Encoding::Json, PayloadForm::Json, "{\"a\":1}")]
#[case::wrong_hint(b"{\"a\":1}", Encoding::MsgPack, PayloadForm::Json, "{\"a\":1}")]
#[case::msgpack_map(b"\x81\xa1a\x01", Encoding::Json, PayloadForm::MsgPack, "{\"a\":1}")]
#[case::numbers_keep_their_text(b" 1.50e+07 ", Encoding::Json, PayloadForm::Json, "1.50e+07")]
#[case::order_is_kept(
    b"{\"b\":1,\"a\":2,\"b\":3}",
    Encoding::Json,
    PayloadForm::Json,
    "{\"b\":1,\"a\":2,\"b\":3}"
)]
#[case::lines(
    b"{\r\n \"a\\\"\\n\" :\n\t[1,\n2]\n}\n",
    Encoding::Json,
    PayloadForm::Json,
    "{ \"a\\\"\\n\" :\t[1,2]}"
)]
#[case::quoted(b"[\"\\\\\", \"{[\\\"\"]", Encoding::Json, PayloadForm::Json, "[\"\\\\\", \"{[\\\"\"]")]
#[case::two_values(b"1 2", Encoding::Json, PayloadForm::Bytes, "")]
#[case::cut(b"{\"a\":", Encoding::Json, PayloadForm::Bytes, "")]
#[case::text(b"hello", Encoding::Json, PayloadForm::Bytes, "")]
#[case::nan(b"NaN", Encoding::Json, PayloadForm::Bytes, "")]
#[case::not_utf8(b"\"\xff\"", Encoding::Json, PayloadForm::Bytes, "")]
#[case::control(b"\"a\nb\"", Encoding::Json, PayloadForm::Bytes, "")]
#[case::empty(b"", Encoding::Json, PayloadForm::Bytes, "")]
#[case::one_byte_json(b"5", Encoding::Json, PayloadForm::Json, "5")]
#[case::one_byte_msgpack(b"5", Encoding::MsgPack, PayloadForm::MsgPack, "53")]
#[case::int_of_a_python_node(b"*", Encoding::Json, PayloadForm::MsgPack, "42")]
#[case::sbe(b"{}", Encoding::Sbe, PayloadForm::Sbe, "")]
#[case::capnp(b"\x80", Encoding::Capnp, PayloadForm::Capnp, "")]
fn decodes(#[case] payload: &[u8], #[case] hint: Encoding, #[case] form: PayloadForm, #[case] json: &str) {
    assert_eq!(decode(payload, hint), (form, json.to_owned()));
}

#[rstest]
#[case::nil(b"\xc0", "null")]
#[case::bools(b"\x92\xc2\xc3", "[false,true]")]
#[case::fixints(b"\x92\x7f\xe0", "[127,-32]")]
#[case::unsigned(
    b"\x94\xcc\xff\xcd\xff\xff\xce\xff\xff\xff\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    "[255,65535,4294967295,18446744073709551615]"
)]
#[case::signed(
    b"\x94\xd0\x80\xd1\x80\0\xd2\x80\0\0\0\xd3\x80\0\0\0\0\0\0\0",
    "[-128,-32768,-2147483648,-9223372036854775808]"
)]
#[case::floats(b"\x92\xca\x3f\xc0\0\0\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "[1.5,0.1]")]
#[case::no_numbers(b"\x93\xcb\x7f\xf8\0\0\0\0\0\0\xca\x7f\x80\0\0\xca\xff\x80\0\0", "[null,null,null]")]
#[case::strings(b"\x94\xa0\xd9\x01a\xda\0\x01\n\xdb\0\0\0\x02\xc3\xa9", "[\"\",\"a\",\"\\n\",\"\u{e9}\"]")]
#[case::binaries(b"\x93\xc4\x01\xff\xc5\0\x01\0\xc6\0\0\0\x00", "[\"/w==\",\"AA==\",\"\"]")]
#[case::fixext(b"\xd4\x05\xff", "{\"ext\":5,\"data\":\"/w==\"}")]
#[case::timestamp(b"\xd6\xff\0\0\0\x01", "{\"ext\":-1,\"data\":\"AAAAAQ==\"}")]
#[case::ext(b"\xc7\x00\x07", "{\"ext\":7,\"data\":\"\"}")]
#[case::arrays(b"\x92\xdc\0\x01\x01\xdd\0\0\0\x01\x90", "[[1],[[]]]")]
#[case::maps(b"\x82\xa1a\xde\0\x01\xa1b\x01\xa1c\xdf\0\0\0\0", "{\"a\":{\"b\":1},\"c\":{}}")]
#[case::keys(
    b"\x86\x01\x01\xff\x02\xc0\x03\xc3\x04\xcb\x3f\xf8\0\0\0\0\0\0\x05\xc4\x01\xff\x06",
    "{\"1\":1,\"-1\":2,\"null\":3,\"true\":4,\"1.5\":5,\"/w==\":6}"
)]
fn transcodes(#[case] payload: &[u8], #[case] json: &str) {
    assert_eq!(decode(payload, Encoding::MsgPack), (PayloadForm::MsgPack, json.to_owned()));
    assert!(serde_json::from_str::<Value>(json).is_ok());
}

#[rstest]
#[case::reserved(b"\xc1")]
#[case::trailing(b"\x01\x01")]
#[case::str_not_utf8(b"\xa1\xff")]
#[case::str_cut(b"\xa2a")]
#[case::map_cut(b"\x82\xa1a\x01")]
#[case::length_cut(b"\xdd\0\0\0")]
#[case::hostile_array(b"\xdd\xff\xff\xff\xff\x01")]
#[case::hostile_map(b"\xdf\xff\xff\xff\xff\x01\x01")]
#[case::hostile_str(b"\xdb\xff\xff\xff\xffa")]
#[case::hostile_bin(b"\xc6\xff\xff\xff\xffa")]
#[case::hostile_ext(b"\xc9\xff\xff\xff\xff\x01a")]
#[case::map_as_key(b"\x81\x80\x01")]
#[case::array_as_key(b"\x81\x90\x01")]
#[case::ext_as_key(b"\x81\xd4\x01\x01\x01")]
fn what_is_no_msgpack_is_bytes(#[case] payload: &[u8]) {
    assert_eq!(decode(payload, Encoding::MsgPack), (PayloadForm::Bytes, String::new()));
}

#[test]
fn depth_is_bounded() {
    let million = 1_000_000;
    for (depth, decoded) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false), (million, false)] {
        let arrays = ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes();
        let objects = ["{\"a\":".repeat(depth - 1), "{}".into(), "}".repeat(depth - 1)].concat().into_bytes();
        let packed_arrays = [vec![0x91; depth - 1], vec![0x90]].concat();
        let packed_maps = [b"\x81\xa1a".repeat(depth - 1), vec![0x80]].concat();
        for payload in [arrays, objects, packed_arrays, packed_maps] {
            let (form, json) = decode(&payload, Encoding::Json);
            assert_eq!(form != PayloadForm::Bytes, decoded, "{depth} {:?}", &payload[..4]);
            assert_eq!(!json.is_empty(), decoded);
        }
    }
}

#[rstest]
#[case(br#"{"type":"A","type":"B"}"#, Some("A"))]
#[case(br#" {"x":{"type":"no","y":[1,{"type":2}]},"type":"yes"}"#, Some("yes"))]
#[case(br#"{"t\u0079pe":"a\u0062"}"#, Some("ab"))]
#[case(br#"{"type":1}"#, None)]
#[case(br#"{"type":null,"type":"B"}"#, None)]
#[case(br#"["type","A"]"#, None)]
#[case(br#"{"x":"type"}"#, None)]
#[case(br#"{"x":1,"#, None)]
#[case(b"\x82\xa1x\x91\x81\xa4type\xa2no\xa4type\xa3yes", Some("yes"))]
#[case(b"\x81\xa4type\x01", None)]
#[case(b"\x82\x01\xc0\xa4type\xa1A", Some("A"))]
#[case(b"\x81\xa1x\xdd\xff\xff\xff\xff", None)]
#[case(b"\xdf\xff\xff\xff\xff", None)]
#[case(b"", None)]
fn finds_the_type(#[case] payload: &[u8], #[case] expected: Option<&str>) {
    assert_eq!(type_of(payload, Encoding::Json).as_deref(), expected);
    assert_eq!(type_of(payload, Encoding::Sbe), None);
}

#[test]
fn the_header_names_the_type_first() {
    let message = Message::new("t", br#"{"type":"Inner"}"#.as_slice()).unwrap();
    assert_eq!(message.payload_type(), "Inner");
    assert_eq!(message.type_name("Header").payload_type(), "Header");
    assert_eq!(Message::new("t", "1").unwrap().payload_type(), "");
}

/// Trees that JSON and `MessagePack` can both hold.
fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 200, 40, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..40).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..40).prop_map(Value::from_iter),
        ]
    })
}

fn text_hint() -> impl Strategy<Value = Encoding> {
    prop::sample::select(&[Encoding::Json, Encoding::MsgPack][..])
}

proptest! {
    #[test]
    fn transcodes_what_rmp_serde_writes(tree in tree()) {
        let packed = rmp_serde::to_vec_named(&tree).unwrap();
        let (form, json) = decode(&packed, Encoding::MsgPack);
        prop_assert_eq!(form, PayloadForm::MsgPack);
        prop_assert_eq!(json, serde_json::to_string(&tree).unwrap());
    }

    #[test]
    fn json_keeps_its_text(tree in tree(), hint in text_hint()) {
        let text = serde_json::to_string(&tree).unwrap();
        prop_assume!(text.len() > 1);
        prop_assert_eq!(decode(text.as_bytes(), hint), (PayloadForm::Json, text));
        let pretty = serde_json::to_string_pretty(&tree).unwrap();
        let (form, line) = decode(pretty.as_bytes(), hint);
        prop_assert_eq!(form, PayloadForm::Json);
        prop_assert!(!line.contains('\n'));
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        prop_assert_eq!(read(&line), read(&pretty));
    }

    /// Bytes that are often nearly `MessagePack`: whatever comes out is one line of JSON.
    #[test]
    fn any_bytes_get_an_answer(
        payload in prop::collection::vec(prop_oneof![any::<u8>(), 0x80u8..0xa4, 0xc0u8..=0xdf], 0..200),
        hint in prop::sample::select(&Encoding::ALL[..]),
    ) {
        let (form, json) = decode(&payload, hint);
        let decoded = matches!(form, PayloadForm::Json | PayloadForm::MsgPack);
        prop_assert_eq!(!json.is_empty(), decoded);
        prop_assert!(!decoded || serde_json::from_str::<Value>(&json).is_ok());
        prop_assert!(json.len() <= 9 * payload.len());
        let _ = type_of(&payload, hint);
    }

    /// A tree with a byte changed or cut off: no panic, and no more text than the bound allows.
    #[test]
    fn spoilt_trees_get_an_answer(tree in tree(), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut packed = rmp_serde::to_vec_named(&tree).unwrap();
        let at = at.index(packed.len());
        packed[at] = byte;
        if cut {
            packed.truncate(at);
        }
        let (form, json) = decode(&packed, Encoding::MsgPack);
        prop_assert!(form == PayloadForm::Bytes || serde_json::from_str::<Value>(&json).is_ok());
        prop_assert!(json.len() <= 9 * packed.len());
        let _ = type_of(&packed, Encoding::MsgPack);
    }
}

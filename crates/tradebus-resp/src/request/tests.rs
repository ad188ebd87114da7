use bytes::{Buf, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{ProtocolError, RequestLimits, RequestScanner};
use crate::{Protocol, ReplyEncoder};

type Args = Vec<Vec<u8>>;

/// Feeds the pieces to a scanner as a connection would, and returns all requests.
fn scan_all(scanner: &mut RequestScanner, pieces: &[&[u8]]) -> Result<Vec<Args>, ProtocolError> {
    let (mut buffer, mut requests) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Some(request) = scanner.scan(&buffer)? {
            if !request.is_empty() {
                requests.push(request.iter().map(<[u8]>::to_vec).collect());
            }
            let len = request.wire_len();
            buffer.advance(len);
        }
    }
    Ok(requests)
}

fn scan(input: &[u8]) -> Result<Vec<Args>, ProtocolError> {
    scan_all(&mut RequestScanner::default(), &[input])
}

fn args(words: &[&str]) -> Args {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

#[test]
fn both_forms_are_read_from_one_buffer() {
    let input = b"*2\r\n$4\r\nECHO\r\n$2\r\n\r\n\r\n\r\nPING\r\n*0\r\n*-1\r\nping  a\n*1\r\n$0\r\n\r\n";
    let wanted = [args(&["ECHO", "\r\n"]), args(&["PING"]), args(&["ping", "a"]), args(&[""])];
    assert_eq!(scan(input), Ok(wanted.to_vec()));
}

#[test]
fn typed_words_may_be_quoted() {
    for (line, words) in [
        (r#"set k "a b" "#, vec!["set", "k", "a b"]),
        (r#""\x41\n\"\q\xg" ''"#, vec!["A\n\"qxg", ""]),
        (r"'it\'s \n'", vec!["it's \\n"]),
        (r#"  pre"fix" x"#, vec!["prefix", "x"]),
    ] {
        assert_eq!(scan(format!("{line}\r\n").as_bytes()), Ok(vec![args(&words)]), "{line}");
    }
    for line in [r#""a"#, "'a", r#""a"b"#, "'a'b", r#""a\"#] {
        assert_eq!(scan(format!("{line}\r\n").as_bytes()), Err(ProtocolError::UnbalancedQuotes), "{line}");
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for (input, error) in [
        ("*x\r\n", ProtocolError::InvalidCount),
        ("*\r\n", ProtocolError::InvalidCount),
        ("*01\r\n", ProtocolError::InvalidCount),
        ("*1048577\r\n", ProtocolError::InvalidCount),
        ("*99999999999999999999\r\n", ProtocolError::InvalidCount),
        ("*1\r\nPING\r\n", ProtocolError::NoLength(b'P')),
        ("*1\r\n\r\nx", ProtocolError::NoLength(b'\r')),
        ("*1\r\n$-1\r\n", ProtocolError::InvalidLength),
        ("*1\r\n$\r\n", ProtocolError::InvalidLength),
        ("*1\r\n$536870913\r\n", ProtocolError::InvalidLength),
        ("POST / HTTP/1.1\r\n", ProtocolError::Http),
        ("host: localhost\r\n", ProtocolError::Http),
        ("*1\r\n$4\r\npost\r\n", ProtocolError::Http),
    ] {
        assert_eq!(scan(input.as_bytes()), Err(error), "{input:?}");
    }
    assert_eq!(ProtocolError::Http.reply(), None);
    let reply = ProtocolError::NoLength(0xff).reply();
    assert_eq!(reply.as_deref(), Some(b"ERR Protocol error: expected '$', got '\xff'".as_slice()));
}

#[test]
fn the_rest_of_a_large_argument_is_foretold() {
    let mut scanner = RequestScanner::default();
    assert!(scanner.scan(b"*1\r\n$100000\r").expect("so far right").is_none());
    assert_eq!(scanner.bytes_missing(13), 0);
    assert!(scanner.scan(b"*1\r\n$100000\r\nabc").expect("so far right").is_none());
    assert_eq!(scanner.bytes_missing(16), 100_000 - 3 + 2);
}

#[test]
fn lines_are_bounded() {
    let long = |start: &str| format!("{start}{}", "1".repeat(64 * 1024 + 1)).into_bytes();
    assert_eq!(scan(&long("")), Err(ProtocolError::LineTooLong));
    assert_eq!(scan(&long("*")), Err(ProtocolError::CountTooLong));
    assert_eq!(scan(&long("*1\r\n$")), Err(ProtocolError::LengthTooLong));
}

#[test]
fn requests_are_small_until_the_password_is_shown() {
    let mut scanner = RequestScanner::default();
    scanner.set_authenticated(false);
    assert_eq!(scan_all(&mut scanner, &[b"*11\r\n"]), Err(ProtocolError::UnauthenticatedCount));
    let mut scanner = RequestScanner::default();
    scanner.set_authenticated(false);
    assert_eq!(scan_all(&mut scanner, &[b"*10\r\n$16385\r\n"]), Err(ProtocolError::UnauthenticatedLength));
    let mut scanner = RequestScanner::default();
    scanner.set_authenticated(false);
    scanner.set_authenticated(true);
    assert_eq!(scan_all(&mut scanner, &[b"*11\r\n$16385\r\n"]), Ok(vec![]));
}

#[test]
fn limits_can_be_set() {
    let limits = RequestLimits { max_args: 2, max_bulk: 3, max_line: 8, ..RequestLimits::default() };
    let scan = |input: &[u8]| scan_all(&mut RequestScanner::new(limits), &[input]);
    assert_eq!(scan(b"*3\r\n"), Err(ProtocolError::InvalidCount));
    assert_eq!(scan(b"*2\r\n$4\r\n"), Err(ProtocolError::InvalidLength));
    assert_eq!(scan(b"123456789"), Err(ProtocolError::LineTooLong));
}

fn commands() -> impl Strategy<Value = Vec<Args>> {
    let arg = prop_oneof![8 => vec(any::<u8>(), 0..20), 1 => vec(any::<u8>(), 0..3000)];
    // The name of a command that would be taken for HTTP is too unlikely to be drawn.
    vec(vec(arg, 1..40), 1..6)
}

proptest! {
    #[test]
    fn what_is_written_is_read_however_it_is_cut(
        commands in commands(),
        cuts in vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let mut wire = BytesMut::new();
        let mut out = ReplyEncoder::new(&mut wire, Protocol::Resp2);
        for command in &commands {
            out.list(command.len());
            for arg in command {
                out.bulk(arg);
            }
        }
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.index(wire.len())).chain([0, wire.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &wire[ends[0]..ends[1]]).collect();
        prop_assert_eq!(scan_all(&mut RequestScanner::default(), &pieces), Ok(commands));
    }

    #[test]
    fn cuts_do_not_change_what_is_understood(
        input in "([*$]-?[0-9]{0,3}|\r\n|\r|\n|[ \"'\\\\]|[a-z]{1,3}|\\*1\r\n\\$1\r\nx\r\n|[\\x00-\\xff]){0,40}",
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let input = input.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.index(input.len() + 1)).chain([0, input.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &input[ends[0]..ends[1]]).collect();
        prop_assert_eq!(scan_all(&mut RequestScanner::default(), &pieces), scan(input));
    }

    #[test]
    fn random_bytes_do_no_harm(input in vec(any::<u8>(), 0..300)) {
        let wire_len: usize = scan(&input).map_or(0, |requests| requests.iter().flatten().map(Vec::len).sum());
        prop_assert!(wire_len <= input.len());
    }
}

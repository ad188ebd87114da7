//! WATCH against a real redis-server: what counts as a change of a key, and what ends a watch.

mod support;

use std::time::Duration;

use support::scene::compare;
use support::{RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;

/// Keys of each kind.
const SETTING: &str = "
    b XADD stream 1-1 f v
    b XADD stream 2-1 f v
    b XGROUP CREATE stream group 0
    b SET text old
    b SET number 5
    b SET passing v EX 1000
    b LPUSH list a
    b SADD set a
    b XADD other 1-1 f v";

/// What somebody does to the key that is watched.
const DEEDS: &[(&str, &str)] = &[
    ("stream", "XADD stream 3-1 f v"),
    ("stream", "XADD stream 1-1 f too-small"),
    ("stream", "XADD other 3-1 f v"),
    ("none", "XADD none NOMKSTREAM 3-1 f v"),
    ("none", "XADD none 3-1 f v"),
    ("stream", "XADD stream MAXLEN 1 3-1 f v"),
    ("stream", "XTRIM stream MAXLEN 1"),
    ("stream", "XTRIM stream MAXLEN 100"),
    ("stream", "XDEL stream 1-1"),
    ("stream", "XDEL stream 9-9"),
    ("stream", "XSETID stream 9-9"),
    ("stream", "XGROUP CREATE stream more 0"),
    ("none", "XGROUP CREATE none more 0 MKSTREAM"),
    ("stream", "XGROUP CREATE stream group 0"),
    ("stream", "XGROUP SETID stream group 1-1"),
    ("stream", "XGROUP CREATECONSUMER stream group me"),
    ("stream", "XGROUP DELCONSUMER stream group me"),
    ("stream", "XGROUP DESTROY stream group"),
    ("stream", "XREADGROUP GROUP group me STREAMS stream >"),
    ("stream", "XREAD STREAMS stream 0"),
    ("stream", "XACK stream group 1-1"),
    ("stream", "XCLAIM stream group me 0 1-1 FORCE"),
    ("stream", "XAUTOCLAIM stream group me 0 0"),
    ("text", "SET text new"),
    ("text", "SET text old"),
    ("text", "SET text new NX"),
    ("none", "SET none new XX"),
    ("none", "SET none new"),
    ("text", "SET text new GET"),
    ("text", "GET text"),
    ("text", "SETNX text new"),
    ("none", "SETNX none new"),
    ("text", "SETEX text 100 new"),
    ("text", "MSET number 1 text 2"),
    ("text", "GETSET text new"),
    ("text", "GETDEL text"),
    ("none", "GETDEL none"),
    ("text", "GETEX text"),
    ("text", "GETEX text EX 100"),
    ("text", "GETEX text PERSIST"),
    ("passing", "GETEX passing PERSIST"),
    ("text", "APPEND text x"),
    ("number", "INCR number"),
    ("text", "INCR text"),
    ("number", "DECRBY number 0"),
    ("text", "EXPIRE text 100"),
    ("none", "EXPIRE none 100"),
    ("text", "EXPIRE text 100 XX"),
    ("text", "EXPIRE text -1"),
    ("text", "PEXPIREAT text 1"),
    ("passing", "PERSIST passing"),
    ("text", "PERSIST text"),
    ("text", "RENAME text elsewhere"),
    ("elsewhere", "RENAME text elsewhere"),
    ("text", "RENAME text text"),
    ("number", "RENAME text number"),
    ("text", "RENAMENX text number"),
    ("none", "RENAMENX text none"),
    ("text", "COPY text number"),
    ("number", "COPY text number REPLACE"),
    ("none", "COPY text none"),
    ("text", "COPY text none"),
    ("text", "DEL text"),
    ("none", "DEL none"),
    ("stream", "DEL stream"),
    ("stream", "UNLINK stream"),
    ("stream", "SET stream text"),
    ("list", "LPUSH list b"),
    ("set", "SADD set b"),
    ("set", "SADD set a"),
    ("text", "FLUSHALL"),
    ("none", "FLUSHALL"),
    ("stream", "FLUSHDB"),
    ("text", "TOUCH text"),
    ("text", "OBJECT ENCODING text"),
];

#[test]
fn what_changes_a_key() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for (key, deed) in DEEDS {
        compare(
            &server,
            &redis,
            &format!("{SETTING}\n a WATCH {key}\n b {deed}\n a MULTI\n a ECHO done\n a EXEC\n a GET text"),
        );
        // It may also be one's own doing, and several at once.
        compare(
            &server,
            &redis,
            &format!("{SETTING}\n a WATCH x {key} y\n a {deed}\n a MULTI\n a ECHO done\n a EXEC"),
        );
        compare(
            &server,
            &redis,
            &format!(
                "{SETTING}\n a WATCH {key}\n b MULTI\n b {deed}\n b EXEC\n a MULTI\n a ECHO done\n a EXEC"
            ),
        );
    }
}

#[test]
fn what_ends_a_watch() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    let ends = ["UNWATCH", "DISCARD", "EXEC", "RESET", "WATCH k", "MULTI", "PING"];
    for end in ends {
        for begin in ["WATCH k", "WATCH k\n a MULTI", "WATCH k k\n a MULTI\n a NOSUCH", "MULTI\n a WATCH k"] {
            for protocol in ["2", "3"] {
                let scene = format!(
                    "a PING\n a {begin}\n a {end}\n b SET k v\n a MULTI\n a PING\n a UNWATCH\n a EXEC\n a GET k\n a RESET"
                );
                compare(&server, &redis, &format!("a! HELLO {protocol}\n {scene}"));
            }
        }
    }
}

#[test]
fn a_key_that_expires_has_changed() {
    let server = TestServer::start(ServerOptions::default());
    let (mut client, mut other) = (server.connect(), server.connect());
    for line in ["SET k v PX 20", "WATCH k"] {
        assert_eq!(client.ask(line), "+OK\r\n");
    }
    while other.ask("EXISTS k") != ":0\r\n" {
        std::thread::sleep(Duration::from_millis(1));
    }
    for (line, reply) in [("MULTI", "+OK\r\n"), ("PING", "+QUEUED\r\n"), ("EXEC", "*-1\r\n")] {
        assert_eq!(client.ask(line), reply);
    }
}

/// Whether EXEC itself finds the key expired, or somebody before it.
#[test]
fn a_key_that_had_expired_has_not_changed() {
    let server = TestServer::start(ServerOptions::default());
    let (mut client, mut other) = (server.connect(), server.connect());
    // Somebody waits for something, so that changes are noted.
    assert_eq!(other.ask("WATCH another"), "+OK\r\n");
    for milliseconds in 1..30 {
        client.ask("SET k v PX 2");
        std::thread::sleep(Duration::from_micros(100 * milliseconds));
        let existed = client.ask("EXISTS k") == ":1\r\n";
        client.ask("WATCH k");
        client.ask("MULTI");
        client.ask("PING");
        let done = client.ask("EXEC") == "*1\r\n+PONG\r\n";
        assert!(done || existed, "it had expired before it was watched");
    }
}

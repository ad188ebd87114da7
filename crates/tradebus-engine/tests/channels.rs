//! Channels: SUBSCRIBE and PUBLISH, against a real redis-server and on their own.

mod support;

use support::scene::compare;
use support::{RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;

/// `<` is a message that came by itself.
const SCENES: &[&str] = &[
    "s SUBSCRIBE news
     p PUBLISH news one
     s <
     p PUBLISH other two
     p PUBSUB CHANNELS
     p PUBSUB CHANNELS n*
     p PUBSUB NUMSUB news other
     p PUBSUB NUMPAT
     s UNSUBSCRIBE news
     p PUBLISH news three
     p PUBSUB NUMSUB news
     s PING",
    "s SUBSCRIBE a b a
     s <
     s <
     p PUBLISH b x
     s <
     s UNSUBSCRIBE a nosuch
     s <
     s UNSUBSCRIBE
     s UNSUBSCRIBE",
    "s PSUBSCRIBE n* ?ews
     s <
     p PUBSUB NUMPAT
     p PUBLISH near x
     s <
     s SUBSCRIBE near
     p PUBLISH near y
     s <
     s <
     p PUBSUB CHANNELS
     s PUNSUBSCRIBE n*
     p PUBLISH near z
     s <
     s PUNSUBSCRIBE
     s PUNSUBSCRIBE
     s UNSUBSCRIBE",
    "s SUBSCRIBE c
     s PING
     s PING hello
     s PING a b
     s GET k
     s NOSUCH
     s XADD s
     s CLIENT GETNAME
     s MULTI
     s PUBLISH c x
     s PSUBSCRIBE p
     s RESET
     s PING
     p PUBLISH c x",
    "s MULTI
     s SUBSCRIBE c
     s PING
     s EXEC
     p PUBLISH c x
     s <
     s EXEC
     s UNSUBSCRIBE
     s EXEC",
    "a SUBSCRIBE c
     b PSUBSCRIBE c
     p MULTI
     p PUBLISH c 1
     p PUBLISH c 2
     p EXEC
     a <
     a <
     b <
     b <
     a QUIT
     p PUBLISH c 3
     b <",
];

#[test]
fn subscribers_of_resp2_get_the_same() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for scene in SCENES {
        compare(&server, &redis, scene);
    }
}

#[test]
fn subscribers_of_resp3_get_the_same() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for scene in &SCENES[..3] {
        compare(&server, &redis, &in_resp3(scene));
    }
    for scene in [
        // Other commands go on, and one may hear oneself.
        "s SUBSCRIBE c
         s GET k
         s PUBLISH c x
         s <
         s PSUBSCRIBE *
         s PUBLISH c y
         s <
         s <
         s XADD k 1-1 f v
         s RESET
         s PUBLISH c x",
        "s SUBSCRIBE c
         p PUBLISH c x
         s <
         s PING
         s PING x
         s QUIT",
    ] {
        compare(&server, &redis, &in_resp3(scene));
    }
}

fn in_resp3(scene: &str) -> String {
    format!("s! HELLO 3\n {scene}")
}

#[test]
fn a_blocked_reader_gets_messages_too() {
    let server = TestServer::start(ServerOptions::default());
    let (mut reader, mut other) = (server.connect(), server.connect());
    reader.ask("HELLO 3");
    reader.ask("SUBSCRIBE c");
    reader.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    other.await_blocked(1);
    assert_eq!(other.ask("PUBLISH c hello"), ":1\r\n");
    assert_eq!(reader.reply(), b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n");
    other.ask("XADD s 1-1 f v");
    assert!(reader.reply().starts_with(b"%1\r\n$1\r\ns\r\n"));
}

#[test]
fn a_subscriber_that_does_not_read_is_disconnected() {
    let server = TestServer::start(ServerOptions { max_letter_bytes: 300_000, ..ServerOptions::default() });
    let (mut slow, mut quick, mut publisher) = (server.connect(), server.connect(), server.connect());
    slow.ask("SUBSCRIBE c");
    quick.ask("SUBSCRIBE c");
    let message = "x".repeat(100_000);
    let mut receivers = ":2\r\n".to_owned();
    while receivers == ":2\r\n" {
        receivers = publisher.ask(&format!("PUBLISH c {message}"));
        assert!(quick.reply().ends_with(format!("{message}\r\n").as_bytes()));
    }
    assert_eq!(receivers, ":1\r\n");
    assert!(
        publisher.ask("INFO stats").contains("client_output_buffer_limit_disconnections:1\r\n"),
        "it counts as a slow reader"
    );
    assert_eq!(publisher.ask("PUBSUB NUMSUB c"), "*2\r\n$1\r\nc\r\n:1\r\n");
}

#[test]
fn many_messages_arrive_in_order() {
    let server = TestServer::start(ServerOptions::default());
    let (mut subscriber, mut publisher) = (server.connect(), server.connect());
    subscriber.ask("SUBSCRIBE c");
    let mut pipeline = Vec::new();
    for number in 0..20_000 {
        pipeline.extend_from_slice(format!("PUBLISH c {number}\r\n").as_bytes());
    }
    publisher.send_raw(&pipeline);
    for number in 0..20_000 {
        assert_eq!(publisher.reply(), b":1\r\n");
        let number = number.to_string();
        let expected = format!("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n${}\r\n{number}\r\n", number.len());
        assert_eq!(subscriber.reply(), expected.as_bytes());
    }
}

/// Comparing takes time by the product of the lengths.
#[test]
fn patterns_are_bounded() {
    let server = TestServer::start(ServerOptions::default());
    let mut client = server.connect();
    let pattern = "*a".repeat(1000);
    for line in ["PSUBSCRIBE ok", "PUBSUB CHANNELS", "KEYS", "SCAN 0 MATCH", "CONFIG GET"] {
        let reply = client.ask(&format!("{line} {pattern}"));
        assert_eq!(reply, "-ERR patterns have at most 1024 bytes here\r\n", "{line}");
    }
    assert_eq!(client.ask("PUBSUB NUMPAT"), ":0\r\n");
}

//! Readers that wait.

use crate::support::{RealRedis, Target, TestServer};
use crate::words::args;
use tradebus_engine::server::ServerOptions;

/// What a reader that waited gets, for the commands of somebody else.
fn blocked_reader_gets(target: &dyn Target, hello: &str, read: &str, writes: &[&str]) -> Vec<u8> {
    let (mut reader, mut writer) = (target.connect(), target.connect());
    for line in ["FLUSHALL", "XADD s 5-1 f v", "XADD t 5-1 f v"] {
        writer.ask(line);
    }
    reader.ask(hello);
    reader.send(&args(read));
    // One that waits for nothing but the time may be done before anybody sees it wait.
    if !writes.is_empty() {
        writer.await_blocked(1);
    }
    for line in writes {
        writer.ask(line);
    }
    reader.reply()
}

#[test]
fn blocked_readers_get_the_same() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for (read, writes) in [
        ("XREAD BLOCK 0 STREAMS s $", &["XADD s 6-1 a b", "XADD s 6-2 a b", "DEL s"][..]),
        ("XREAD BLOCK 0 STREAMS s t 5-1 5-1", &["XADD t 6-1 a b", "XADD s 6-1 a b"]),
        (
            "XREAD BLOCK 0 STREAMS s t $ $",
            &["MULTI", "XADD t 6-1 a b", "XADD s 6-1 a b", "XADD t 6-2 a b", "EXEC"],
        ),
        ("XREAD BLOCK 0 STREAMS s $", &["MULTI", "XADD s 6-1 a b", "DEL s", "EXEC", "XADD s 7-1 c d"]),
        ("XREAD BLOCK 0 STREAMS s $", &["DEL s", "XADD s 1-1 too low", "FLUSHALL", "XADD s 9-1 high enough"]),
        ("XREAD BLOCK 0 COUNT 1 STREAMS s 5-1", &["MULTI", "XADD s 6-1 a b", "XADD s 6-2 a b", "EXEC"]),
        ("XREAD BLOCK 0 STREAMS new 0", &["XADD new 1-1 a b"]),
        ("XREAD BLOCK 0 STREAMS s s 5-1 6-1", &["XADD s 5-2 a b", "XADD s 7-1 a b"]),
        ("XREAD BLOCK 1 STREAMS s $", &[]),
    ] {
        for hello in ["HELLO 2", "HELLO 3"] {
            let (ours, theirs) = (
                blocked_reader_gets(&server, hello, read, writes),
                blocked_reader_gets(&redis, hello, read, writes),
            );
            assert!(ours == theirs, "{read}: {} {}", ours.escape_ascii(), theirs.escape_ascii());
        }
    }
}

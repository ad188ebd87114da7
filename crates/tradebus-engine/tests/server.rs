//! The port as clients meet it: connecting, waiting, limits and the end.

mod support;

use std::time::Duration;

use support::{Client, Target, TestServer};
use tradebus_engine::NewId;
use tradebus_engine::server::ServerOptions;
use tradebus_resp::RequestLimits;

fn start() -> TestServer {
    TestServer::start(ServerOptions::default())
}

fn field(client: &mut Client, section: &str, name: &str) -> String {
    let info = client.ask(&format!("INFO {section}"));
    let line = info.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
    line.unwrap_or_else(|| panic!("no {name} in {info}")).to_owned()
}

#[test]
fn a_password_is_asked_for() {
    let server =
        TestServer::start(ServerOptions { password: Some("secret".into()), ..ServerOptions::default() });
    let mut client = server.connect();
    assert_eq!(client.ask("PING"), "-NOAUTH Authentication required.\r\n");
    assert_eq!(client.ask("NOSUCH"), "-ERR unknown command 'NOSUCH', with args beginning with: \r\n");
    assert!(client.ask("HELLO 3").starts_with("-NOAUTH HELLO must be called"));
    assert!(client.ask("AUTH wrong").starts_with("-WRONGPASS"));
    assert_eq!(client.ask("AUTH secret"), "+OK\r\n");
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    assert_eq!(client.ask("RESET"), "+RESET\r\n");
    assert!(client.ask("PING").starts_with("-NOAUTH"));
    assert!(client.ask("HELLO 3 AUTH default secret SETNAME me").starts_with("%7\r\n"));
    assert_eq!(client.ask("CLIENT GETNAME"), "$2\r\nme\r\n");
    let mut stranger = server.connect();
    stranger.send_raw(b"*11\r\n");
    assert_eq!(stranger.rest(), "-ERR Protocol error: unauthenticated multibulk length\r\n");
}

#[test]
fn commands_may_come_in_one_piece_or_in_many() {
    let server = start();
    let mut client = server.connect();
    let request = b"PING\r\n*2\r\n$4\r\necho\r\n$3\r\na\r\n\r\n\r\n*1\r\n$4\r\nPING\r\n";
    client.send_raw(request);
    for byte in request {
        client.send_raw(&[*byte]);
    }
    for _ in 0..2 {
        assert_eq!(
            [client.reply(), client.reply(), client.reply()],
            [b"+PONG\r\n".to_vec(), b"$3\r\na\r\n\r\n".to_vec(), b"+PONG\r\n".to_vec()]
        );
    }
}

#[test]
fn nonsense_closes_only_its_own_connection() {
    let server = start();
    let mut other = server.connect();
    for (input, reply) in [
        (&b"PING\r\n*x\r\n"[..], "+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*1\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"),
        (b"ECHO \"a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"),
        (b"POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n", ""),
        (b"QUIT\r\nPING\r\n", "+OK\r\n"),
    ] {
        let mut client = server.connect();
        client.send_raw(input);
        assert_eq!(client.rest(), reply);
    }
    assert_eq!(other.ask("PING"), "+PONG\r\n");
}

#[test]
fn the_number_of_clients_is_bounded() {
    let server = TestServer::start(ServerOptions { max_clients: 2, ..ServerOptions::default() });
    let (mut one, mut two) = (server.connect(), server.connect());
    assert_eq!((one.ask("PING"), two.ask("PING")), ("+PONG\r\n".to_owned(), "+PONG\r\n".to_owned()));
    assert_eq!(server.connect().rest(), "-ERR max number of clients reached\r\n");
    assert_eq!(field(&mut one, "stats", "rejected_connections"), "1");
    assert_eq!(two.ask("QUIT"), "+OK\r\n");
    assert_eq!(two.rest(), "");
    while field(&mut one, "clients", "connected_clients") != "1" {
        std::thread::yield_now();
    }
    assert_eq!(server.connect().ask("PING"), "+PONG\r\n");
}

#[test]
fn replies_that_nobody_reads_are_bounded() {
    let server = TestServer::start(ServerOptions { max_output_bytes: 100_000, ..ServerOptions::default() });
    let (mut client, mut slow) = (server.connect(), server.connect());
    let payload = vec![b'x'; 60_000];
    for _ in 0..2 {
        client.call(&[&b"XADD"[..], b"s", b"*", b"payload", &payload]);
    }
    assert_eq!(slow.ask("PING"), "+PONG\r\n");
    slow.send(&["XRANGE", "s", "-", "+"]);
    assert_eq!(slow.rest(), "", "nothing is sent of a reply that is too large");
    assert_eq!(field(&mut client, "stats", "client_output_buffer_limit_disconnections"), "1");
    assert_eq!(client.ask("XLEN s"), ":2\r\n");
}

#[test]
fn requests_are_bounded() {
    let request = RequestLimits { max_bulk: 1000, ..RequestLimits::default() };
    let server =
        TestServer::start(ServerOptions { request, max_input_bytes: 5000, ..ServerOptions::default() });
    let mut client = server.connect();
    client.send(&["ECHO".to_owned(), "x".repeat(1001)]);
    assert_eq!(client.rest(), "-ERR Protocol error: invalid bulk length\r\n");
    let mut client = server.connect();
    assert_eq!(client.ask("MULTI"), "+OK\r\n");
    let echo = ["ECHO".to_owned(), "x".repeat(900)];
    for _ in 0..5 {
        assert_eq!(client.call(&echo), b"+QUEUED\r\n");
    }
    client.send(&echo);
    assert_eq!(client.rest(), "", "an endless transaction is not kept");
}

#[test]
fn a_large_pipeline_is_answered_in_order() {
    let server = start();
    let mut client = server.connect();
    let mut pipeline = Vec::new();
    for number in 0..50_000 {
        pipeline.extend_from_slice(format!("ECHO {number:0100}\r\n").as_bytes());
    }
    // Everything is sent before anything is read.
    client.send_raw(&pipeline);
    for number in 0..50_000 {
        assert_eq!(client.reply(), format!("$100\r\n{number:0100}\r\n").into_bytes());
    }
}

#[test]
fn a_blocked_client_is_served_by_the_process_itself() {
    let server = start();
    let (mut reader, mut other) = (server.connect(), server.connect());
    reader.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    other.await_blocked(1);
    let id = server.engine.lock().append(b"s", NewId::Auto, &[(b"f", b"v")]).expect("a new stream");
    let reply = String::from_utf8(reader.reply()).expect("text");
    assert!(reply.contains(&id.to_string()), "{reply}");
    other.await_blocked(0);
}

#[test]
fn commands_behind_a_blocked_one_wait() {
    let server = start();
    let (mut reader, mut other) = (server.connect(), server.connect());
    reader.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "0"]);
    reader.send(&["PING"]);
    other.await_blocked(1);
    assert_eq!(other.ask("XADD s 1-1 f v"), "$3\r\n1-1\r\n");
    assert!(reader.reply().starts_with(b"*1\r\n*2\r\n$1\r\ns\r\n"));
    assert_eq!(reader.reply(), b"+PONG\r\n");
}

#[test]
fn a_blocked_client_can_be_unblocked() {
    let server = start();
    let (mut reader, mut other) = (server.connect(), server.connect());
    let id = reader.ask("CLIENT ID")[1..].trim_end().to_owned();
    assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id}")), ":0\r\n");
    for (how, reply) in
        [("TIMEOUT", "*-1\r\n"), ("ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")]
    {
        reader.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
        other.await_blocked(1);
        assert_eq!(other.ask(&format!("CLIENT UNBLOCK {id} {how}")), ":1\r\n");
        assert_eq!(String::from_utf8_lossy(&reader.reply()), reply);
        other.await_blocked(0);
    }
}

#[test]
fn a_blocked_client_that_hangs_up_is_forgotten() {
    let server = start();
    let (mut reader, mut other) = (server.connect(), server.connect());
    reader.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    other.await_blocked(1);
    drop(reader);
    other.await_blocked(0);
    assert_eq!(field(&mut other, "clients", "connected_clients"), "1");
}

#[test]
fn stopping_ends_everybody() {
    let mut server = start();
    let (mut idle, mut blocked) = (server.connect(), server.connect());
    assert_eq!(idle.ask("PING"), "+PONG\r\n");
    blocked.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    idle.await_blocked(1);
    server.stop();
    assert_eq!((idle.rest(), blocked.rest()), (String::new(), String::new()));
    assert!(std::net::TcpStream::connect_timeout(&server.address, Duration::from_secs(5)).is_err());
}

/// As `NautilusTrader` and the client libraries begin.
#[test]
fn clients_can_introduce_themselves() {
    let server = start();
    let mut client = server.connect();
    assert_eq!(client.ask("CLIENT SETINFO LIB-NAME redis-rs"), "+OK\r\n");
    assert_eq!(client.ask("CLIENT SETINFO lib-ver 1.8.1"), "+OK\r\n");
    assert_eq!(client.ask("CLIENT SETINFO LIB-FOO x"), "-ERR Unrecognized option 'LIB-FOO'\r\n");
    let refusal = "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n";
    assert_eq!(client.ask("CLIENT MAINT_NOTIFICATIONS ON"), refusal);
    assert_eq!(field(&mut client, "server", "redis_version"), "7.0.15");
    assert_eq!(field(&mut client, "persistence", "loading"), "0");
    assert_eq!(field(&mut client, "cluster", "cluster_enabled"), "0");
    for line in ["MULTI", "XADD key * topic T payload P", "XADD key * topic T payload P"] {
        client.ask(line);
    }
    assert!(client.ask("EXEC").starts_with("*2\r\n$"));
    assert_eq!(client.ask("XTRIM key MINID 1700000000000"), ":0\r\n");
    assert_eq!(field(&mut client, "keyspace", "db0"), "keys=1,expires=0,avg_ttl=0");
}

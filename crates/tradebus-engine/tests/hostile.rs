//! Whatever comes over the network: nothing of it may harm the others.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use support::{Client, PATIENCE, Target, TestServer};
use tradebus_engine::server::ServerOptions;

fn start() -> TestServer {
    TestServer::start(ServerOptions::default())
}

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Sends and hangs up, and returns what was answered.
fn answer_to(server: &TestServer, sent: &[u8]) -> Vec<u8> {
    let mut stream = connect(server);
    let mut reader = stream.try_clone().expect("a second handle");
    let reader = std::thread::spawn(move || {
        let mut answer = Vec::new();
        // Whether it ends well or with an error depends on what of it was read.
        let _ = reader.read_to_end(&mut answer);
        answer
    });
    // The server may close while this is being sent.
    let _ = stream.write_all(sent);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    reader.join().expect("it only reads")
}

fn alone(client: &mut Client) {
    while !client.ask("INFO clients").contains("connected_clients:1\r\n") {
        std::thread::yield_now();
    }
}

#[test]
fn random_bytes() {
    let server = start();
    let mut witness = server.connect();
    witness.ask("XADD s 1-1 f v");
    let mut random = fastrand::Rng::with_seed(1);
    for round in 0..400 {
        let mut bytes: Vec<u8> = (0..random.usize(..3000)).map(|_| random.u8(..)).collect();
        if round % 2 == 0 {
            // Closer to the protocol: what is not is replaced by what could be.
            let alphabet = b"*$+-:0123456789\r\n\r\n\"' xaddXREADping";
            for byte in &mut bytes {
                *byte = alphabet[usize::from(*byte) % alphabet.len()];
            }
        }
        answer_to(&server, &bytes);
    }
    assert_eq!(witness.ask("XLEN s"), ":1\r\n");
    alone(&mut witness);
}

/// Commands as they should be, except for a byte.
#[test]
fn bytes_that_flip() {
    let server = start();
    let mut random = fastrand::Rng::with_seed(2);
    let good =
        b"*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$1\r\n*\r\n$1\r\nf\r\n$3\r\nabc\r\n*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n";
    for _ in 0..600 {
        let mut bytes = good.repeat(3);
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        answer_to(&server, &bytes);
    }
    alone(&mut server.connect());
}

#[test]
fn lengths_that_cannot_be() {
    let server = start();
    for (sent, expected) in [
        ("*1048577\r\n", "invalid multibulk length"),
        ("*9223372036854775807\r\n", "invalid multibulk length"),
        ("*99999999999999999999\r\n", "invalid multibulk length"),
        ("*1\r\n$-1\r\n", "invalid bulk length"),
        ("*1\r\n$536870913\r\n", "invalid bulk length"),
        ("*1\r\n$9223372036854775807\r\n", "invalid bulk length"),
        ("*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
        ("*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$', got '*'"),
        ("*2\r\n$4\r\nPING\r\nPING\r\n", "expected '$', got 'P'"),
    ] {
        let answer = answer_to(&server, sent.as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&answer),
            format!("-ERR Protocol error: {expected}\r\n"),
            "{sent:?}"
        );
    }
    for (lead, expected) in
        [("", "inline request"), ("*", "mbulk count string"), ("*1\r\n$", "bulk count string")]
    {
        let answer = answer_to(&server, format!("{lead}{}", "1".repeat(100_000)).as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.ends_with(&format!("too big {expected}\r\n")), "{answer}");
    }
    for ignored in ["*0\r\n", "*-1\r\n", "\r\n", "\n\n\n"] {
        assert_eq!(answer_to(&server, format!("{ignored}PING\r\n").as_bytes()), b"+PONG\r\n", "{ignored:?}");
    }
}

#[test]
fn requests_of_browsers() {
    let server = start();
    for request in [
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nSET k v\r\nFLUSHALL\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n",
        "OPTIONS /x HTTP/1.1\r\nhost: localhost\r\n\r\nSET k v\r\n",
    ] {
        let answer = answer_to(&server, request.as_bytes());
        assert!(!String::from_utf8_lossy(&answer).contains("+OK"), "{request}");
    }
    assert_eq!(server.connect().ask("EXISTS k"), ":0\r\n");
}

/// An announced argument takes memory as it comes, not as it was promised.
#[test]
fn arguments_that_never_come() {
    let server = start();
    let mut witness = server.connect();
    let open: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nand no more").expect("it is read");
            stream
        })
        .collect();
    let shown = |client: &mut Client| -> usize {
        let reply = client.ask("CLIENT LIST");
        let sizes = reply.split(' ').filter_map(|field| field.strip_prefix("tot-mem="));
        sizes.map(|size| size.parse::<usize>().expect("a number")).sum()
    };
    while !witness.ask("INFO clients").contains("connected_clients:201\r\n") {
        std::thread::yield_now();
    }
    let held = shown(&mut witness);
    assert!(held < 20_000_000, "{held} bytes are held for 200 clients");
    drop(open);
    alone(&mut witness);
}

/// Many commands, and nobody who reads the replies.
#[test]
fn pipelines_whose_replies_nobody_reads() {
    let server = TestServer::start(ServerOptions { max_output_bytes: 2_000_000, ..ServerOptions::default() });
    let mut witness = server.connect();
    witness.ask(&format!("SET k {}", "x".repeat(1000)));
    let mut stream = connect(&server);
    let pipeline = b"GET k\r\n".repeat(100_000);
    // A hundred megabytes of replies: at some point it is disconnected.
    while stream.write_all(&pipeline).is_ok() {}
    assert!(witness.ask("INFO stats").contains("client_output_buffer_limit_disconnections:1\r\n"));
    alone(&mut witness);
}

#[test]
fn a_million_commands_at_once() {
    let server = start();
    let mut client = server.connect();
    let mut witness = server.connect();
    client.send_raw(&b"PING\r\n".repeat(1_000_000));
    assert_eq!(witness.ask("PING"), "+PONG\r\n");
    for _ in 0..1_000_000 {
        assert_eq!(client.reply(), b"+PONG\r\n");
    }
}

#[test]
fn a_thousand_connections_at_once() {
    let server = start();
    let mut clients: Vec<Client> = (0..1000).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(&["INCR", "n"]);
    }
    let mut sum = 0;
    for client in &mut clients {
        let reply = client.reply();
        sum += String::from_utf8_lossy(&reply)[1..].trim_end().parse::<u64>().expect("a number");
    }
    assert_eq!(sum, (1..=1000).sum());
    let last = &mut clients[999];
    assert_eq!(last.ask("CLIENT KILL TYPE normal"), ":999\r\n");
    alone(last);
}

/// A transaction, watches and subscriptions are kept for a client, and so they have an end.
#[test]
fn what_is_kept_for_a_client_is_bounded() {
    let server = TestServer::start(ServerOptions { max_input_bytes: 100_000, ..ServerOptions::default() });
    let long = "x".repeat(900);
    for (begin, each) in
        [("MULTI", "SET k"), ("PING", "WATCH"), ("PING", "SUBSCRIBE"), ("PING", "PSUBSCRIBE")]
    {
        let mut stream = connect(&server);
        let lines: Vec<_> = (0..1000).map(|number| format!("{each} {number}{long}\r\n")).collect();
        let lines = lines.concat();
        let mut reader = stream.try_clone().expect("a second handle");
        let reader = std::thread::spawn(move || reader.read_to_end(&mut Vec::new()));
        // It may be closed while this is being sent.
        let _ = stream.write_all(format!("{begin}\r\n{lines}").as_bytes());
        let end = reader.join().expect("it only reads");
        let is_closed = end.is_ok() || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
        assert!(is_closed, "{each}");
    }
    let mut witness = server.connect();
    alone(&mut witness);
    assert_eq!(
        (witness.ask("PUBSUB NUMPAT"), witness.ask("PUBSUB CHANNELS")),
        (":0\r\n".into(), "*0\r\n".into())
    );
}

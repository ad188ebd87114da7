//! CLIENT: who is connected, and what one may do to others.

mod support;

use std::collections::HashMap;

use support::{Client, RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;

fn start() -> TestServer {
    TestServer::start(ServerOptions::default())
}

/// Names of the fields of a line, in their order.
fn names(line: &str) -> Vec<&str> {
    line.split_whitespace().map(|field| field.split('=').next().unwrap_or_default()).collect()
}

/// The lines of a reply, without its header.
fn lines(reply: &str) -> Vec<String> {
    reply.lines().filter(|line| line.starts_with("id=")).map(str::to_owned).collect()
}

fn fields(line: &str) -> HashMap<&str, &str> {
    line.split_whitespace().filter_map(|field| field.split_once('=')).collect()
}

fn id(client: &mut Client) -> String {
    client.ask("CLIENT ID")[1..].trim_end().to_owned()
}

#[test]
fn clients_are_listed_with_the_fields_of_redis() {
    let (server, redis) = (start(), RealRedis::start());
    let (mut ours, mut theirs) = (server.connect(), redis.connect());
    let (our_line, their_line) = (ours.ask("CLIENT INFO"), theirs.ask("CLIENT INFO"));
    let (our_line, their_line) = (&lines(&our_line)[0], &lines(&their_line)[0]);
    // The two that are younger than 7.0 come last.
    let mut expected = names(their_line);
    expected.extend(["lib-name", "lib-ver"]);
    assert_eq!(names(our_line), expected);
    let (ours, theirs) = (fields(our_line), fields(their_line));
    let same = [
        "name", "age", "idle", "db", "sub", "psub", "ssub", "multi", "qbuf", "obl", "oll", "omem", "events",
        "cmd", "user", "redir", "resp",
    ];
    for name in same {
        assert_eq!((name, ours[name]), (name, theirs[name]));
    }
    assert!(ours["addr"].starts_with("127.0.0.1:"));
    assert_eq!(ours["laddr"], server.address.to_string());
    assert!(ours["fd"].parse::<u32>().is_ok_and(|file| file > 2));
    assert!(ours["tot-mem"].parse::<u32>().is_ok_and(|bytes| bytes > 0));
}

#[test]
fn a_client_is_shown_as_it_is() {
    let server = start();
    let (mut client, mut other) = (server.connect(), server.connect());
    let id = id(&mut client);
    let mut shown = |field: &str| {
        let reply = other.ask(&format!("CLIENT LIST ID {id}"));
        fields(&lines(&reply)[0])[field].to_owned()
    };
    assert_eq!((shown("cmd"), shown("flags"), shown("multi")), ("client|id".into(), "N".into(), "-1".into()));
    client.ask("HELLO 3 SETNAME trader");
    client.ask("CLIENT SETINFO LIB-NAME tradebus");
    client.ask("CLIENT SETINFO LIB-VER 1.2.3");
    client.ask("CLIENT NO-EVICT on");
    assert_eq!((shown("name"), shown("resp"), shown("flags")), ("trader".into(), "3".into(), "e".into()));
    assert_eq!((shown("lib-name"), shown("lib-ver")), ("tradebus".into(), "1.2.3".into()));
    client.ask("SUBSCRIBE a b");
    client.reply();
    client.ask("PSUBSCRIBE p");
    client.ask("NOSUCH");
    assert_eq!(shown("cmd"), "NULL");
    for line in ["WATCH k", "SET k v", "MULTI", "ECHO hello", "ECHO you"] {
        client.ask(line);
    }
    assert_eq!((shown("sub"), shown("psub"), shown("multi")), ("2".into(), "1".into(), "2".into()));
    assert_eq!((shown("flags"), shown("cmd")), ("Pxde".into(), "echo".into()));
    assert!(shown("multi-mem").parse::<u32>().is_ok_and(|bytes| bytes > 10));
    client.ask("RESET");
    assert_eq!((shown("flags"), shown("name"), shown("resp")), ("e".into(), String::new(), "2".into()));
    client.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    while shown("flags") != "be" {
        std::thread::yield_now();
    }
}

#[test]
fn a_list_may_be_narrowed_down() {
    let server = start();
    let (mut one, mut two) = (server.connect(), server.connect());
    let (first, second) = (id(&mut one), id(&mut two));
    let ids = |reply: &str| lines(reply).iter().map(|line| fields(line)["id"].to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&one.ask("CLIENT LIST")), [first.clone(), second.clone()]);
    assert_eq!(
        ids(&one.ask(&format!("CLIENT LIST ID {second} 999 {second}"))),
        [second.clone(), second.clone()]
    );
    two.ask("SUBSCRIBE c");
    assert_eq!(ids(&one.ask("CLIENT LIST TYPE pubsub")), [second]);
    assert_eq!(ids(&one.ask("CLIENT LIST TYPE NORMAL")), [first]);
    assert_eq!(one.ask("CLIENT LIST TYPE master"), "$0\r\n\r\n");
    one.ask("HELLO 3");
    assert!(one.ask("CLIENT LIST").starts_with('='));
}

#[test]
fn others_can_be_killed() {
    let server = start();
    let mut killer = server.connect();
    let (mut by_id, mut by_address, mut subscriber, mut blocked) =
        (server.connect(), server.connect(), server.connect(), server.connect());
    let victim = id(&mut by_id);
    assert_eq!(killer.ask(&format!("CLIENT KILL ID {victim} TYPE pubsub")), ":0\r\n");
    assert_eq!(killer.ask(&format!("CLIENT KILL ID {victim}")), ":1\r\n");
    assert_eq!(killer.ask(&format!("CLIENT KILL ID {victim}")), ":0\r\n");
    assert_eq!(by_id.rest(), "");
    let info = by_address.ask("CLIENT INFO");
    let address = fields(&lines(&info)[0])["addr"].to_owned();
    assert_eq!(killer.ask(&format!("CLIENT KILL {address}")), "+OK\r\n");
    assert_eq!(by_address.rest(), "");
    assert_eq!(killer.ask(&format!("CLIENT KILL {address}")), "-ERR No such client\r\n");
    subscriber.ask("SUBSCRIBE c");
    assert_eq!(killer.ask("CLIENT KILL TYPE pubsub"), ":1\r\n");
    assert_eq!(subscriber.rest(), "");
    blocked.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    killer.await_blocked(1);
    let local = server.address;
    assert_eq!(killer.ask(&format!("CLIENT KILL LADDR {local} USER default")), ":1\r\n");
    assert_eq!(blocked.rest(), "");
    assert_eq!(lines(&killer.ask("CLIENT LIST")).len(), 1);
    assert_eq!(killer.ask("CLIENT KILL TYPE normal"), ":0\r\n");
    killer.send_raw(b"CLIENT KILL TYPE normal SKIPME no\r\nPING\r\n");
    assert_eq!(killer.rest(), ":1\r\n", "who kills itself gets its reply, and no more");
}

/// What is done to others must not wait until they have done what they sent.
#[test]
fn who_is_killed_does_nothing_more() {
    let server = start();
    let (mut killer, mut victim) = (server.connect(), server.connect());
    let id = id(&mut victim);
    victim.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    victim.send(&["SET", "k", "v"]);
    killer.await_blocked(1);
    killer.ask(&format!("CLIENT KILL ID {id}"));
    killer.ask("XADD s 1-1 f v");
    assert_eq!(victim.rest(), "");
    assert_eq!(killer.ask("EXISTS k"), ":0\r\n");
}

#[test]
fn writes_can_be_paused() {
    let server = start();
    let (mut admin, mut writer, mut publisher) = (server.connect(), server.connect(), server.connect());
    assert_eq!(admin.ask("CLIENT PAUSE 1000000 WRITE"), "+OK\r\n");
    writer.send(&["XADD", "s", "1-1", "f", "v"]);
    writer.send(&["XLEN", "s"]);
    admin.await_blocked(1);
    publisher.send(&["PUBLISH", "c", "x"]);
    admin.await_blocked(2);
    assert_eq!(admin.ask("XLEN s"), ":0\r\n", "reads go on");
    assert_eq!(admin.ask("XADD s"), "-ERR wrong number of arguments for 'xadd' command\r\n");
    let mut transaction = server.connect();
    for line in ["MULTI", "XLEN s"] {
        transaction.ask(line);
    }
    assert_eq!(transaction.ask("EXEC"), "*1\r\n:0\r\n", "one that only reads goes on");
    transaction.ask("MULTI");
    // Not even queued, as in Redis.
    transaction.send(&["SET", "k", "v"]);
    admin.await_blocked(3);
    assert_eq!(admin.ask("CLIENT UNPAUSE"), "+OK\r\n");
    assert_eq!((writer.reply(), writer.reply()), (b"$3\r\n1-1\r\n".to_vec(), b":1\r\n".to_vec()));
    assert_eq!(publisher.reply(), b":0\r\n");
    assert_eq!(transaction.reply(), b"+QUEUED\r\n");
    admin.await_blocked(0);
}

#[test]
fn a_pause_ends_by_itself() {
    let server = start();
    let (mut admin, mut other) = (server.connect(), server.connect());
    assert_eq!(other.ask("PING"), "+PONG\r\n");
    assert_eq!(admin.ask("CLIENT PAUSE 50"), "+OK\r\n");
    let begin = std::time::Instant::now();
    other.send(&["PING"]);
    // It holds up even who began it.
    assert_eq!(admin.ask("PING"), "+PONG\r\n");
    assert_eq!(other.reply(), b"+PONG\r\n");
    assert!(begin.elapsed().as_millis() >= 45);
    assert_eq!(admin.ask("PING"), "+PONG\r\n");
}

#[test]
fn a_paused_client_may_leave() {
    let server = start();
    let (mut admin, mut other) = (server.connect(), server.connect());
    admin.ask("CLIENT PAUSE 1000000 WRITE");
    other.send(&["SET", "k", "v"]);
    admin.await_blocked(1);
    drop(other);
    admin.await_blocked(0);
    admin.ask("CLIENT UNPAUSE");
    assert_eq!(admin.ask("EXISTS k"), ":0\r\n");
}

#[test]
fn what_is_not_offered_is_refused() {
    let server = start();
    let mut client = server.connect();
    for (line, reply) in [
        ("CLIENT REPLY OFF", "-ERR replies cannot be switched off here: CLIENT REPLY takes only ON\r\n"),
        ("CLIENT REPLY skip", "-ERR replies cannot be switched off here: CLIENT REPLY takes only ON\r\n"),
        ("CLIENT TRACKING ON", "-ERR keys are not tracked here: CLIENT TRACKING takes only OFF\r\n"),
        ("EVAL x 0", "-ERR scripts and functions are not offered here: 'EVAL' cannot be done\r\n"),
        ("evalsha", "-ERR scripts and functions are not offered here: 'EVALSHA' cannot be done\r\n"),
        ("FCALL f 0", "-ERR scripts and functions are not offered here: 'FCALL' cannot be done\r\n"),
        (
            "script load x",
            "-ERR scripts and functions are not offered here: 'SCRIPT LOAD' cannot be done\r\n",
        ),
        (
            "FUNCTION LOAD x",
            "-ERR scripts and functions are not offered here: 'FUNCTION LOAD' cannot be done\r\n",
        ),
    ] {
        assert_eq!(client.ask(line), reply);
    }
}

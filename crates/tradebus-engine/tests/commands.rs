//! The table of commands against that of a real redis-server.

mod support;

use support::{Client, RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;

/// Names of commands that only the ones have who come later.
const YOUNGER_THAN_7_0: [&str; 1] = ["client|setinfo"];

fn names(client: &mut Client) -> Vec<String> {
    let reply = client.ask("COMMAND LIST");
    reply.lines().filter(|line| !line.starts_with(['*', '$'])).map(str::to_owned).collect()
}

/// A record up to the places of keys, which is as far as ours is filled in.
fn head(client: &mut Client, name: &str) -> String {
    let reply = client.ask(&format!("COMMAND INFO {name}"));
    let mut lines = reply.lines().skip(2);
    let mut head: Vec<&str> = lines.by_ref().take(4).collect();
    let flags = head[3][1..].parse::<usize>().unwrap_or_else(|_| panic!("{reply}"));
    head.extend(lines.take(flags + 3));
    head.join(" ")
}

#[test]
fn commands_are_described_as_by_redis() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for hello in ["HELLO 2", "HELLO 3"] {
        let (mut ours, mut theirs) = (server.connect(), redis.connect());
        ours.ask(hello);
        theirs.ask(hello);
        let names = names(&mut ours);
        assert!(names.len() > 150, "{names:?}");
        for name in names.iter().filter(|name| !YOUNGER_THAN_7_0.contains(&name.as_str())) {
            assert_eq!(head(&mut ours, name), head(&mut theirs, name), "{name}");
        }
    }
}

#[test]
fn the_table_can_be_asked_in_parts() {
    let server = TestServer::start(ServerOptions::default());
    let mut client = server.connect();
    let all = client.ask("COMMAND");
    assert_eq!(client.ask("COMMAND INFO"), all);
    let count = all[1..].lines().next().expect("a header");
    assert_eq!(client.ask("COMMAND COUNT"), format!(":{count}\r\n"));
    assert_eq!(client.ask("COMMAND INFO nosuch get|set xinfo|nosuch"), "*3\r\n$-1\r\n$-1\r\n$-1\r\n");
    assert_eq!(client.ask("COMMAND LIST FILTERBY PATTERN XR*up"), "*1\r\n$10\r\nxreadgroup\r\n");
    assert_eq!(client.ask("COMMAND LIST FILTERBY MODULE json"), "*0\r\n");
    assert_eq!(client.ask("COMMAND DOCS get"), "*0\r\n");
    assert!(client.ask("COMMAND INFO Client|Info").contains("client|info"));
}

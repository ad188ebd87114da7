//! `tradebus stream`, `tradebus group` and `tradebus dead`, against redis-server and against the port of a node.

mod dead;
mod groups;
mod streams;

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Finished, Node, Peer, Redis, Reply, at, run, tradebus};

/// What every key of the bus starts with.
const BASE: &str = "trader-TRADER-001:stream";

/// A server with nothing in it.
struct Server {
    url: String,
    address: SocketAddr,
    // One of them is at work, and ends with the test.
    _redis: Option<Redis>,
    _node: Option<Node>,
}

impl Server {
    /// One of each kind.
    fn each() -> [Self; 2] {
        [Self::redis(), Self::node()]
    }

    fn redis() -> Self {
        let redis = Redis::start();
        let address = SocketAddr::from(([127, 0, 0, 1], redis.port()));
        Self { url: redis.url(), address, _redis: Some(redis), _node: None }
    }

    fn node() -> Self {
        let mut command = tradebus();
        let node = Node::serve(command.args(["serve", "--store", "memory:", "--resp", "127.0.0.1:0"]));
        let address = node.address;
        Self { url: format!("redis://{address}"), address, _redis: None, _node: Some(node) }
    }

    fn command(&self, args: &[&str]) -> Command {
        at(&self.url, args)
    }

    fn run(&self, args: &[&str]) -> Finished {
        run(&mut self.command(args))
    }

    /// What a command prints that has nothing to complain about.
    #[track_caller]
    fn prints(&self, args: &[&str]) -> String {
        let Finished { code, stdout, stderr } = self.run(args);
        assert_eq!(code, Some(0), "{args:?}: {stdout} {stderr}");
        stdout
    }

    /// The objects that a command prints with `--json`.
    #[track_caller]
    fn objects(&self, args: &[&str]) -> Vec<Value> {
        objects(&self.prints(&[args, &["--json"]].concat()))
    }

    /// The only object that it prints.
    #[track_caller]
    fn object(&self, args: &[&str]) -> Value {
        let mut objects = self.objects(args);
        assert_eq!(objects.len(), 1, "{args:?}");
        objects.remove(0)
    }

    /// A command that fails, with what it says about that.
    #[track_caller]
    fn fails(&self, args: &[&str], code: i32, says: &str) -> Finished {
        let finished = self.run(args);
        assert_eq!(finished.code, Some(code), "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(says), "{args:?}: {}", finished.stderr);
        finished
    }

    /// A command of the Redis protocol, its words apart by blanks.
    #[track_caller]
    fn ask(&self, line: &str) -> Reply {
        match Peer::connect(self.address).unwrap().ask(line).unwrap() {
            Reply::Error(error) => panic!("`{line}`: {error}"),
            reply => reply,
        }
    }

    /// Adds an entry for each number, and returns the ids.
    fn add(&self, stream: &str, count: usize) -> Vec<String> {
        let lines: Vec<String> = (0..count).map(|n| format!("{{\"n\":\"{n}\"}}\n")).collect();
        let finished = self.feed(&["stream", "add", stream, "--lines", "-"], lines.concat().as_bytes());
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        finished.stdout.lines().map(str::to_owned).collect()
    }

    /// A command with something on its standard input.
    fn feed(&self, args: &[&str], input: &[u8]) -> Finished {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), input).unwrap();
        let mut command = self.command(args);
        let output = command.stdin(Stdio::from(file.reopen().unwrap())).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn objects(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Values of one field, as they are printed.
fn column(objects: &[Value], name: &str) -> Vec<String> {
    objects
        .iter()
        .map(|object| object[name].as_str().map_or_else(|| object[name].to_string(), str::to_owned))
        .collect()
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_allowed() {
    let server = Server::redis();
    let cases: [(&[&str], &str); 22] = [
        (&["stream"], "Usage: tradebus stream"),
        (&["stream", "info"], "<KEY>"),
        (&["stream", "ls", "x", "--all"], "cannot be used with"),
        (&["stream", "tail", "s", "--count", "-1"], "invalid digit"),
        (&["stream", "add", "s"], "<FIELD VALUE>..."),
        (&["stream", "add", "s", "lonely"], "the field `lonely` has no value"),
        (&["stream", "add", "s", "a", "1", "--lines", "-"], "cannot be used with"),
        (&["stream", "trim", "s"], "--length <N>|--age <DURATION>"),
        (&["stream", "trim", "s", "--length", "-1"], "invalid digit"),
        (&["stream", "trim", "s", "--age", "-1h"], "use a duration such as"),
        (&["stream", "trim", "s", "--length", "1", "--age", "1h"], "cannot be used with"),
        (&["stream", "rm", "--yes"], "<KEY>..."),
        (&["stream", "watch", "--interval", "0"], "allowed are 0.01 to 86400 seconds"),
        (&["group", "create", "s", ""], "value is required"),
        (&["group", "create", "s", "g", "--from", "-5"], "use latest, earliest"),
        (&["group", "reset", "s", "g"], "--to <START>"),
        (&["group", "pending", "s", "g", "--limit", "0"], "0 is not in 1.."),
        (&["group", "claim", "s", "g", "--consumer", "c"], "--min-idle <DURATION>|ID"),
        (&["group", "claim", "s", "g", "--consumer", "c", "1-x"], "is no entry id"),
        (&["dead", "redrive"], "ID|--all"),
        (&["dead", "drop", "1-1", "--all"], "cannot be used with"),
        (&["dead", "show", "first"], "is no entry id"),
    ];
    for (given, expected) in cases {
        let finished = server.fails(given, 2, expected);
        assert_eq!(finished.stdout, "", "{given:?}");
    }
}

#[test]
fn what_cannot_be_undone_needs_a_yes_where_nobody_can_be_asked() {
    let server = Server::redis();
    server.add("s", 3);
    server.prints(&["group", "create", "s", "g"]);
    server.add(&format!("{BASE}:dead"), 2);
    let cases: [(&[&str], &str); 4] = [
        (&["stream", "rm", "s"], "remove the stream `s` with 3 entries and 1 group"),
        (&["group", "rm", "s", "g"], "remove the group `g` of the stream `s` with 0 pending entries"),
        (&["dead", "redrive", "--all"], "put 2 dead letters back"),
        (&["dead", "drop", "--all"], "drop 2 dead letters for good"),
    ];
    for (given, expected) in cases {
        server.fails(given, 2, &format!("--yes is needed where nobody can be asked: {expected}"));
    }
    assert_eq!(server.object(&["stream", "info", "s"])["length"], 3);
    assert_eq!(server.objects(&["dead", "ls"]).len(), 2);
}

//! The port against a real redis-server 7.0.15: the same commands, the same bytes.
//!
//! What may differ stands in `masks.rs`, each with the reason.

mod blocked;
mod compare;
mod masks;
mod reply;
mod report;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod words;

use compare::{Pair, Tally};
use support::{Client, RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;
use words::{Args, args};

const COMMANDS: usize = 6_000;

struct Generator {
    random: fastrand::Rng,
    /// Ids rise with the commands, so that most are accepted.
    ms: u64,
}

impl Generator {
    fn key(&mut self) -> &'static str {
        ["a", "b", "stream:c", "none"][self.random.usize(..4)]
    }

    /// An id near those that exist.
    fn id(&mut self) -> String {
        let ms = self.random.u64(self.ms.saturating_sub(400)..self.ms + 3);
        match self.random.u8(..12) {
            0 => ms.to_string(),
            1 => "0-0".to_owned(),
            2 => self.bad_word(),
            _ => format!("{ms}-{}", self.random.u64(..3)),
        }
    }

    fn bad_word(&mut self) -> String {
        ["x", "-", "+", "$", ">", "1-2-3", "", "(5", "-1", "1.5", "**", "99999999999999999999-1"]
            [self.random.usize(..12)]
        .to_owned()
    }

    fn range_end(&mut self) -> String {
        match self.random.u8(..6) {
            0 => "-".to_owned(),
            1 => "+".to_owned(),
            2 => format!("({}", self.id()),
            3 => "18446744073709551615-18446744073709551615".to_owned(),
            _ => self.id(),
        }
    }

    fn number(&mut self) -> String {
        match self.random.u8(..10) {
            0 => self.bad_word(),
            1 => "0".to_owned(),
            _ => self.random.u64(..500).to_string(),
        }
    }

    fn maybe(&mut self, text: String) -> String {
        if self.random.bool() { text } else { String::new() }
    }

    fn trim(&mut self) -> String {
        let (strategy, threshold) =
            if self.random.bool() { ("MAXLEN", self.number()) } else { ("minid", self.id()) };
        let how = ["", " ~", " ="][self.random.usize(..3)];
        let limit = format!(" LIMIT {}", self.number());
        let limit = if self.random.u8(..4) == 0 { limit } else { String::new() };
        let again = if self.random.u8(..30) == 0 { " MAXLEN 5" } else { "" };
        format!(" {strategy}{how} {threshold}{limit}{again}")
    }

    fn text(&mut self) -> Vec<u8> {
        let len = match self.random.u8(..20) {
            0 => self.random.usize(..6_000),
            1..4 => self.random.usize(..300),
            _ => self.random.usize(..12),
        };
        if self.random.u8(..4) == 0 {
            return self.random.i64(..).to_string()[..].as_bytes()[..len.clamp(1, 10)].to_vec();
        }
        (0..len).map(|_| self.random.u8(..)).collect()
    }

    fn xadd(&mut self) -> Args {
        self.ms += self.random.u64(..3);
        let id = match self.random.u8(..20) {
            0 => self.id(),
            1 => format!("{}-*", self.ms),
            2 => self.ms.to_string(),
            _ => format!("{}-{}", self.ms, self.random.u64(..4)),
        };
        let trim = if self.random.u8(..6) == 0 { self.trim() } else { String::new() };
        let existing = if self.random.u8(..10) == 0 { " NOMKSTREAM" } else { "" };
        let mut args = args(&format!("XADD {}{existing}{trim} {id}", self.key()));
        for _ in 0..self.random.usize(1..5) {
            let name = if self.random.bool() { b"topic".to_vec() } else { self.text() };
            args.extend([name, self.text()]);
        }
        if self.random.u8(..50) == 0 {
            args.pop();
        }
        args
    }

    fn xread(&mut self) -> String {
        let count = format!(" COUNT {}", self.number());
        let count = self.maybe(count);
        let (one, other) = (self.key(), self.key());
        let (first, second) = (self.id(), self.id());
        match self.random.u8(..8) {
            0 => format!("XREAD{count} STREAMS {one} $"),
            1 => format!("XREAD{count} STREAMS {one} {other} {first}"),
            2 => format!("XREAD{count} BLOCK -1 STREAMS {one} {first}"),
            3 => format!("XREAD{count} {} STREAMS {one} {first}", self.bad_word()),
            _ => format!("XREAD{count} STREAMS {one} {other} {first} {second}"),
        }
    }

    fn command(&mut self) -> Args {
        let key = self.key();
        let line = match self.random.u8(..100) {
            0..55 => return self.xadd(),
            55..60 => format!("XDEL {key} {} {} {}", self.id(), self.id(), self.id()),
            60..64 => format!("XTRIM {key}{}", self.trim()),
            64..70 => {
                let count = format!(" COUNT {}", self.number());
                format!("XRANGE {key} {} {}{}", self.range_end(), self.range_end(), self.maybe(count))
            }
            70..76 => {
                let count = format!(" COUNT {}", self.number());
                format!("XREVRANGE {key} {} {}{}", self.range_end(), self.range_end(), self.maybe(count))
            }
            76..84 => self.xread(),
            84..88 => format!("XINFO STREAM {key}"),
            88..90 => format!("XINFO STREAM {key} FULL COUNT {}", self.number()),
            90 => format!("XSETID {key} {}", self.id()),
            91 => {
                let (added, deleted) = (self.number(), self.id());
                format!("XSETID {key} {} ENTRIESADDED {added} MAXDELETEDID {deleted}", self.id())
            }
            92 => format!("CONFIG SET stream-node-max-entries {}", self.random.u64(..120)),
            // Below 4096 redis-server 7.0.15 itself reads beyond a node, and shows entries that were never added.
            93 => format!("CONFIG SET stream-node-max-bytes {}", self.random.u64(4096..9000)),
            94 => format!("DEL {key}"),
            95 => format!("EXISTS {key} a {key}"),
            96 => format!("TYPE {key}"),
            97 => format!("XADD {key} {}", self.id()),
            _ => format!("XLEN {key}"),
        };
        args(&line)
    }
}

/// The number of tree nodes is the one figure that only a tree has.
fn without_tree_nodes(reply: &[u8]) -> Vec<u8> {
    const FIELD: &[u8] = b"$16\r\nradix-tree-nodes\r\n:";
    let mut masked = Vec::with_capacity(reply.len());
    let mut rest = reply;
    while let Some(at) = rest.windows(FIELD.len()).position(|window| window == FIELD) {
        let end = at + FIELD.len();
        masked.extend_from_slice(&rest[..end]);
        let digits = rest[end..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest = &rest[end + digits..];
    }
    masked.extend_from_slice(rest);
    masked
}

fn compare_one(ours: &mut Client, theirs: &mut Client, args: &Args) -> bool {
    let shown = || {
        args.iter().map(|arg| arg[..arg.len().min(60)].escape_ascii().to_string() + " ").collect::<String>()
    };
    let (our_reply, their_reply) = (ours.call(args), theirs.call(args));
    let (our_reply, their_reply) = (without_tree_nodes(&our_reply), without_tree_nodes(&their_reply));
    let same = our_reply.iter().zip(&their_reply).take_while(|(ours, theirs)| ours == theirs).count();
    let different =
        |reply: &[u8]| reply[same.saturating_sub(80)..reply.len().min(same + 200)].escape_ascii().to_string();
    assert!(
        our_reply == their_reply,
        "{} after {same} bytes\nours:   {}\ntheirs: {}",
        shown(),
        different(&our_reply),
        different(&their_reply)
    );
    !our_reply.starts_with(b"-")
}

fn same_replies(protocol: &str, seed: u64) {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    let (mut ours, mut theirs) = (server.connect(), redis.connect());
    if protocol == "3" {
        ours.ask("HELLO 3");
        theirs.ask("HELLO 3");
    }
    let mut generator = Generator { random: fastrand::Rng::with_seed(seed), ms: 1 };
    let (mut accepted, mut open) = (0, false);
    for _ in 0..COMMANDS {
        if generator.random.u8(..40) == 0 {
            let line = if open { ["EXEC", "DISCARD", "MULTI"][generator.random.usize(..3)] } else { "MULTI" };
            open = line == "MULTI";
            compare_one(&mut ours, &mut theirs, &args(line));
        }
        accepted += usize::from(compare_one(&mut ours, &mut theirs, &generator.command()));
    }
    assert!(accepted > COMMANDS / 2, "too few commands did something: {accepted}");
}

#[test]
fn random_commands_in_resp2() {
    same_replies("2", 1);
    same_replies("2", 2);
}

#[test]
fn random_commands_in_resp3() {
    same_replies("3", 3);
    same_replies("3", 4);
}

fn assert_same(pair: &mut Pair, commands: &[Args], what: &str, tally: &mut Tally) {
    if let Some(difference) = pair.difference(commands, tally) {
        let at = difference.at;
        let (shortest, difference) = report::shortest(pair, commands, difference);
        panic!(
            "{what}, command {at}, which differs also after\n{}",
            report::describe(&shortest, &difference)
        );
    }
}

#[test]
fn known_refusals_and_answers() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    let mut pair = Pair::new(server.connect(), redis.connect(), "HELLO 2");
    let lines = include_str!("../refusals.txt").lines().filter(|line| !line.is_empty());
    for command in lines.map(args) {
        assert_same(&mut pair, &[command], "a known answer", &mut Tally::default());
    }
}

#[test]
fn known_sequences() {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for hello in ["HELLO 2", "HELLO 3"] {
        let mut pair = Pair::new(server.connect(), redis.connect(), hello);
        for sequence in include_str!("known.txt").split("\n\n") {
            let lines = sequence.lines().filter(|line| !line.starts_with('#')).map(args);
            let commands: Vec<Args> = std::iter::once(args("FLUSHALL")).chain(lines).collect();
            assert_same(&mut pair, &commands, hello, &mut Tally::default());
        }
    }
}

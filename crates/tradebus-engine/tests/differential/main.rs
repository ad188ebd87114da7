//! The port against a real redis-server 7.0.15: the same commands, the same bytes.
//!
//! Each seed gives a short sequence of random commands, or a scene of readers that wait. One that failed is played again, alone
//! and in both protocols, with `DIFFERENTIAL_SEED=7 cargo test -p tradebus-engine --test differential random`. With
//! `DIFFERENTIAL_SEQUENCES=100000` there are more of them, from that seed on.
//!
//! What may differ stands in `masks.rs`, each with the reason. What is left out altogether: ids and times that the clock gives
//! to entries (`*`), XSETID below an entry that was deleted (`streams.rs`), nodes of less than 4096 bytes (`streams.rs`), times
//! of expiry so far away that C overflows (`keys.rs`), and DBSIZE, which counts keys that have expired unnoticed.

mod blocked;
mod compare;
mod groups;
mod keys;
mod masks;
mod reply;
mod report;
mod scenes;
mod sequence;
mod stage;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod transactions;
mod values;
mod words;

use compare::{Pair, Tally};
use support::{RealRedis, Target, TestServer};
use tradebus_engine::server::ServerOptions;
use words::{Args, args};

/// Sequences for each protocol.
const SEQUENCES: u64 = 8_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// So many seeds from the first one on; or those that the environment names.
fn seeds(first: u64, step: u64, count: u64) -> impl Iterator<Item = u64> {
    let (seed, sequences) = (setting("DIFFERENTIAL_SEED"), setting("DIFFERENTIAL_SEQUENCES"));
    let count = sequences.unwrap_or(if seed.is_some() { 1 } else { count });
    (0..count).map(move |number| seed.unwrap_or(first) + step * number)
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

fn same_replies(hello: &str, first: u64) {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    let mut pair = Pair::new(server.connect(), redis.connect(), hello);
    let mut tally = Tally::default();
    for seed in seeds(first, 2, SEQUENCES) {
        assert_same(&mut pair, &sequence::sequence(seed), &format!("{hello}: seed {seed}"), &mut tally);
    }
    for (command, [done, refused]) in &tally.0 {
        println!("{command}: {done} done, {refused} refused");
    }
    if setting("DIFFERENTIAL_SEED").is_none() {
        assert_eq!(tally.without_effect(), ["XGROUP FOO", "XINFO FOO"], "these did nothing");
    }
}

#[test]
fn random_commands_in_resp2() {
    same_replies("HELLO 2", 0);
}

#[test]
fn random_commands_in_resp3() {
    same_replies("HELLO 3", 1);
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

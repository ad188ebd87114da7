//! Readers that wait get the same.

use crate::scenes::scene;
use crate::stage::{Stage, Step, assert_same};
use crate::support::{RealRedis, TestServer};
use crate::words::args;
use tradebus_engine::server::ServerOptions;

/// Random scenes for each protocol.
const SCENES: u64 = 1_000;

/// What each scene begins with: two streams, an entry in each, two groups that have had it.
const GIVEN: [&str; 7] = [
    "FLUSHALL",
    "XADD a 5-1 f v",
    "XADD b 5-1 f v",
    "XGROUP CREATE a g $",
    "XGROUP CREATE b g $",
    "XGROUP CREATE a h $",
    "XGROUP CREATE b h $",
];

fn begin() -> Vec<Step> {
    GIVEN.map(|line| Step::Do(args(line))).to_vec()
}

fn step(line: &str) -> Step {
    match line.split_once(' ') {
        Some(("<", read)) => Step::Wait(args(read)),
        Some(("hang-up", number)) => Step::HangUp(number.parse().expect("the number of a reader")),
        Some(("until-gone", key)) => Step::Pass(key.to_owned()),
        _ => Step::Do(args(line)),
    }
}

/// Plays scenes, each with what it is about, in both protocols.
fn play(scenes: &[(String, Vec<Step>)]) {
    let (server, redis) = (TestServer::start(ServerOptions::default()), RealRedis::start());
    for hello in ["HELLO 2", "HELLO 3"] {
        let (mut ours, mut theirs) = (Stage::new(&server, hello), Stage::new(&redis, hello));
        for (what, steps) in scenes {
            let steps = [begin(), steps.clone()].concat();
            assert_same(&mut ours, &mut theirs, &steps, &format!("{hello}, {what}"));
        }
    }
}

#[test]
fn blocked_readers_get_the_same() {
    let read = |text: &str| {
        let (what, lines) = text.trim().split_once('\n').expect("a heading and lines");
        (what.to_owned(), lines.lines().map(step).collect())
    };
    play(&include_str!("scenes.txt").split("\n\n").map(read).collect::<Vec<_>>());
}

#[test]
fn blocked_readers_get_the_same_in_random_scenes() {
    let scenes = crate::seeds(0, 1, SCENES).map(|seed| (format!("seed {seed}"), scene(seed)));
    play(&scenes.collect::<Vec<_>>());
}

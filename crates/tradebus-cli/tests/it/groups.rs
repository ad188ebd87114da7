//! Consumers of a group that are killed in the middle of their work.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::{Node, Redis, Running, at, run};

const MESSAGES: usize = 100_000;
/// What a consumer may have in hand.
const IN_HAND: usize = 2_000;

fn consumer(store: &str, name: &str) -> Running {
    let mut command =
        at(store, &["sub", "*", "--group", "g", "--from", "earliest", "--raw", "--consumer", name]);
    command.env("TRADEBUS_CLAIM_IDLE_MS", "500").env("TRADEBUS_MAX_PENDING", IN_HAND.to_string());
    Running::start(&mut command)
}

/// The numbers that were printed, as often as they were.
struct Printed(Vec<u32>);

impl Printed {
    fn take_from(&mut self, consumer: &Running) -> usize {
        let mut taken = 0;
        while let Some(line) = consumer.try_line() {
            // A line that the end of its program cut off was not printed.
            if let Some(count) = line.parse().ok().and_then(|number: usize| self.0.get_mut(number)) {
                *count += 1;
            }
            taken += 1;
        }
        taken
    }

    fn missing(&self) -> usize {
        self.0.iter().filter(|count| **count == 0).count()
    }

    fn repeated(&self) -> usize {
        self.0.iter().map(|count| count.saturating_sub(1) as usize).sum()
    }
}

fn killed_in_the_middle(store: &str) {
    let numbers = (0..MESSAGES).fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{number}");
        lines
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), numbers).unwrap();
    let published = run(at(store, &["pub", "t", "--lines"]).arg(file.path()));
    assert_eq!(published.code, Some(0), "{}", published.stderr);

    let victim = consumer(store, "victim");
    let others = [consumer(store, "a"), consumer(store, "b")];
    let mut printed = Printed(vec![0; MESSAGES]);
    let deadline = Instant::now() + Duration::from_mins(2);
    let mut by_victim = 0;
    while by_victim < MESSAGES / 20 {
        assert!(Instant::now() < deadline, "the victim printed only {by_victim}");
        by_victim += printed.take_from(&victim);
        for other in &others {
            printed.take_from(other);
        }
    }
    victim.signal("KILL");
    let (_, rest, _) = victim.end();
    for number in rest.iter().filter_map(|line| line.parse::<usize>().ok()).filter(|n| *n < MESSAGES) {
        printed.0[number] += 1;
    }
    while printed.missing() > 0 {
        assert!(Instant::now() < deadline, "{} messages are missing", printed.missing());
        for other in &others {
            printed.take_from(other);
        }
        std::thread::yield_now();
    }
    // Printed, and not acknowledged when it was killed.
    assert!(printed.repeated() <= IN_HAND, "{} repeats", printed.repeated());
}

#[test]
fn a_consumer_that_is_killed_costs_no_message_on_redis() {
    let redis = Redis::start();
    killed_in_the_middle(&redis.url());
}

#[test]
fn a_consumer_that_is_killed_costs_no_message_on_a_node() {
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), "everysec");
    killed_in_the_middle(&format!("redis://{}", node.address));
}

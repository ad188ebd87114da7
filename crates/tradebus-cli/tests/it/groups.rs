//! Consumers of a group that are killed in the middle of their work, or join and leave there.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Node, Redis, Running, at, run, waited};

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

/// All consumers write to one file, so that its lines are in the order in which they were printed.
fn sharing(store: &str, name: &str, file: &std::fs::File) -> Child {
    let mut command =
        at(store, &["sub", "*", "--group", "g", "--from", "earliest", "--json", "--consumer", name]);
    command
        .env("TRADEBUS_SHARDS", "4")
        .env("TRADEBUS_LEASE_TTL_MS", "1000")
        .env("TRADEBUS_MAX_PENDING", "500");
    command.stdout(file.try_clone().unwrap()).stderr(Stdio::null()).spawn().unwrap()
}

/// The numbers of each topic in the order in which they came first, and how often one came again.
fn printed(path: &Path) -> (BTreeMap<String, Vec<u64>>, usize) {
    let (mut topics, mut seen, mut repeats) = (BTreeMap::<String, Vec<u64>>::new(), HashSet::new(), 0);
    let text = std::fs::read_to_string(path).unwrap();
    for line in text.lines() {
        // The end of a program may have cut a line off.
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        assert!(line["fencing_token"].is_u64(), "{line}");
        let (topic, number) = (line["topic"].as_str().unwrap(), line["payload"].as_u64().unwrap());
        if seen.insert((topic.to_owned(), number)) {
            topics.entry(topic.to_owned()).or_default().push(number);
        } else {
            repeats += 1;
        }
    }
    (topics, repeats)
}

fn publisher(store: &str, topic: u64) -> Running {
    let mut command = at(store, &["pub", &format!("t.{topic}"), "--lines", "-", "--encoding", "json"]);
    Running::start(command.env("TRADEBUS_SHARDS", "4"))
}

fn topics_keep_their_order(store: &str) {
    const TOPICS: u64 = 8;
    const EACH: u64 = 1_000;
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = OpenOptions::new().append(true).open(file.path()).unwrap();
    let mut publishers: Vec<Running> = (0..TOPICS).map(|topic| publisher(store, topic)).collect();
    let mut consumers = vec![sharing(store, "a", &output), sharing(store, "b", &output)];
    let came = || printed(file.path()).0.values().map(Vec::len).sum::<usize>() as u64;
    for n in 0..EACH {
        for publisher in &mut publishers {
            publisher.write(&format!("{n}\n"));
        }
        match n {
            250 => consumers.push(sharing(store, "c", &output)),
            500 => {
                waited("half of it was printed", || came() > 250 * TOPICS);
                // SIGKILL: it says good-bye to nobody.
                consumers.remove(0).kill().unwrap();
            }
            750 => {
                let mut leaving = consumers.remove(0);
                assert!(Command::new("kill").arg(leaving.id().to_string()).status().unwrap().success());
                assert!(leaving.wait().unwrap().success());
            }
            _ => {}
        }
    }
    publishers.iter_mut().for_each(Running::close_input);
    waited("everything was printed", || came() == TOPICS * EACH);
    for mut consumer in consumers {
        consumer.kill().unwrap();
        consumer.wait().unwrap();
    }
    let (topics, repeats) = printed(file.path());
    for (topic, numbers) in topics {
        assert!(numbers.iter().copied().eq(0..EACH), "{topic}: {numbers:?}");
    }
    assert!(repeats <= 500, "only what the killed one had in hand comes again: {repeats}");
}

#[test]
fn consumers_of_shards_keep_the_order_of_topics_on_redis() {
    let redis = Redis::start();
    topics_keep_their_order(&redis.url());
}

#[test]
fn consumers_of_shards_keep_the_order_of_topics_on_a_node() {
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), "everysec");
    topics_keep_their_order(&format!("redis://{}", node.address));
}

#[test]
fn one_consumer_is_active_and_the_next_takes_over() {
    let redis = Redis::start();
    let consumer = |name| {
        let words = ["sub", "*", "--group", "g", "--single-active", "--raw", "--consumer", name];
        Running::start(at(&redis.url(), &words).env("TRADEBUS_LEASE_TTL_MS", "1000"))
    };
    let first = consumer("a");
    first.error_with("active, with fencing token 1");
    let second = consumer("b");
    second.error_with("standing by");
    assert_eq!(run(&mut at(&redis.url(), &["pub", "t", "one"])).code, Some(0));
    assert_eq!(first.line(), "one");
    first.signal("KILL");
    second.error_with("active, with fencing token 2");
    assert_eq!(run(&mut at(&redis.url(), &["pub", "t", "two"])).code, Some(0));
    while second.line() != "two" {}
}

//! `kill -9` at random points, again and again, on the same directory.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::support::{Node, Peer, Reply, Running, serve, tradebus, words};

const ROUNDS: u64 = 200;

/// What clients know about a stream whose entries count up, and about the group that reads it.
#[derive(Default)]
struct Known {
    /// Entries that were acknowledged to the publisher.
    stored: u64,
    /// Ids that were delivered to the consumer.
    delivered: BTreeSet<String>,
    /// Ids whose acknowledgement was answered.
    settled: BTreeSet<String>,
    /// Ids whose acknowledgement was sent and not answered.
    perhaps_settled: BTreeSet<String>,
}

#[test]
fn what_was_acknowledged_is_there_after_every_kill() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut known = Known::default();
    for round in 0..ROUNDS {
        let node = Node::start(directory.path(), "always");
        let mut peer = node.connect();
        check(&mut peer, &mut known, round);
        let answers_until_kill = random.u64(..60);
        // The last round ends as it should.
        if round + 1 < ROUNDS {
            work_until_killed(&node, &mut known, answers_until_kill, &mut random);
        }
    }
    assert!(known.stored > ROUNDS, "the node did something in between: {}", known.stored);
}

/// Publishes and consumes until the node is gone, which is killed after so many answers, wherever it is then.
fn work_until_killed(node: &Node, known: &mut Known, answers: u64, random: &mut fastrand::Rng) {
    let (answered, seed) = (AtomicU64::new(0), random.u64(..));
    let (mut publisher, mut consumer) = (node.connect(), node.connect());
    let Known { stored, delivered, settled, perhaps_settled } = known;
    std::thread::scope(|scope| {
        scope.spawn(|| publish(&mut publisher, stored, &answered, seed));
        scope.spawn(|| consume(&mut consumer, delivered, settled, perhaps_settled, &answered));
        while answered.load(Relaxed) < answers {
            std::thread::yield_now();
        }
        node.running.signal("KILL");
    });
}

fn publish(peer: &mut Peer, stored: &mut u64, answered: &AtomicU64, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        let batch: Vec<_> = (1..=random.u64(1..8)).map(|n| entry(*stored + n, &mut random)).collect();
        let Ok(replies) = peer.pipeline(&batch) else { return };
        assert!(replies.iter().all(|reply| reply.text().contains('-')), "ids");
        *stored += replies.len() as u64;
        answered.fetch_add(replies.len() as u64, Relaxed);
    }
}

fn entry(number: u64, random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
    let mut command = words(&format!("XADD s * n {number} payload"));
    command.push(vec![b'x'; random.usize(..2000)]);
    command
}

fn consume(
    peer: &mut Peer,
    delivered: &mut BTreeSet<String>,
    settled: &mut BTreeSet<String>,
    perhaps_settled: &mut BTreeSet<String>,
    answered: &AtomicU64,
) {
    let mut work = || -> io::Result<()> {
        loop {
            let reply = peer.ask("XREADGROUP GROUP g c COUNT 5 BLOCK 1000 STREAMS s >")?;
            let ids = ids_of(&reply);
            delivered.extend(ids.iter().cloned());
            let Some(first) = ids.first() else { continue };
            // One of five is acknowledged.
            perhaps_settled.insert(first.clone());
            assert_eq!(peer.ask(&format!("XACK s g {first}"))?, Reply::Number(1));
            perhaps_settled.remove(first);
            settled.insert(first.clone());
            answered.fetch_add(1, Relaxed);
        }
    };
    let _gone = work();
}

/// The ids in an answer of XREADGROUP for one stream.
fn ids_of(reply: &Reply) -> Vec<String> {
    let entries = reply.list().first().map(|stream| stream.list()[1].list()).unwrap_or_default();
    entries.iter().map(|entry| entry.list()[0].text().to_owned()).collect()
}

fn check(peer: &mut Peer, known: &mut Known, round: u64) {
    match peer.ask("XGROUP CREATE s g 0 MKSTREAM").unwrap() {
        Reply::Text(_) => assert_eq!(round, 0, "the group was lost"),
        Reply::Error(error) => assert!(error.starts_with("BUSYGROUP"), "{error}"),
        other => panic!("{other:?}"),
    }
    let entries = peer.ask("XRANGE s - +").unwrap();
    let numbers: Vec<u64> =
        entries.list().iter().map(|entry| entry.list()[1].list()[1].text().parse().unwrap()).collect();
    let present = numbers.len() as u64;
    assert_eq!(
        numbers,
        (1..=present).collect::<Vec<_>>(),
        "round {round}: none is missing, doubled or out of place"
    );
    assert!(present >= known.stored, "round {round}: {present} of {} acknowledged", known.stored);
    known.stored = present;
    check_group(peer, known, round);
}

fn check_group(peer: &mut Peer, known: &Known, round: u64) {
    let pending = peer.ask("XPENDING s g - + 1000000").unwrap();
    let pending: BTreeSet<String> = pending.list().iter().map(|it| it.list()[0].text().to_owned()).collect();
    assert!(pending.is_disjoint(&known.settled), "round {round}: an acknowledgement was lost");
    let open = known.delivered.iter().filter(|id| !known.settled.contains(*id));
    for id in open.filter(|id| !known.perhaps_settled.contains(*id)) {
        assert!(pending.contains(id), "round {round}: {id} was delivered, and is pending no more");
    }
}

#[test]
fn with_a_sync_a_second_no_more_is_lost_than_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(2);
    let mut present = 0;
    for round in 0..30 {
        let node = Node::start(directory.path(), "everysec");
        let mut peer = node.connect();
        let entries = peer.ask("XRANGE s - +").unwrap();
        let numbers: Vec<u64> =
            entries.list().iter().map(|entry| entry.list()[1].list()[1].text().parse().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "round {round}");
        assert!(numbers.len() as u64 >= present, "round {round}: what was there once stays");
        present = numbers.len() as u64;
        let (mut stored, answered) = (present, AtomicU64::new(0));
        let (enough, seed) = (random.u64(1..300), random.u64(..));
        std::thread::scope(|scope| {
            scope.spawn(|| publish(&mut peer, &mut stored, &answered, seed));
            while answered.load(Relaxed) < enough {
                std::thread::yield_now();
            }
            node.running.signal("KILL");
        });
    }
    assert!(present > 0, "something stayed");
}

#[test]
fn a_node_that_is_asked_to_end_loses_nothing_and_gives_its_directory_back() {
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), "everysec");
    let mut peer = node.connect();
    for number in 0..500 {
        assert!(peer.ask(&format!("XADD s * n {number}")).unwrap().text().contains('-'));
    }
    let mut second = tradebus();
    let second = Running::start(second.args(serve(directory.path())));
    second.error_with("one process at a time can have it open");
    assert_eq!(second.end().0.code(), Some(1));
    node.running.signal("TERM");
    assert_eq!(node.running.end().0.code(), Some(0));
    let node = Node::start(directory.path(), "no");
    assert_eq!(node.connect().ask("XLEN s").unwrap(), Reply::Number(500));
}

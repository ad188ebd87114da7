//! Scenes that several clients play, on our port and on a real redis-server.

use std::collections::BTreeMap;

use super::{Client, RealRedis, Target, TestServer};

/// Plays a scene on both servers, each after the other, and compares every reply. A line is the name of a client and what it
/// sends; a `<` instead of that is one more reply for it, which came by itself. A `!` behind the name says that the reply differs.
/// Each scene begins without keys and with new clients.
pub(crate) fn compare(ours: &TestServer, theirs: &RealRedis, scene: &str) {
    let (our_replies, their_replies) = (play(ours, scene), play(theirs, scene));
    for ((line, ours), (_, theirs)) in our_replies.iter().zip(&their_replies) {
        let (ours, theirs) = (ours.escape_ascii(), theirs.escape_ascii());
        assert!(
            ours.to_string() == theirs.to_string(),
            "{line}\nours:   {ours}\ntheirs: {theirs}\nin:\n{scene}"
        );
    }
}

fn play<'a>(target: &dyn Target, scene: &'a str) -> Vec<(&'a str, Vec<u8>)> {
    target.connect().ask("FLUSHALL");
    let mut clients: BTreeMap<&str, Client> = BTreeMap::new();
    let lines = scene.lines().map(str::trim).filter(|line| !line.is_empty());
    let reply = |line: &'a str| {
        let (name, words) = line.split_once(' ').expect("a client and its words");
        let (name, differs) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let client = clients.entry(name).or_insert_with(|| target.connect());
        if words != "<" {
            client.send(&words.split(' ').collect::<Vec<_>>());
        }
        let reply = client.reply();
        (line, if differs { Vec::new() } else { reply })
    };
    lines.map(reply).collect()
}

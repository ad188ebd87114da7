//! A sequence of commands for a seed.

use crate::words::{Args, Words, args};
use crate::{keys, streams, transactions, values};

/// How much of each kind a sequence has, in hundredths: streams, strings and collections; the rest is about keys.
type Theme = [u8; 2];

const STREAMS: Theme = [90, 5];
const VALUES: Theme = [6, 60];
const ANYTHING: Theme = [60, 20];

const THEMES: [Theme; 4] = [STREAMS, STREAMS, VALUES, ANYTHING];

/// The commands of a seed. They begin with an empty store, and leave no transaction open.
pub(crate) fn sequence(seed: u64) -> Vec<Args> {
    let mut words = Words::new(fastrand::Rng::with_seed(seed), 1);
    let theme = words.one_of(&THEMES);
    let mut commands = beginning(&mut words);
    // Short ones name the same things more often; a few are long enough for nodes of the usual size.
    let len = if words.once_in(60) { 1000 } else { words.random.usize(20..140) };
    let mut open = false;
    for _ in 0..len {
        commands.extend(transactions::command(&mut words, &mut open));
        commands.push(command(&mut words, theme));
    }
    if open {
        commands.push(args("EXEC"));
    }
    commands
}

fn beginning(words: &mut Words) -> Vec<Args> {
    let mut commands = vec![args("FLUSHALL"), args("CONFIG SET stream-node-max-entries 100")];
    commands.push(args("CONFIG SET stream-node-max-bytes 4096"));
    if words.random.bool() {
        commands.push(args(&streams::node_limits(words)));
    }
    commands
}

fn command(words: &mut Words, [streams, values]: Theme) -> Args {
    match words.random.u8(..100) {
        chance if chance < streams => streams::command(words),
        chance if chance < streams + values => values::command(words),
        _ => keys::command(words),
    }
}

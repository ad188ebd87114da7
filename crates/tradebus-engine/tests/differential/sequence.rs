//! A sequence of commands for a seed.

use crate::words::{Args, Words, args};
use crate::{groups, keys, streams, transactions, values};

/// How much of each kind a sequence has, in hundredths: streams, groups, strings and collections; the rest is about keys.
type Theme = [u8; 3];

const STREAMS: Theme = [85, 5, 5];
const GROUPS: Theme = [35, 60, 2];
const VALUES: Theme = [4, 2, 60];
const ANYTHING: Theme = [35, 35, 15];

/// Of those about groups there are more than of the others: they are the most intricate.
const THEMES: [Theme; 8] = [STREAMS, STREAMS, GROUPS, GROUPS, GROUPS, VALUES, ANYTHING, ANYTHING];

/// The commands of a seed. They begin with an empty store, and leave no transaction open.
pub(crate) fn sequence(seed: u64) -> Vec<Args> {
    let mut words = Words::new(fastrand::Rng::with_seed(seed), 1);
    let theme = words.one_of(&THEMES);
    let mut commands = beginning(&mut words, theme);
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

fn beginning(words: &mut Words, theme: Theme) -> Vec<Args> {
    let mut commands = vec![args("FLUSHALL"), args("CONFIG SET stream-node-max-entries 100")];
    commands.push(args("CONFIG SET stream-node-max-bytes 4096"));
    if words.random.bool() {
        commands.push(args(&streams::node_limits(words)));
    }
    if theme == GROUPS || theme == ANYTHING || words.once_in(3) {
        commands.extend(groups::beginning());
    }
    commands
}

/// One command of a sequence that is mostly about groups.
pub(crate) fn command_about_groups(words: &mut Words) -> Args {
    command(words, GROUPS)
}

fn command(words: &mut Words, [streams, groups, values]: Theme) -> Args {
    match words.random.u8(..100) {
        chance if chance < streams => streams::command(words),
        chance if chance < streams + groups => groups::command(words),
        chance if chance < streams + groups + values => values::command(words),
        _ => keys::command(words),
    }
}

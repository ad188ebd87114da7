//! What is told of a difference: as few commands as show it, and both replies.

use crate::compare::{Difference, Pair, Tally};
use crate::words::{Args, args};

/// Leaves out of a sequence what the difference does not need.
pub(crate) fn shortest(pair: &mut Pair, commands: &[Args], found: Difference) -> (Vec<Args>, Difference) {
    let (mut commands, mut found) = (commands[..=found.at].to_vec(), found);
    let mut step = commands.len() / 2;
    while step > 0 {
        let mut at = 0;
        while at + step < commands.len() {
            let without = [&commands[..at], &commands[at + step..]].concat();
            // The first attempt may have left a transaction open.
            pair.call(&[args("DISCARD"), args("FLUSHALL")]);
            match pair.difference(&without, &mut Tally::default()) {
                Some(difference) => {
                    commands = without[..=difference.at].to_vec();
                    found = difference;
                }
                None => at += step,
            }
        }
        step /= 2;
    }
    (commands, found)
}

/// The commands, and the replies to the last of them.
pub(crate) fn describe(commands: &[Args], difference: &Difference) -> String {
    let (ours, theirs) = (&difference.replies.ours, &difference.replies.theirs);
    let same = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let part = |reply: &[u8]| {
        let shown = &reply[same.saturating_sub(400).min(reply.len())..reply.len().min(same + 200)];
        shown.escape_ascii().to_string()
    };
    let shown: String = commands.iter().map(|command| show(command) + "\n").collect();
    format!("{shown}after {same} bytes\nours:   {}\ntheirs: {}", part(ours), part(theirs))
}

/// A command as one could give it to redis-cli.
pub(crate) fn show(command: &Args) -> String {
    let shown = command.iter().map(|word| {
        let text = word[..word.len().min(60)].escape_ascii().to_string();
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let more = if word.len() > 60 { format!(" ({} bytes)", word.len()) } else { String::new() };
        if is_plain { text + &more } else { format!("\"{text}\"{more}") }
    });
    shown.collect::<Vec<_>>().join(" ")
}

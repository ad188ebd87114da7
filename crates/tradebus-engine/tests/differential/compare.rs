//! Two servers, the same commands, the same replies.

use std::collections::BTreeMap;

use crate::masks::{mask, name};
use crate::reply::Reply;
use crate::support::{Client, encode};
use crate::words::Args;

/// A connection to each server.
pub(crate) struct Pair {
    ours: Client,
    theirs: Client,
}

/// The replies of both servers to one command.
pub(crate) struct Replies {
    pub(crate) ours: Vec<u8>,
    pub(crate) theirs: Vec<u8>,
}

impl Pair {
    pub(crate) fn new(mut ours: Client, mut theirs: Client, hello: &str) -> Self {
        ours.ask(hello);
        theirs.ask(hello);
        Self { ours, theirs }
    }

    /// Sends all commands at once, which is many times faster than to wait for each reply.
    pub(crate) fn call(&mut self, commands: &[Args]) -> Vec<Replies> {
        let request: Vec<u8> = commands.iter().flat_map(|command| encode(command)).collect();
        self.ours.send_raw(&request);
        self.theirs.send_raw(&request);
        commands.iter().map(|_| Replies { ours: self.ours.reply(), theirs: self.theirs.reply() }).collect()
    }

    /// Where the replies to these commands differ first.
    pub(crate) fn difference(&mut self, commands: &[Args], tally: &mut Tally) -> Option<Difference> {
        let mut comparison = Comparison::default();
        let mut replies = self.call(commands).into_iter().enumerate();
        let (at, replies) = replies.find(|(at, replies)| !comparison.same(&commands[*at], replies, tally))?;
        Some(Difference { at, replies })
    }
}

/// The first command to which two servers gave different replies.
pub(crate) struct Difference {
    pub(crate) at: usize,
    pub(crate) replies: Replies,
}

/// How often each command did something, and how often it was refused.
#[derive(Default)]
pub(crate) struct Tally(pub(crate) BTreeMap<String, [usize; 2]>);

impl Tally {
    /// Commands that were only ever refused.
    pub(crate) fn without_effect(&self) -> Vec<&String> {
        self.0.iter().filter(|(_, [done, _])| *done == 0).map(|(command, _)| command).collect()
    }

    fn count(&mut self, command: &Args, refused: bool) {
        self.0.entry(name(command)).or_default()[usize::from(refused)] += 1;
    }
}

/// Compares replies in their order: what EXEC answers depends on what was queued before.
#[derive(Default)]
pub(crate) struct Comparison {
    queued: Vec<Args>,
}

impl Comparison {
    pub(crate) fn same(&mut self, command: &Args, replies: &Replies, tally: &mut Tally) -> bool {
        let Replies { ours, theirs } = replies;
        if ours == b"+QUEUED\r\n" {
            self.queued.push(command.clone());
            return ours == theirs;
        }
        tally.count(command, ours.starts_with(b"-"));
        match &*name(command) {
            "EXEC" => self.same_parts(ours, theirs, tally),
            "DISCARD" => {
                self.queued.clear();
                ours == theirs
            }
            _ => ours == theirs || same_masked(command, Reply::parse(ours), Reply::parse(theirs)),
        }
    }

    fn same_parts(&mut self, ours: &[u8], theirs: &[u8], tally: &mut Tally) -> bool {
        let (mut our_reply, mut their_reply) = (Reply::parse(ours), Reply::parse(theirs));
        let queued = std::mem::take(&mut self.queued);
        let parts = our_reply.parts().iter().zip(their_reply.parts().iter()).zip(&queued);
        let mut all_same = true;
        for ((ours, theirs), command) in parts {
            tally.count(command, matches!(ours, Reply::Line(line) if line.starts_with(b"-")));
            all_same &= same_masked(command, ours.clone(), theirs.clone());
        }
        let same_len = our_reply.parts().len() == their_reply.parts().len();
        ours == theirs || (all_same && same_len && our_reply.parts().len() == queued.len())
    }
}

fn same_masked(command: &Args, mut ours: Reply, mut theirs: Reply) -> bool {
    mask(command, &mut ours, &mut theirs);
    ours == theirs
}

//! Readers that wait, and somebody who writes meanwhile: the same scene is played with each server.

use crate::compare::{Comparison, Replies, Tally};
use crate::report::show;
use crate::support::{Client, Target};
use crate::words::{Args, args};

/// What happens in a scene.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Somebody does this.
    Do(Args),
    /// Another reader asks for this, and waits.
    Wait(Args),
    /// The reader with this number, from 0 on, goes away.
    HangUp(usize),
    /// Time passes until this key is gone.
    Pass(String),
}

/// Ends each scene: what is pending for whom, and who is known.
const AFTERWARDS: [&str; 3] =
    ["XINFO STREAM a FULL COUNT 0", "XINFO STREAM b FULL COUNT 0", "XINFO STREAM stream:c FULL"];

/// A server, a client that writes, and as many readers as a scene needs.
pub(crate) struct Stage<'a> {
    target: &'a dyn Target,
    hello: &'static str,
    writer: Client,
    readers: Vec<(Client, String)>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(target: &'a dyn Target, hello: &'static str) -> Self {
        let mut writer = target.connect();
        writer.ask(hello);
        Self { target, hello, writer, readers: Vec::new() }
    }

    /// All commands of a scene with their replies: what was done as it was done, then what each reader got.
    pub(crate) fn play(&mut self, scene: &[Step]) -> Vec<(Args, Vec<u8>)> {
        let mut played = Vec::new();
        let mut waiting = Vec::new();
        for step in scene {
            match step {
                Step::Do(command) => played.push((command.clone(), self.writer.call(command))),
                Step::Wait(read) => {
                    let number = waiting.len();
                    self.reader(number).send(read);
                    waiting.push(Some(read));
                    self.writer.await_blocked(waiting.iter().flatten().count());
                }
                Step::HangUp(number) => {
                    self.readers[*number] = self.newcomer();
                    waiting[*number] = None;
                    self.writer.await_blocked(waiting.iter().flatten().count());
                }
                Step::Pass(key) => while self.writer.call(&["EXISTS", key]) != b":0\r\n" {},
            }
        }
        for (number, read) in
            waiting.into_iter().enumerate().filter_map(|(number, read)| Some((number, read?)))
        {
            played.push((args("CLIENT UNBLOCK"), self.unblock(number)));
            played.push((read.clone(), self.reader(number).reply()));
        }
        played.extend(AFTERWARDS.map(args).map(|command| (command.clone(), self.writer.call(&command))));
        played
    }

    fn newcomer(&self) -> (Client, String) {
        let mut client = self.target.connect();
        client.ask(self.hello);
        let id = client.ask("CLIENT ID")[1..].trim_end().to_owned();
        (client, id)
    }

    fn reader(&mut self, number: usize) -> &mut Client {
        while self.readers.len() <= number {
            self.readers.push(self.newcomer());
        }
        &mut self.readers[number].0
    }

    /// Ends the wait of a reader, if it still waits.
    fn unblock(&mut self, number: usize) -> Vec<u8> {
        self.writer.call(&["CLIENT", "UNBLOCK", &self.readers[number].1])
    }
}

/// Plays a scene on both stages and compares all that was said.
pub(crate) fn assert_same(ours: &mut Stage<'_>, theirs: &mut Stage<'_>, scene: &[Step], what: &str) {
    let (our_play, their_play) = (ours.play(scene), theirs.play(scene));
    let mut comparison = Comparison::default();
    for ((command, ours), (_, theirs)) in our_play.into_iter().zip(their_play) {
        let replies = Replies { ours, theirs };
        assert!(
            comparison.same(&command, &replies, &mut Tally::default()),
            "{what}: {} in\n{}\nours:   {}\ntheirs: {}",
            show(&command),
            scene.iter().map(describe).collect::<Vec<_>>().join("\n"),
            replies.ours.escape_ascii(),
            replies.theirs.escape_ascii()
        );
    }
}

fn describe(step: &Step) -> String {
    match step {
        Step::Do(command) => show(command),
        Step::Wait(read) => format!("< {}", show(read)),
        Step::HangUp(number) => format!("! reader {number} hangs up"),
        Step::Pass(key) => format!("! time passes until {key} is gone"),
    }
}

//! What a connection remembers from one command to the next.

use tradebus_resp::Protocol;

use super::blocking::Blocked;
use super::commands::Command;
use crate::LogPosition;

/// The state of one connection.
pub(super) struct Session {
    pub(super) id: u64,
    pub(super) protocol: Protocol,
    pub(super) authenticated: bool,
    pub(super) name: Vec<u8>,
    /// Open after MULTI.
    pub(super) transaction: Option<Transaction>,
    /// The commands of an EXEC are being run: nothing waits.
    pub(super) in_exec: bool,
    /// Set by a command that waits; its reply comes later.
    pub(super) blocked: Option<Blocked>,
    /// The end of the log when the last command was done: its reply may have to wait until that is settled.
    pub(super) position: LogPosition,
    /// Close the connection when the replies so far are sent.
    pub(super) closing: bool,
}

impl Session {
    pub(super) fn new(id: u64, authenticated: bool) -> Self {
        Self {
            id,
            protocol: Protocol::default(),
            authenticated,
            name: Vec::new(),
            transaction: None,
            in_exec: false,
            blocked: None,
            position: LogPosition::default(),
            closing: false,
        }
    }
}

/// Commands between MULTI and EXEC.
#[derive(Default)]
pub(super) struct Transaction {
    queued: Vec<Queued>,
    bytes: usize,
    /// A command could not even be queued, so that EXEC will refuse.
    pub(super) poisoned: bool,
}

/// A command that waits for EXEC, with its arguments.
pub(super) struct Queued {
    pub(super) command: &'static Command,
    pub(super) args: Vec<Box<[u8]>>,
}

impl Transaction {
    pub(super) fn queue(&mut self, command: &'static Command, args: &[&[u8]]) {
        self.bytes += args.iter().map(|arg| arg.len() + size_of::<Box<[u8]>>()).sum::<usize>();
        self.queued.push(Queued { command, args: args.iter().map(|arg| Box::from(*arg)).collect() });
    }

    /// What the commands take in memory.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn into_commands(self) -> Vec<Queued> {
        self.queued
    }
}

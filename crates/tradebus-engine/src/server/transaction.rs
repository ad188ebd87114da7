//! Commands between MULTI and EXEC.

use super::commands::Listed;

/// Commands that wait for EXEC.
#[derive(Default)]
pub(super) struct Transaction {
    queued: Vec<Queued>,
    bytes: usize,
    /// A command could not even be queued, so that EXEC will refuse.
    poisoned: bool,
    /// One of them may change keys.
    pub(super) writes: bool,
}

/// A command that waits for EXEC, with its arguments.
pub(super) struct Queued {
    pub(super) command: &'static Listed,
    pub(super) args: Vec<Box<[u8]>>,
}

impl Transaction {
    /// Keeps a command, unless EXEC will refuse anyway.
    pub(super) fn queue(&mut self, command: &'static Listed, args: &[&[u8]]) {
        if self.poisoned {
            return;
        }
        self.writes |= command.writes;
        self.bytes += args.iter().map(|arg| arg.len() + size_of::<Box<[u8]>>()).sum::<usize>();
        self.queued.push(Queued { command, args: args.iter().map(|arg| Box::from(*arg)).collect() });
    }

    pub(super) const fn poison(&mut self) {
        self.poisoned = true;
    }

    pub(super) const fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    pub(super) const fn len(&self) -> usize {
        self.queued.len()
    }

    /// What the commands take in memory.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn into_commands(self) -> Vec<Queued> {
        self.queued
    }
}

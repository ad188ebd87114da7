//! What a connection remembers from one command to the next.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tradebus_resp::Protocol;

use super::blocking::Blocked;
use super::client::Client;
use super::command_stats::Tally;
use super::commands::Listed;
use super::pubsub::{By, Subscriptions};
use super::transaction::Transaction;
use super::watches::Watches;
use crate::LogPosition;

/// The state of one connection.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    protocol: Protocol,
    pub(super) authenticated: bool,
    /// Open after MULTI.
    pub(super) transaction: Option<Transaction>,
    /// The commands of an EXEC are being run: nothing waits.
    pub(super) in_exec: bool,
    /// Keys that must stay as they are until EXEC.
    pub(super) watches: Option<Watches>,
    pub(super) subscriptions: Subscriptions,
    /// What has to come before the next command is looked at.
    pub(super) waiting: Option<Waiting>,
    /// The end of the log when the last command was done: its reply may have to wait until that is settled.
    pub(super) position: LogPosition,
    /// Close the connection when the replies so far are sent.
    pub(super) closing: bool,
    pub(super) last_command: Option<&'static Listed>,
    pub(super) tally: Tally,
}

/// Why the next command is not looked at yet.
pub(super) enum Waiting {
    /// The last one will be answered when there are entries.
    ForEntries(Blocked),
    /// It has to wait for the end of a pause.
    ForThePause,
}

impl Session {
    pub(super) fn new(client: Arc<Client>, subscriptions: Subscriptions, authenticated: bool) -> Self {
        Self {
            client,
            protocol: Protocol::default(),
            authenticated,
            transaction: None,
            in_exec: false,
            watches: None,
            subscriptions,
            waiting: None,
            position: LogPosition::default(),
            closing: false,
            last_command: None,
            tally: Tally::default(),
        }
    }

    pub(super) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
        self.client.outbox.set_protocol(protocol);
    }

    /// Shows to others what it waits for.
    pub(super) fn set_waiting(&mut self, waiting: Option<Waiting>) {
        let blocked = match &waiting {
            Some(Waiting::ForEntries(blocked)) => Some(Arc::clone(blocked.read())),
            _ => None,
        };
        self.client.set_waiting(waiting.is_some(), blocked);
        self.waiting = waiting;
    }

    /// Bytes that the client has sent and that are kept for it.
    pub(super) fn kept_bytes(&self) -> usize {
        self.transaction.as_ref().map_or(0, Transaction::bytes)
            + self.watches.as_ref().map_or(0, Watches::bytes)
            + self.subscriptions.bytes()
    }

    /// Shows to others how far it has come.
    pub(super) fn show(&self) {
        let figures = &self.client.figures;
        let show = |figure: &std::sync::atomic::AtomicUsize, value| figure.store(value, Ordering::Relaxed);
        show(&figures.last_command, self.last_command.map_or(0, |command| command.place + 1));
        show(&figures.protocol, self.protocol.version().into());
        show(&figures.channels, self.subscriptions.of(By::Name).len());
        show(&figures.patterns, self.subscriptions.of(By::Pattern).len());
        show(&figures.queued, self.transaction.as_ref().map_or(0, |transaction| transaction.len() + 1));
        show(&figures.queued_bytes, self.transaction.as_ref().map_or(0, Transaction::bytes));
        figures.flags.store(self.flags(), Ordering::Relaxed);
    }

    /// The letters of CLIENT LIST, of which there are at most eight.
    fn flags(&self) -> u64 {
        let letters = [
            (!self.subscriptions.is_empty(), b'P'),
            (self.transaction.is_some(), b'x'),
            (self.waiting.is_some(), b'b'),
            (self.watches.as_ref().is_some_and(Watches::seem_dirty), b'd'),
            (self.closing, b'c'),
            (self.client.no_evict.load(Ordering::Relaxed), b'e'),
        ];
        let set = letters.into_iter().filter(|(is_set, _)| *is_set);
        set.fold(0, |flags, (_, letter)| flags << 8 | u64::from(letter))
    }
}

//! Syncing on a thread of its own: the disk may take its time, and writing goes on meanwhile.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::journal::{JournalShared, LogPosition};

/// The way to the thread, which ends with it.
#[derive(Debug)]
pub(super) struct Syncer {
    requests: SyncSender<(Arc<File>, LogPosition)>,
}

impl Syncer {
    pub(super) fn start(shared: Arc<JournalShared>) -> io::Result<Self> {
        // With one request waiting at most, a slow disk is asked less often.
        let (requests, inbox) = sync_channel(1);
        std::thread::Builder::new().name("tradebus-sync".into()).spawn(move || run(&shared, &inbox))?;
        Ok(Self { requests })
    }

    /// Asks for everything in a file to be synced, which settles what was changed before a position. Returns whether that could be
    /// asked: not while an earlier request waits.
    pub(super) fn request(&self, file: &Arc<File>, written: LogPosition) -> io::Result<bool> {
        match self.requests.try_send((Arc::clone(file), written)) {
            Ok(()) => Ok(true),
            Err(TrySendError::Full(_)) => Ok(false),
            // It ends by itself only after a failure.
            Err(TrySendError::Disconnected(_)) => Err(io::Error::other("a sync has failed before")),
        }
    }
}

fn run(shared: &JournalShared, inbox: &Receiver<(Arc<File>, LogPosition)>) {
    while let Ok((file, written)) = inbox.recv() {
        if let Err(error) = file.sync_data() {
            tracing::error!(%error, "the log cannot be synced: changes are refused");
            shared.fail(error);
            return;
        }
        shared.settle(written);
    }
}

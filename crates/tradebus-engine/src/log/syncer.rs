//! Syncing on a thread of its own: the disk may take its time, and writing goes on meanwhile.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::journal::{JournalShared, LogPosition};

/// A file to sync, and what that settles.
type Request = (Arc<File>, LogPosition);

/// The thread, which ends with this.
#[derive(Debug)]
pub(super) struct Syncer {
    requests: Option<SyncSender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(super) fn start(shared: Arc<JournalShared>) -> io::Result<Self> {
        // With one request waiting at most, a slow disk is asked less often.
        let (requests, inbox) = sync_channel(1);
        let thread = Builder::new().name("tradebus-sync".into()).spawn(move || run(&shared, &inbox))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Asks for everything in a file to be synced, which settles what was changed before a position. Returns whether that
    /// could be asked: not while an earlier request waits.
    pub(super) fn request(&self, file: &Arc<File>, written: LogPosition) -> io::Result<bool> {
        let requests = self.requests.as_ref();
        match requests.map(|requests| requests.try_send((Arc::clone(file), written))) {
            Some(Ok(())) => Ok(true),
            Some(Err(TrySendError::Full(_))) => Ok(false),
            // It ends by itself only after a failure.
            Some(Err(TrySendError::Disconnected(_))) | None => {
                Err(io::Error::other("a sync has failed before"))
            }
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &JournalShared, inbox: &Receiver<Request>) {
    while let Ok((file, written)) = inbox.recv() {
        if let Err(error) = file.sync_data() {
            tracing::error!(%error, "the log cannot be synced: changes are refused");
            shared.fail(error);
            return;
        }
        shared.settle(written);
    }
}

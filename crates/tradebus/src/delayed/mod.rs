//! Messages whose time has not come.
//!
//! They lie in the stream `{base}:delayed`, where the [lanes](crate::publish) put them. Every bus has a [`Scheduler`]; of all those over the
//! same streams, the one with the lease delivers. In its [session](session) it [reads](intake) the stream, keeps what it has read
//! [by time](waiting), and moves what is due into the streams of the topics: with a transaction that the lease guards, so that each is moved
//! once even if two believe that they have it. All that is known lies in the store: whoever takes over begins by reading.
//!
//! While there is nothing delayed, a scheduler asks once a second how long the stream is. One that has the lease keeps it until its bus ends.

mod intake;
mod session;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use self::session::{Ended, Session};
use crate::StreamKey;
use crate::config::BusConfig;
use crate::connectivity::Backoff;
use crate::layout::Streams;
use crate::metrics::Meters;
use crate::publish::{Publisher, Retention};
use crate::store::{Lease, StoreError, StreamStore};
use crate::wire::delayed::delayed_stream;

/// Time between two looks at the stream.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long giving the lease back may take. After that it expires.
const LEAVING: Duration = Duration::from_secs(2);
/// Delayed messages that are known at one time, 24 bytes each.
const MOST_KNOWN: usize = 1_000_000;

/// Delivers delayed messages, or waits until it is its turn.
#[derive(Debug)]
pub(crate) struct Scheduler {
    leaving: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Scheduler {
    pub(crate) fn start(
        config: &Arc<BusConfig>,
        store: &Arc<dyn StreamStore>,
        meters: &Arc<Meters>,
        publisher: &Publisher,
    ) -> Self {
        let leaving = watch::channel(false).0;
        let stream = delayed_stream(config);
        let desk = Desk {
            store: store.clone(),
            meters: meters.clone(),
            streams: Streams::new(config),
            retention: publisher.retention(),
            lease_key: StreamKey::new(format!("{stream}:lease")),
            stream,
            holder: holder(config),
            ttl: config.lease_ttl(),
            expected: publisher.delayed(),
            leaving: leaving.subscribe(),
            backoff: Backoff::new(config.reconnect_min(), config.reconnect_max()),
            most_known: MOST_KNOWN,
        };
        Self { leaving, task: Mutex::new(Some(tokio::spawn(desk.run()))) }
    }

    /// Ends it, and gives the lease back, so that another takes over at once.
    pub(crate) async fn close(&self) {
        self.leaving.send_replace(true);
        let task = self.task.lock().take();
        if let Some(mut task) = task
            && timeout(LEAVING, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut() {
            task.abort();
        }
    }
}

/// A name that no other scheduler has.
fn holder(config: &BusConfig) -> String {
    format!("{}-{}-{:016x}", config.client_name, std::process::id(), fastrand::u64(..))
}

/// What a scheduler works with.
struct Desk {
    store: Arc<dyn StreamStore>,
    meters: Arc<Meters>,
    streams: Streams,
    retention: Retention,
    stream: StreamKey,
    lease_key: StreamKey,
    holder: String,
    ttl: Duration,
    /// A message was published by this bus that is to be delivered later.
    expected: Arc<Notify>,
    leaving: watch::Receiver<bool>,
    backoff: Backoff,
    most_known: usize,
}

impl Desk {
    async fn run(mut self) {
        while !self.is_leaving() {
            if !self.is_needed().await {
                continue;
            }
            if let Ok(Some(token)) = self.take_lease().await {
                tracing::debug!(stream = %self.stream, token, "this bus delivers the delayed messages from now on");
                self.meters.delayed.set_active(true);
                let ended = Session::new(&mut self).run().await;
                self.meters.delayed.set_active(false);
                if let Ended::Leaving = ended {
                    return self.give_back().await;
                }
                tracing::warn!(stream = %self.stream, "another bus delivers the delayed messages: the lease was lost");
            }
            // Somebody else has it. Asking again at once would only be a burden.
            self.pause(LOOK_EVERY).await;
        }
    }

    fn is_leaving(&self) -> bool {
        *self.leaving.borrow()
    }

    /// Returns when the bus closes. Cancel safe.
    async fn leaves(leaving: &mut watch::Receiver<bool>) {
        // Without a sender the bus is gone.
        let _ = leaving.wait_for(|leaving| *leaving).await;
    }

    async fn pause(&mut self, time: Duration) {
        tokio::select! {
            () = Self::leaves(&mut self.leaving) => {}
            () = sleep(time) => {}
        }
    }

    /// Waits for the next look, or for the first message; tells whether there is something to be delivered.
    async fn is_needed(&mut self) -> bool {
        tokio::select! {
            () = Self::leaves(&mut self.leaving) => return false,
            () = self.expected.notified() => return true,
            () = sleep(LOOK_EVERY) => {}
        }
        match self.store.len(&self.stream).await {
            Ok(entries) => {
                self.meters.delayed.set_waiting(entries, 0);
                entries > 0
            }
            Err(error) => {
                tracing::debug!(stream = %self.stream, %error, "the delayed messages cannot be counted");
                false
            }
        }
    }

    fn lease(&self) -> Lease<'_> {
        Lease { key: &self.lease_key, holder: &self.holder }
    }

    /// Takes the lease, or renews it.
    async fn take_lease(&self) -> Result<Option<u64>, StoreError> {
        let asked = self.store.leases().lease(self.lease(), self.ttl).await;
        if let Err(error) = &asked {
            tracing::debug!(lease = %self.lease_key, %error, "the lease cannot be had now");
        }
        asked
    }

    async fn give_back(&self) {
        if let Err(error) = self.store.leases().release(self.lease()).await {
            tracing::debug!(lease = %self.lease_key, %error, "the lease could not be given back; it expires");
        }
    }
}

//! A pool, as its owner sees it.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::contract::{Handler, Intake};
use super::settings::Settings;
use super::shared::{Shared, Signal};
use super::supervisor::Supervisor;
use crate::metrics::Meters;

/// Workers that run a handler over the jobs of an intake. Dropping it ends them where they are, see [`stop`](Self::stop).
#[derive(Debug)]
#[must_use = "a pool ends when it is dropped"]
pub(crate) struct Pool {
    signal: Arc<Signal>,
    supervisor: Option<JoinHandle<()>>,
}

impl Pool {
    /// Starts the workers.
    pub(crate) fn start<I: Intake, H: Handler>(
        intake: I,
        settings: Settings,
        meters: Arc<Meters>,
        handler: H,
    ) -> Self {
        let shared = Shared::new(intake, &settings);
        let signal = shared.signal.clone();
        let supervisor = Supervisor::new(shared, settings, meters, handler);
        Self { signal, supervisor: Some(tokio::spawn(supervisor.run())) }
    }

    /// Takes nothing more, and returns when what is at hand is finished. What was taken but not begun is dropped at once.
    pub(crate) async fn stop(mut self) {
        self.signal.stop();
        // Taken out: a call that is given up must not end what is at hand.
        if let Some(supervisor) = self.supervisor.take() {
            let _ = supervisor.await;
        }
    }

    /// Returns when the intake has ended and all that came from it is handled. Cancel safe.
    pub(crate) async fn finished(&mut self) {
        if let Some(supervisor) = &mut self.supervisor {
            // Only the end of the runtime ends it otherwise.
            let _ = supervisor.await;
            self.supervisor = None;
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.signal.stop();
        if let Some(supervisor) = &self.supervisor {
            supervisor.abort();
        }
    }
}

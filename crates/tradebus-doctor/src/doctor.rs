//! The face of the crate: what is examined, and how thoroughly.

use tradebus::BusConfig;

use crate::examination::Examination;
use crate::report::{Check, Report};

/// Examines a deployment: see the [crate](crate).
#[derive(Debug, Clone)]
#[must_use = "nothing is examined before `run`"]
pub struct Doctor {
    config: BusConfig,
    quick: bool,
}

impl Doctor {
    /// Examines the store that this configuration names, with the settings that it has for publishing.
    pub fn new(config: BusConfig) -> Self {
        Self { config, quick: false }
    }

    /// With `true`, measures fewer messages: 2,000 in place of 20,000, and 50 one at a time in place of 300. All checks are made all the same.
    /// Default false.
    pub fn quick(mut self, quick: bool) -> Self {
        self.quick = quick;
        self
    }

    /// Makes all checks, one after the other, and calls `each` when one is finished. A check that fails does not keep the others from being made, except
    /// that without a connection there is nothing to check. Ends after about a minute, whatever hangs.
    ///
    /// Not cancel safe: what is dropped before it ends leaves its streams behind. [`run_until`](Self::run_until) can be stopped.
    pub async fn run(self, each: impl FnMut(&Check) + Send) -> Report {
        self.run_until(std::future::pending(), each).await
    }

    /// The same until `stop` returns: then the check that is under way is given up, those behind it are skipped, and what was made is removed.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()> + Send,
        each: impl FnMut(&Check) + Send,
    ) -> Report {
        let mut examination = Examination::new(self.config, self.quick, each);
        let stopped = tokio::select! {
            () = examination.examine() => false,
            () = stop => true,
        };
        if stopped {
            examination.give_up("it was stopped before");
        }
        examination.finish().await
    }
}

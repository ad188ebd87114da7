//! Who is examined: the store of a configuration, and what is known of it so far.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tradebus::store::StoreError;
use tradebus::{Bus, BusConfig, StreamStore};

use crate::finding::Trouble;
use crate::scratch::Scratch;
use crate::tally::Tally;
use crate::times::Times;

/// How long a store has to give a sign of life after a check has failed.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

pub(crate) struct Patient {
    pub(crate) config: BusConfig,
    pub(crate) quick: bool,
    pub(crate) scratch: Scratch,
    /// The store, from the connection on.
    pub(crate) store: Option<Arc<dyn StreamStore>>,
    /// Whether the user may use the keys of the doctor, as far as is known.
    pub(crate) may_scratch: bool,
    pub(crate) tally: Tally,
    pub(crate) messages_per_second: Option<f64>,
    pub(crate) latency: Times,
}

impl Patient {
    pub(crate) fn new(config: BusConfig, quick: bool) -> Self {
        Self {
            scratch: Scratch::new(&config),
            config,
            quick,
            store: None,
            may_scratch: true,
            tally: Tally::default(),
            messages_per_second: None,
            latency: Times::default(),
        }
    }

    pub(crate) fn store(&self) -> Result<&Arc<dyn StreamStore>, Trouble> {
        self.store.as_ref().ok_or_else(|| Trouble("there is no connection to the store".to_owned()))
    }

    /// The bus over streams of its own.
    pub(crate) fn bus(&mut self) -> Result<Bus, Trouble> {
        let store = self.store()?.clone();
        Ok(self.scratch.bus(&store)?)
    }

    /// Why nothing more can be checked, if that is so.
    pub(crate) async fn lost(&self) -> Option<&'static str> {
        let Some(store) = &self.store else { return Some("there is no connection") };
        match timeout(SIGN_OF_LIFE, store.now_ms()).await {
            // Who refuses is alive.
            Ok(Ok(_) | Err(StoreError::Refused { .. } | StoreError::Unavailable { .. })) => None,
            Ok(Err(_)) | Err(_) => Some("the store does not answer any more"),
        }
    }
}

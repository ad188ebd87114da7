//! Looking after the streams of a bus: what there is, how much of it, who reads it, and what could not be handled.
//!
//! [`StreamManager`] is the way in. What may take long is done in steps, by something that has a `next`: each step is short, so
//! that nobody else waits long for the store, and whoever asks can show how far it is, or stop.

mod add;
mod claim;
mod dead;
mod describe;
mod error;
mod groups;
mod message;
mod pages;
mod trim;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use add::{Adder, OwnedFields};
pub use claim::Claiming;
pub use dead::{DeadEntry, DeadLetters, Redriven, Redriving};
pub use describe::StreamDescription;
pub use error::ManageError;
pub use pages::Pages;
pub use trim::{TrimTo, Trimming};
pub use watch::{GroupSample, StreamSample, StreamState, Watch};

use crate::layout::Streams;
use crate::store::{self, StreamStore};
use crate::wire::dead::dead_letter_stream;
use crate::wire::record::Limits;
use crate::{BusConfig, StreamKey};

/// Looks after the streams of a store, above all those of one bus. Clones share the store.
///
/// All calls may be dropped before they return: then what they would have done may be done or not.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tradebus::{Bus, BusConfig, Message, TrimTo};
///
/// let bus = Bus::connect(BusConfig { store: Some("memory:".into()), ..BusConfig::default() }).await?;
/// for number in 0..10 {
///     bus.publish(Message::new("t", number.to_string())?).await?.await?;
/// }
///
/// let streams = bus.streams();
/// let keys = streams.list().await?;
/// assert_eq!(streams.describe(&keys[0]).await?.info.len, 10);
///
/// let mut trimming = streams.trim(&keys[0], TrimTo::Length(3), true).await?;
/// while let Some(removed) = trimming.next().await? {
///     println!("{removed} entries went");
/// }
/// assert_eq!(streams.describe(&keys[0]).await?.info.len, 3);
/// # let _ = bus.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StreamManager {
    store: Arc<dyn StreamStore>,
    names: Arc<Names>,
}

/// What a manager knows of its bus.
struct Names {
    base: String,
    dead: StreamKey,
    layout: Streams,
    limits: Limits,
    search_interval: Duration,
}

impl StreamManager {
    /// Checks a configuration and opens its store. [`close`](Self::close) it in the end.
    ///
    /// # Errors
    ///
    /// When the configuration has errors (all are named), or the store cannot be reached, refuses the login or is too old.
    pub async fn connect(config: &BusConfig) -> Result<Self, ManageError> {
        config.check()?;
        Ok(Self::with_store(config, store::open(config).await?))
    }

    /// Looks after the streams of a store that exists, as a configuration names them.
    pub fn with_store(config: &BusConfig, store: Arc<dyn StreamStore>) -> Self {
        let names = Names {
            base: config.stream_base(),
            dead: dead_letter_stream(config),
            layout: Streams::new(config),
            limits: Limits { payload_bytes: config.max_payload_bytes },
            search_interval: config.discovery_interval(),
        };
        Self { store, names: Arc::new(names) }
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn StreamStore> {
        &self.store
    }

    /// What the keys of all streams of the bus start with: they are this, or have a colon behind it.
    pub fn base(&self) -> &str {
        &self.names.base
    }

    /// Closes the store; what was changed is as safe as it can be. Not for a store that others still use.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

impl fmt::Debug for StreamManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamManager")
            .field("store", &self.store.describe())
            .field("base", &self.names.base)
            .finish_non_exhaustive()
    }
}

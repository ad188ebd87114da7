//! Of the instances of a service one looks at a time, and soon after it has died another one may.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tradebus::store::Lease;
use tradebus::{StoreError, StreamKey, StreamStore};

/// Who does not renew its turn for so long has lost it.
const TTL: Duration = Duration::from_secs(30);

/// The turns of one instance.
#[derive(Debug)]
pub(super) struct Turns {
    store: Arc<dyn StreamStore>,
    lease: StreamKey,
    /// Holds when the last round ended, in milliseconds since 1970 by the clock of the store.
    ended: StreamKey,
    holder: String,
}

impl Turns {
    /// Turns that are known in the store by a prefix.
    pub(super) fn new(store: Arc<dyn StreamStore>, prefix: &str) -> Self {
        Self {
            store,
            lease: StreamKey::new(format!("{prefix}:turn")),
            ended: StreamKey::new(format!("{prefix}:ended")),
            holder: format!("{:016x}", fastrand::u64(..)),
        }
    }

    /// How long ago the last round of any instance ended.
    pub(super) async fn since_last(&self) -> Result<Option<Duration>, StoreError> {
        let Some(value) = self.store.values().value(&self.ended).await? else { return Ok(None) };
        let ended = std::str::from_utf8(&value).ok().and_then(|text| text.parse::<u64>().ok());
        let Some(ended) = ended else { return Ok(None) };
        Ok(Some(Duration::from_millis(self.store.now_ms().await?.saturating_sub(ended))))
    }

    /// A round has ended. That is remembered for so long.
    pub(super) async fn note_end(&self, remembered: Duration) -> Result<(), StoreError> {
        let now = self.store.now_ms().await?;
        self.store.values().set_value(&self.ended, now.to_string().as_bytes(), remembered).await
    }

    /// Takes the turn. `false` if another instance has it.
    pub(super) async fn take(&self) -> Result<bool, StoreError> {
        Ok(self.store.leases().lease(self.lease(), TTL).await?.is_some())
    }

    /// Renews the turn, and returns when it is lost.
    pub(super) async fn until_lost(&self) {
        let mut failed = 0;
        // With another failure in a row it may have expired.
        while failed < 2 {
            sleep(TTL / 3).await;
            match self.take().await {
                Ok(true) => failed = 0,
                Ok(false) => return,
                Err(_) => failed += 1,
            }
        }
    }

    /// Gives the turn back. If that fails, it expires.
    pub(super) async fn end(&self) {
        if let Err(error) = self.store.leases().release(self.lease()).await {
            tracing::debug!(lease = %self.lease, %error, "the turn could not be given back");
        }
    }

    fn lease(&self) -> Lease<'_> {
        Lease { key: &self.lease, holder: &self.holder }
    }
}

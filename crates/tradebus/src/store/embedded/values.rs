//! Values of the embedded engine: strings with an expiry.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tradebus_engine::{SetCondition, SetExpiry, SetText};

use super::{EmbeddedStore, named};
use crate::StreamKey;
use crate::store::leases::ttl_ms;
use crate::store::{StoreError, Values};

#[async_trait]
impl Values for EmbeddedStore {
    async fn value(&self, key: &StreamKey) -> Result<Option<Bytes>, StoreError> {
        let db = self.engine.lock();
        Ok(db.text(key.as_bytes()).map_err(|error| named(&error, key))?.cloned())
    }

    async fn set_value(&self, key: &StreamKey, value: &[u8], ttl: Duration) -> Result<(), StoreError> {
        let refused = |error| named(&error, key);
        let position = {
            let mut db = self.engine.lock();
            // Setting replaces anything: what is no value is kept.
            db.text(key.as_bytes()).map_err(refused)?;
            let until = db.now().saturating_add(ttl_ms(ttl));
            let set = SetText { condition: SetCondition::Always, expiry: SetExpiry::At(until) };
            db.set_text(key.as_bytes(), value, set).map_err(refused)?;
            db.log_position()
        };
        self.settle(position).await
    }

    async fn remove_value(&self, key: &StreamKey) -> Result<bool, StoreError> {
        let refused = |error| named(&error, key);
        let mut db = self.engine.lock();
        let is_there = db.text(key.as_bytes()).map_err(refused)?.is_some();
        if is_there {
            db.remove(key.as_bytes()).map_err(refused)?;
        }
        Ok(is_there)
    }
}

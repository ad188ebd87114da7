//! Leases of the embedded engine: a string that expires, looked at and changed under one lock.

use std::time::Duration;

use async_trait::async_trait;
use tradebus_engine::{Db, ExpiryCondition, SetCondition, SetExpiry, SetText};

use super::{EmbeddedStore, named};
use crate::StreamKey;
use crate::store::leases::{token_key, ttl_ms};
use crate::store::{Lease, Leases, StoreError};

#[async_trait]
impl Leases for EmbeddedStore {
    async fn lease(&self, lease: Lease<'_>, ttl: Duration) -> Result<Option<u64>, StoreError> {
        let key = lease.key.as_bytes();
        let refused = |error| named(&error, lease.key);
        let (token, position) = {
            let mut db = self.engine.lock();
            let until = db.now().saturating_add(ttl_ms(ttl));
            let held = db.text(key).map_err(refused)?.map(|holder| holder == lease.holder);
            let token = match held {
                Some(false) => return Ok(None),
                Some(true) => {
                    db.expire(key, until, ExpiryCondition::default()).map_err(refused)?;
                    db.add(&token_key(lease), 0)
                }
                // The token first: one that is given to nobody does no harm.
                None => db.add(&token_key(lease), 1).and_then(|token| {
                    let set = SetText { condition: SetCondition::Always, expiry: SetExpiry::At(until) };
                    db.set_text(key, lease.holder.as_bytes(), set).map(|_set| token)
                }),
            };
            (token.map_err(refused)?, db.log_position())
        };
        self.settle(position).await?;
        Ok(Some(token.try_into().unwrap_or(0)))
    }

    async fn release(&self, lease: Lease<'_>) -> Result<bool, StoreError> {
        let mut db = self.engine.lock();
        let held = is_held(&db, lease)?;
        if held {
            db.remove(lease.key.as_bytes()).map_err(|error| named(&error, lease.key))?;
        }
        Ok(held)
    }

    async fn holders(&self, keys: &[StreamKey]) -> Result<Vec<Option<String>>, StoreError> {
        let db = self.engine.lock();
        let holder = |key: &StreamKey| {
            db.text(key.as_bytes()).ok().flatten().map(|holder| String::from_utf8_lossy(holder).into_owned())
        };
        Ok(keys.iter().map(holder).collect())
    }
}

/// Whether the holder has the lease.
pub(super) fn is_held(db: &Db, lease: Lease<'_>) -> Result<bool, StoreError> {
    let holder = db.text(lease.key.as_bytes()).map_err(|error| named(&error, lease.key))?;
    Ok(holder.is_some_and(|holder| holder == lease.holder))
}

//! Values that expire: what several processes remember together, such as the answers of an API.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use crate::StreamKey;

/// The values of a store. Time passes by the clock of the store.
#[async_trait]
pub trait Values: Send + Sync {
    /// The value of a key; `None` if there is none (any more).
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongType`] when the key holds something else, such as a stream; or when the store cannot be used.
    async fn value(&self, key: &StreamKey) -> Result<Option<Bytes>, StoreError>;

    /// Gives a key a value for this time, 1 ms at least, in place of whatever value it had.
    ///
    /// # Errors
    ///
    /// As [`value`](Self::value). A key that holds something else keeps it.
    async fn set_value(&self, key: &StreamKey, value: &[u8], ttl: Duration) -> Result<(), StoreError>;

    /// Removes a value before its time. Tells whether there was one.
    ///
    /// # Errors
    ///
    /// As [`set_value`](Self::set_value).
    async fn remove_value(&self, key: &StreamKey) -> Result<bool, StoreError>;
}

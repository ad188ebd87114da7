//! Leases: of several that could do something, one does, and another one soon after it has died.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::StreamKey;

/// A lease, as it is asked for and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease<'a> {
    /// What is leased: a key of the store that holds nothing else. Beside it lies `{key}:token`, the last token that was given out.
    pub key: &'a StreamKey,
    /// Who has it, or wants it: a name that nobody else has.
    pub holder: &'a str,
}

/// The leases of a store. Time passes by the clock of the store.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes a lease for this time (1 ms at least) if it is free, and renews it if the holder has it already. `None` if somebody else has it.
    ///
    /// Returns the fencing token: a number that is the same as long as the lease is renewed, and larger with each one that takes it, also
    /// when it had expired. Whoever gets two of them knows that the larger one counts.
    ///
    /// # Errors
    ///
    /// [`StoreError::WrongType`] when the key holds something else; or when the store cannot be used: then the lease may be taken or not.
    async fn lease(&self, lease: Lease<'_>, ttl: Duration) -> Result<Option<u64>, StoreError>;

    /// Gives a lease back before its time. Tells whether the holder had it (still).
    ///
    /// # Errors
    ///
    /// As [`lease`](Self::lease).
    async fn release(&self, lease: Lease<'_>) -> Result<bool, StoreError>;

    /// Who has the leases of these keys, in this order; `None` for one that is free, or no lease.
    ///
    /// # Errors
    ///
    /// When the store cannot be used.
    async fn holders(&self, keys: &[StreamKey]) -> Result<Vec<Option<String>>, StoreError>;
}

/// Where the last token of a lease lies.
pub(super) fn token_key(lease: Lease<'_>) -> Vec<u8> {
    [lease.key.as_bytes(), b":token"].concat()
}

/// The time of a lease in whole milliseconds.
pub(super) fn ttl_ms(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 52)
}

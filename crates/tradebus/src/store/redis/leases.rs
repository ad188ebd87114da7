//! Leases of a Redis server: a string that expires, looked at under `WATCH`, and changed in a transaction.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tradebus_resp::{Token, Tokens};

use super::{RedisStore, reply};
use crate::StreamKey;
use crate::store::leases::{token_key, ttl_ms};
use crate::store::{Lease, Leases, StoreError};

#[async_trait]
impl Leases for RedisStore {
    async fn lease(&self, lease: Lease<'_>, ttl: Duration) -> Result<Option<u64>, StoreError> {
        let (key, token, ttl) = (lease.key.as_bytes(), token_key(lease), ttl_ms(ttl).to_string());
        let take: [Vec<&[u8]>; 2] = [
            vec![b"SET", key, lease.holder.as_bytes(), b"PX", ttl.as_bytes()],
            vec![b"INCRBY", &token, b"1"],
        ];
        let renew: [Vec<&[u8]>; 2] = [vec![b"PEXPIRE", key, ttl.as_bytes()], vec![b"INCRBY", &token, b"0"]];
        loop {
            let (watched, answers) = self.control.watch(lease.key, &[vec![b"GET", key]]).await?;
            let commands = match self.holder(&answers[0], lease) {
                Ok(None) => &take,
                Ok(Some(holder)) if holder == lease.holder.as_bytes() => &renew,
                other => {
                    watched.unwatch().await?;
                    return other.map(|_somebody| None);
                }
            };
            if let Some(results) = watched.commit(commands).await? {
                return self.number(results.get(1).map_or(&b""[..], |token| token)).map(Some);
            }
        }
    }

    async fn release(&self, lease: Lease<'_>) -> Result<bool, StoreError> {
        let key = lease.key.as_bytes();
        let is_held = |answers: &[Bytes]| self.is_held(&answers[0], lease);
        let (questions, commands) = ([vec![&b"GET"[..], key]], [vec![&b"DEL"[..], key]]);
        Ok(self.control.transact_if(lease.key, &questions, is_held, &commands).await?.is_some())
    }

    async fn holders(&self, keys: &[StreamKey]) -> Result<Vec<Option<String>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let words = [&b"MGET"[..]].into_iter().chain(keys.iter().map(StreamKey::as_bytes));
        let answer = self.control.ask(&words.collect::<Vec<_>>()).await?;
        let broken = || self.broken("MGET was answered with something else than a value for each key");
        let holders = reply::elements(&answer).map_err(|_broken| broken())?.ok_or_else(broken)?;
        let holder = |value: &Bytes| match Tokens::new(value).pull() {
            Ok(Token::Null) => Ok(None),
            Ok(Token::Bulk(holder)) => Ok(Some(String::from_utf8_lossy(holder).into_owned())),
            _ => Err(broken()),
        };
        let holders: Vec<_> = holders.iter().map(holder).collect::<Result<_, _>>()?;
        if holders.len() == keys.len() { Ok(holders) } else { Err(broken()) }
    }
}

impl RedisStore {
    /// Whether the holder has the lease, by the answer to `GET`.
    pub(super) fn is_held(&self, answer: &[u8], lease: Lease<'_>) -> Result<bool, StoreError> {
        Ok(self.holder(answer, lease)? == Some(lease.holder.as_bytes()))
    }

    fn holder<'a>(&self, answer: &'a [u8], lease: Lease<'_>) -> Result<Option<&'a [u8]>, StoreError> {
        match Tokens::new(answer).pull() {
            Ok(Token::Null) => Ok(None),
            Ok(Token::Bulk(holder)) => Ok(Some(holder)),
            Ok(Token::Error(text)) => {
                Err(Self::wrong_type_named(reply::error(text, &self.dialer.name), lease.key))
            }
            _ => Err(self.broken("GET was answered with something else than a string")),
        }
    }
}

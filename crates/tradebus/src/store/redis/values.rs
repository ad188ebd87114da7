//! Values of a Redis server: strings with an expiry.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tradebus_resp::{Token, Tokens};

use super::{RedisStore, reply};
use crate::StreamKey;
use crate::store::leases::ttl_ms;
use crate::store::{StoreError, Values};

#[async_trait]
impl Values for RedisStore {
    async fn value(&self, key: &StreamKey) -> Result<Option<Bytes>, StoreError> {
        let asked = self.control.ask(&[b"GET", key.as_bytes()]).await;
        let answer = asked.map_err(|error| Self::wrong_type_named(error, key))?;
        match Tokens::new(&answer).pull() {
            Ok(Token::Null) => Ok(None),
            Ok(Token::Bulk(value)) => Ok(Some(answer.slice_ref(value))),
            _ => Err(self.broken("GET was answered with something else than a string")),
        }
    }

    async fn set_value(&self, key: &StreamKey, value: &[u8], ttl: Duration) -> Result<(), StoreError> {
        let ttl = ttl_ms(ttl).to_string();
        let set = vec![&b"SET"[..], key.as_bytes(), value, b"PX", ttl.as_bytes()];
        self.change_value(key, set).await.map(|_was_there| ())
    }

    async fn remove_value(&self, key: &StreamKey) -> Result<bool, StoreError> {
        self.change_value(key, vec![b"DEL", key.as_bytes()]).await
    }
}

impl RedisStore {
    /// Runs a command on a key that holds a value, or nothing: SET and DEL would replace and remove anything. Tells whether there was a value.
    async fn change_value(&self, key: &StreamKey, command: Vec<&[u8]>) -> Result<bool, StoreError> {
        let kind = [vec![&b"GET"[..], key.as_bytes()]];
        loop {
            let (watched, answers) = self.control.watch(key, &kind).await?;
            let was_there = match Tokens::new(&answers[0]).pull() {
                Ok(Token::Null) => false,
                Ok(Token::Bulk(_)) => true,
                other => {
                    let error = match other {
                        Ok(Token::Error(text)) => {
                            Self::wrong_type_named(reply::error(text, &self.dialer.name), key)
                        }
                        _ => self.broken("GET was answered with something else than a string"),
                    };
                    watched.unwatch().await?;
                    return Err(error);
                }
            };
            if watched.commit(std::slice::from_ref(&command)).await?.is_some() {
                return Ok(was_there);
            }
        }
    }
}

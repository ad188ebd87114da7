//! Appending through a pipeline.

use std::collections::VecDeque;

use async_trait::async_trait;
use tradebus_engine::EntryId;
use tradebus_resp::{Token, Tokens};

use super::link::Link;
use super::reply;
use crate::StreamKey;
use crate::store::{Appender, NewEntry, StoreError};

/// Writes entries as `XADD`s, whole batches at a time, on a connection that nobody else uses.
#[derive(Debug)]
pub(super) struct RedisAppender {
    link: Link,
    /// What the replies that are still to come answer.
    expected: VecDeque<Expected>,
}

/// So many replies are still to come for entries of one stream.
#[derive(Debug)]
struct Expected {
    stream: StreamKey,
    left: usize,
}

impl RedisAppender {
    pub(super) fn new(link: Link) -> Self {
        Self { link, expected: VecDeque::new() }
    }

    fn expect_entry(&mut self, stream: &StreamKey) {
        match self.expected.back_mut() {
            Some(last) if last.stream == *stream => last.left += 1,
            _ => self.expected.push_back(Expected { stream: stream.clone(), left: 1 }),
        }
    }

    /// Takes every reply that has arrived; says whether there were any.
    fn take_arrived(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>) -> Result<bool, StoreError> {
        let before = acks.len();
        let server = self.link.server().clone();
        while let Some(Expected { stream, left }) = self.expected.front_mut() {
            let ack = self.link.take(|bytes| match reply::entry_id(bytes) {
                Ok(Some(id)) => Ok(id),
                _ => Err(refusal(bytes, stream, &server)),
            })?;
            let Some(ack) = ack else { break };
            acks.push(ack);
            *left -= 1;
            if *left == 0 {
                self.expected.pop_front();
            }
        }
        Ok(acks.len() > before)
    }
}

#[async_trait]
impl Appender for RedisAppender {
    async fn send(&mut self, batch: &[NewEntry<'_>]) -> Result<(), StoreError> {
        for entry in batch {
            let mut writer = self.link.writer();
            entry.fields.with(&mut |fields| {
                writer.begin(3 + 2 * fields.len()).word(b"XADD").word(entry.stream.as_bytes()).word(b"*");
                for (name, value) in fields {
                    writer.word(name).word(value);
                }
            });
            self.expect_entry(entry.stream);
        }
        self.link.flush().await
    }

    async fn receive(&mut self, acks: &mut Vec<Result<EntryId, StoreError>>) -> Result<(), StoreError> {
        while !self.take_arrived(acks)? {
            self.link.more().await?;
        }
        Ok(())
    }
}

/// The error that a reply is, if it is one.
pub(super) fn failure(bytes: &[u8], stream: &StreamKey, server: &std::sync::Arc<str>) -> Option<StoreError> {
    match Tokens::new(bytes).pull() {
        Ok(Token::Error(text)) if reply::is_wrong_type(text) => {
            Some(StoreError::WrongType { stream: stream.clone() })
        }
        Ok(Token::Error(text)) => Some(reply::error(text, server)),
        _ => None,
    }
}

/// `XADD` of one entry, word by word.
pub(super) fn command(entry: &NewEntry<'_>) -> Vec<Vec<u8>> {
    let mut words = vec![b"XADD".to_vec(), entry.stream.as_bytes().to_vec(), b"*".to_vec()];
    entry.fields.with(&mut |fields| {
        words.extend(fields.iter().flat_map(|(name, value)| [name.to_vec(), value.to_vec()]));
    });
    words
}

fn refusal(bytes: &[u8], stream: &StreamKey, server: &std::sync::Arc<str>) -> StoreError {
    failure(bytes, stream, server).unwrap_or_else(|| StoreError::Protocol {
        server: server.clone(),
        detail: "XADD was answered with something else than an id".to_owned(),
    })
}

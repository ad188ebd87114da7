//! Reading, on a connection that may block.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;
use tradebus_resp::{Token, Tokens};

use super::control::Control;
use super::link::Link;
use super::reply;
use crate::StreamKey;
use crate::store::{Interrupt, Position, ReadBatch, StoreError, StreamReader};

/// Reads with `XREAD` on a connection of its own.
pub(super) struct RedisReader {
    link: Link,
    control: Arc<Control>,
    /// How long a read may take beyond its block before the server counts as gone.
    patience: Duration,
}

impl RedisReader {
    pub(super) fn new(link: Link, control: Arc<Control>, patience: Duration) -> Self {
        Self { link, control, patience }
    }

    async fn exchange(&mut self, wait: Duration) -> Result<bytes::Bytes, StoreError> {
        self.link.flush().await?;
        let server = self.link.server().clone();
        let limit = wait + self.patience;
        timeout(limit, self.link.reply()).await.map_err(|_| StoreError::TimedOut {
            server,
            what: "a read",
            after: limit,
        })?
    }

    /// `WRONGTYPE` does not name the key: asks for the type of each.
    async fn name_wrong_type(&mut self, positions: &[Position]) -> StoreError {
        match self.find_wrong_type(positions).await {
            Ok(Some(stream)) => StoreError::WrongType { stream },
            // The key has been replaced in between: whatever it was, it is gone.
            Ok(None) => StoreError::Unavailable {
                server: self.link.server().clone(),
                detail: "a key held another type than a stream for a moment".to_owned(),
            },
            Err(error) => error,
        }
    }

    async fn find_wrong_type(&mut self, positions: &[Position]) -> Result<Option<StreamKey>, StoreError> {
        for position in positions {
            self.link.command(&[b"TYPE", position.stream.as_bytes()]);
        }
        let mut wrong = None;
        self.link.flush().await?;
        for position in positions {
            let answer = self.exchange(Duration::ZERO).await?;
            if let Ok(Token::Status(kind)) = Tokens::new(&answer).pull()
                && !matches!(kind, b"stream" | b"none")
            {
                wrong.get_or_insert_with(|| position.stream.clone());
            }
        }
        Ok(wrong)
    }
}

#[async_trait]
impl StreamReader for RedisReader {
    async fn read(
        &mut self,
        positions: &[Position],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError> {
        let mut writer = self.link.writer();
        writer.begin(4 + 2 * usize::from(block.is_some()) + 2 * positions.len());
        writer.word(b"XREAD").word(b"COUNT").number(limit.max(1) as u64);
        if let Some(block) = block {
            // 0 would block for ever.
            writer.word(b"BLOCK").number(block.as_millis().max(1) as u64);
        }
        writer.word(b"STREAMS");
        for position in positions {
            writer.word(position.stream.as_bytes());
        }
        for position in positions {
            writer.word(position.after.to_string().as_bytes());
        }
        let answer = self.exchange(block.unwrap_or_default()).await?;
        match Tokens::new(&answer).pull() {
            Ok(Token::Error(text)) if reply::is_wrong_type(text) => {
                Err(self.name_wrong_type(positions).await)
            }
            Ok(Token::Error(text)) => Err(reply::error(text, self.link.server())),
            _ => reply::streams(answer).map_err(|error| self.link.broken(&error)),
        }
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        Arc::new(Unblock { control: self.control.clone(), client_id: self.link.client_id })
    }
}

/// `CLIENT UNBLOCK`, sent on the control connection.
struct Unblock {
    control: Arc<Control>,
    client_id: Option<u64>,
}

#[async_trait]
impl Interrupt for Unblock {
    async fn interrupt(&self) {
        if let Some(id) = self.client_id
            && let Err(error) = self.control.ask(&[b"CLIENT", b"UNBLOCK", id.to_string().as_bytes()]).await
        {
            // The read ends by itself when its block is over.
            tracing::debug!(%error, "a blocked read could not be ended early");
        }
    }
}

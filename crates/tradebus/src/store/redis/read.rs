//! Reading, on a connection that may block.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::timeout;
use tradebus_resp::{CommandWriter, Token, Tokens};

use super::control::Control;
use super::link::Link;
use super::reply;
use crate::StreamKey;
use crate::store::{GroupReader, Interrupt, Position, ReadBatch, StoreError, StreamReader};

/// A connection of its own for reads that may block.
pub(super) struct ReadLink {
    link: Link,
    control: Arc<Control>,
    /// How long a read may take beyond its block before the server counts as gone.
    patience: Duration,
}

impl ReadLink {
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

    /// The batch that a read was answered with.
    async fn answer<'a>(
        &mut self,
        block: Option<Duration>,
        streams: impl Iterator<Item = &'a StreamKey> + Clone + Send,
    ) -> Result<ReadBatch, StoreError> {
        let answer = self.exchange(block.unwrap_or_default()).await?;
        match Tokens::new(&answer).pull() {
            Ok(Token::Error(text)) if reply::is_wrong_type(text) => Err(self.name_wrong_type(streams).await),
            Ok(Token::Error(text)) => Err(reply::error(text, self.link.server())),
            _ => reply::streams(answer).map_err(|error| self.link.broken(&error)),
        }
    }

    /// `WRONGTYPE` does not name the key: asks for the type of each.
    async fn name_wrong_type<'a>(
        &mut self,
        streams: impl Iterator<Item = &'a StreamKey> + Clone + Send,
    ) -> StoreError {
        match self.find_wrong_type(streams).await {
            Ok(Some(stream)) => StoreError::WrongType { stream },
            // The key has been replaced in between: whatever it was, it is gone.
            Ok(None) => StoreError::Unavailable {
                server: self.link.server().clone(),
                detail: "a key held another type than a stream for a moment".to_owned(),
            },
            Err(error) => error,
        }
    }

    async fn find_wrong_type<'a>(
        &mut self,
        streams: impl Iterator<Item = &'a StreamKey> + Clone + Send,
    ) -> Result<Option<StreamKey>, StoreError> {
        for stream in streams.clone() {
            self.link.command(&[b"TYPE", stream.as_bytes()]);
        }
        let mut wrong = None;
        self.link.flush().await?;
        for stream in streams {
            let answer = self.exchange(Duration::ZERO).await?;
            if let Ok(Token::Status(kind)) = Tokens::new(&answer).pull()
                && !matches!(kind, b"stream" | b"none")
            {
                wrong.get_or_insert_with(|| stream.clone());
            }
        }
        Ok(wrong)
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        Arc::new(Unblock { control: self.control.clone(), client_id: self.link.client_id })
    }
}

/// `COUNT`, `BLOCK` and `STREAMS`, as `XREAD` and `XREADGROUP` take them.
fn options(writer: &mut CommandWriter<'_>, limit: usize, block: Option<Duration>) {
    writer.word(b"COUNT").number(limit.max(1) as u64);
    if let Some(block) = block {
        // 0 would block for ever.
        writer.word(b"BLOCK").number(block.as_millis().max(1) as u64);
    }
    writer.word(b"STREAMS");
}

/// Words that [`options`] writes.
fn option_words(block: Option<Duration>) -> usize {
    3 + 2 * usize::from(block.is_some())
}

/// Reads with `XREAD`.
pub(super) struct RedisReader(pub(super) ReadLink);

#[async_trait]
impl StreamReader for RedisReader {
    async fn read(
        &mut self,
        positions: &[Position],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError> {
        let mut writer = self.0.link.writer();
        writer.begin(1 + option_words(block) + 2 * positions.len());
        writer.word(b"XREAD");
        options(&mut writer, limit, block);
        for position in positions {
            writer.word(position.stream.as_bytes());
        }
        for position in positions {
            writer.word(position.after.to_string().as_bytes());
        }
        self.0.answer(block, positions.iter().map(|position| &position.stream)).await
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.0.interrupter()
    }
}

/// Reads with `XREADGROUP`.
pub(super) struct RedisGroupReader {
    link: ReadLink,
    group: String,
    consumer: String,
}

impl RedisGroupReader {
    pub(super) fn new(link: ReadLink, group: &str, consumer: &str) -> Self {
        Self { link, group: group.to_owned(), consumer: consumer.to_owned() }
    }
}

#[async_trait]
impl GroupReader for RedisGroupReader {
    async fn read(
        &mut self,
        streams: &[StreamKey],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError> {
        let mut writer = self.link.link.writer();
        writer.begin(4 + option_words(block) + 2 * streams.len());
        writer.word(b"XREADGROUP").word(b"GROUP").word(self.group.as_bytes()).word(self.consumer.as_bytes());
        options(&mut writer, limit, block);
        for stream in streams {
            writer.word(stream.as_bytes());
        }
        for _ in streams {
            writer.word(b">");
        }
        self.link.answer(block, streams.iter()).await.map_err(|error| {
            let stream = reply::key_without_group(&error).or_else(|| streams.first().cloned());
            match stream {
                Some(stream) => reply::of_group(error, &stream, &self.group),
                None => error,
            }
        })
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.link.interrupter()
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

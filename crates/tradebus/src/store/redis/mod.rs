//! The engine for more than one machine: a server that speaks the Redis protocol.
//!
//! Three kinds of connection: appenders write pipelines, readers block, and one control connection asks the rest. None of
//! them ever waits for another. Lost connections are opened again by those who use them.

mod append;
mod control;
mod groups;
mod leases;
mod link;
mod moves;
mod read;
mod reply;
mod tls;
mod values;
mod watched;

use std::sync::Arc;

use async_trait::async_trait;
use tradebus_engine::EntryId;
use tradebus_resp::{BrokenReply, Token, Tokens};

use self::append::RedisAppender;
use self::control::Control;
use self::link::Dialer;
use self::read::{ReadLink, RedisReader};
use self::reply::Fields;
use self::tls::Encryption;
use super::{
    Appender, ConsumerGroups, Lease, Leases, MovedEntry, NewEntry, RangeQuery, ReadBatch, ServerReply,
    StoreError, StreamInfo, StreamReader, StreamStore, TargetOf, Trim, Values,
};
use crate::config::{Address, RedisServer};
use crate::{BusConfig, StreamKey};

/// Streams in Redis (6.2 or newer) or Valkey.
#[derive(Debug)]
pub struct RedisStore {
    dialer: Dialer,
    control: Arc<Control>,
}

impl RedisStore {
    /// Connects to a server.
    ///
    /// # Errors
    ///
    /// When nobody answers there, the login is refused, the server is older than 6.2, or its certificate is not trusted.
    pub async fn connect(server: RedisServer, config: &BusConfig) -> Result<Self, StoreError> {
        let name: Arc<str> = server.address.to_string().into();
        let encryption = match &server.address {
            Address::Tcp { host, .. } if server.tls => {
                Some(Encryption::new(host, name.clone(), config.tls_ca_file.as_deref())?)
            }
            _ => None,
        };
        let dialer = Dialer {
            name,
            server,
            encryption,
            client_name: config.client_name.as_str().into(),
            connect_timeout: config.connection_timeout(),
            command_timeout: config.command_timeout(),
        };
        let control = Arc::new(Control::connect(dialer.clone()).await?);
        Ok(Self { dialer, control })
    }

    fn wrong_type_named(error: StoreError, stream: &StreamKey) -> StoreError {
        match error {
            StoreError::Refused { detail, .. } if reply::is_wrong_type(detail.as_bytes()) => {
                StoreError::WrongType { stream: stream.clone() }
            }
            other => other,
        }
    }

    async fn ask(&self, stream: &StreamKey, words: &[&[u8]]) -> Result<bytes::Bytes, StoreError> {
        self.control.ask(words).await.map_err(|error| Self::wrong_type_named(error, stream))
    }

    async fn ask_number(&self, stream: &StreamKey, words: &[&[u8]]) -> Result<u64, StoreError> {
        let answer = self.ask(stream, words).await?;
        self.number(&answer)
    }

    fn number(&self, answer: &[u8]) -> Result<u64, StoreError> {
        reply::number(&mut Tokens::new(answer)).map_err(|error| self.broken(&error.to_string()))
    }

    /// An answer that is a list, element by element.
    fn list<T>(
        &self,
        answer: &[u8],
        mut element: impl FnMut(&mut Tokens<'_>) -> Result<T, BrokenReply>,
    ) -> Result<Vec<T>, StoreError> {
        let mut tokens = Tokens::new(answer);
        let elements = reply::list(&mut tokens);
        let read = elements.and_then(|count| (0..count).map(|_| element(&mut tokens)).collect());
        read.map_err(|error| self.broken(&error.to_string()))
    }

    /// Whether entries can be appended to what `TYPE` says.
    fn may_append(&self, kind: &[u8], stream: &StreamKey) -> Result<(), StoreError> {
        match Tokens::new(kind).pull() {
            Ok(Token::Status(b"stream" | b"none")) => Ok(()),
            Ok(Token::Error(text)) => Err(reply::error(text, &self.dialer.name)),
            _ => Err(StoreError::WrongType { stream: stream.clone() }),
        }
    }

    /// The id of the entry that the first command of a transaction has appended.
    fn appended(&self, results: &[bytes::Bytes], stream: &StreamKey) -> Result<EntryId, StoreError> {
        let answer = results.first().map_or(&b""[..], |answer| answer);
        match append::failure(answer, stream, &self.dialer.name) {
            Some(error) => Err(error),
            None => reply::id(&mut Tokens::new(answer)).map_err(|error| self.broken(&error.to_string())),
        }
    }

    fn broken(&self, detail: &str) -> StoreError {
        StoreError::Protocol { server: self.dialer.name.clone(), detail: detail.to_owned() }
    }

    /// The answer to `XINFO STREAM`.
    fn stream_info(&self, answer: &[u8], stream: &StreamKey) -> Result<Option<StreamInfo>, StoreError> {
        if let Ok(Token::Error(text)) = Tokens::new(answer).pull() {
            if text.starts_with(b"ERR no such key") {
                return Ok(None);
            }
            return Err(Self::wrong_type_named(reply::error(text, &self.dialer.name), stream));
        }
        let broken = |error: BrokenReply| self.broken(&error.to_string());
        let fields = Fields::pull(&mut Tokens::new(answer)).map_err(broken)?;
        let last_id = fields.id("last-generated-id");
        Ok(Some(StreamInfo {
            len: fields.number("length").unwrap_or(0),
            first: fields.id("first-entry"),
            last: fields.id("last-entry"),
            last_id: last_id.ok_or_else(|| self.broken("XINFO STREAM names no last-generated-id"))?,
            entries_added: fields.number("entries-added"),
            groups: fields.number("groups").unwrap_or(0),
            memory_bytes: None,
        }))
    }
}

#[async_trait]
impl StreamStore for RedisStore {
    async fn appender(&self, role: &str) -> Result<Box<dyn Appender>, StoreError> {
        Ok(Box::new(RedisAppender::new(self.dialer.open(role).await?)))
    }

    async fn reader(&self, role: &str) -> Result<Box<dyn StreamReader>, StoreError> {
        let link = self.dialer.open(role).await?;
        let link = ReadLink::new(link, self.control.clone(), self.dialer.command_timeout);
        Ok(Box::new(RedisReader(link)))
    }

    async fn range(&self, stream: &StreamKey, query: RangeQuery) -> Result<ReadBatch, StoreError> {
        let (start, end, limit) = (query.start.to_string(), query.end.to_string(), query.limit.to_string());
        let (command, first, last) =
            if query.reverse { (&b"XREVRANGE"[..], &end, &start) } else { (&b"XRANGE"[..], &start, &end) };
        let mut words = vec![command, stream.as_bytes(), first.as_bytes(), last.as_bytes()];
        if query.limit < i64::MAX as usize {
            words.extend([&b"COUNT"[..], limit.as_bytes()]);
        }
        let answer = self.ask(stream, &words).await?;
        reply::range(answer, stream).map_err(|error| self.broken(&error.to_string()))
    }

    async fn len(&self, stream: &StreamKey) -> Result<u64, StoreError> {
        self.ask_number(stream, &[b"XLEN", stream.as_bytes()]).await
    }

    async fn last_ids(&self, streams: &[StreamKey]) -> Result<Vec<EntryId>, StoreError> {
        let questions: Vec<Vec<&[u8]>> =
            streams.iter().map(|stream| vec![&b"XINFO"[..], b"STREAM", stream.as_bytes()]).collect();
        let answers = self.control.ask_all(&questions).await?;
        let last_id = |info: Option<StreamInfo>| info.map_or(EntryId::MIN, |info| info.last_id);
        answers
            .iter()
            .zip(streams)
            .map(|(answer, stream)| self.stream_info(answer, stream).map(last_id))
            .collect()
    }

    async fn info(&self, stream: &StreamKey) -> Result<Option<StreamInfo>, StoreError> {
        let key = stream.as_bytes();
        // Without SAMPLES 0 the size is guessed from a few entries.
        let usage = vec![&b"MEMORY"[..], b"USAGE", key, b"SAMPLES", b"0"];
        let answers = self.control.ask_all(&[vec![b"XINFO", b"STREAM", key], usage]).await?;
        let memory_bytes = reply::number(&mut Tokens::new(&answers[1])).ok();
        Ok(self.stream_info(&answers[0], stream)?.map(|info| StreamInfo { memory_bytes, ..info }))
    }

    async fn delete_entries(&self, stream: &StreamKey, ids: &[EntryId]) -> Result<u64, StoreError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let ids: Vec<String> = ids.iter().map(EntryId::to_string).collect();
        let mut words = vec![&b"XDEL"[..], stream.as_bytes()];
        words.extend(ids.iter().map(String::as_bytes));
        self.ask_number(stream, &words).await
    }

    async fn move_entry(
        &self,
        from: &StreamKey,
        id: EntryId,
        entry: NewEntry<'_>,
    ) -> Result<Option<EntryId>, StoreError> {
        self.move_one(from, id, entry).await
    }

    async fn move_entries(
        &self,
        from: &StreamKey,
        ids: &[EntryId],
        target: &TargetOf<'_>,
        guard: Option<Lease<'_>>,
    ) -> Result<Option<Vec<MovedEntry>>, StoreError> {
        self.move_many(from, ids, target, guard).await
    }

    async fn trim(&self, stream: &StreamKey, how: Trim) -> Result<u64, StoreError> {
        let words = trim_command(stream, how);
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        self.ask_number(stream, &words).await
    }

    async fn remove(&self, stream: &StreamKey) -> Result<bool, StoreError> {
        Ok(self.ask_number(stream, &[b"DEL", stream.as_bytes()]).await? > 0)
    }

    async fn streams(&self, prefix: &[u8]) -> Result<Vec<StreamKey>, StoreError> {
        let pattern = glob_of_prefix(prefix);
        let mut found = std::collections::HashSet::new();
        let mut cursor = b"0".to_vec();
        loop {
            let words: [&[u8]; 8] =
                [b"SCAN", &cursor, b"MATCH", &pattern, b"COUNT", b"1000", b"TYPE", b"stream"];
            let answer = self.control.ask(&words).await?;
            let mut tokens = Tokens::new(&answer);
            let (Ok(Token::List(2)), Ok(Token::Bulk(next)), Ok(Token::List(keys))) =
                (tokens.pull(), tokens.pull(), tokens.pull())
            else {
                return Err(self.broken("SCAN was answered with something else than a cursor and keys"));
            };
            for _ in 0..keys {
                if let Ok(Token::Bulk(key)) = tokens.pull() {
                    found.insert(StreamKey::new(key));
                }
            }
            if next == b"0" {
                return Ok(found.into_iter().collect());
            }
            cursor = next.to_vec();
        }
    }

    fn consumer_groups(&self) -> &dyn ConsumerGroups {
        self
    }

    fn leases(&self) -> &dyn Leases {
        self
    }

    fn values(&self) -> &dyn Values {
        self
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        let answer = self.control.ask(&[b"TIME"]).await?;
        let mut tokens = Tokens::new(&answer);
        let (Ok(Token::List(2)), Ok(Token::Bulk(seconds)), Ok(Token::Bulk(micros))) =
            (tokens.pull(), tokens.pull(), tokens.pull())
        else {
            return Err(self.broken("TIME was answered with something else than two numbers"));
        };
        let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u64>().ok();
        match (number(seconds), number(micros)) {
            (Some(seconds), Some(micros)) => Ok(seconds * 1000 + micros / 1000),
            _ => Err(self.broken("TIME was answered with something else than two numbers")),
        }
    }

    async fn ask_server(&self, words: &[&str]) -> Result<Option<ServerReply>, StoreError> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let answer = self.control.ask_all(&[words]).await?.remove(0);
        let reply = ServerReply::pull(&mut Tokens::new(&answer));
        reply.map(Some).map_err(|error| self.broken(&error.to_string()))
    }

    fn describe(&self) -> String {
        format!("redis at {}", self.dialer.name)
    }

    fn system(&self) -> &'static str {
        "redis"
    }
}

/// The glob that matches what starts with these bytes: the signs that are special to Redis are escaped.
fn glob_of_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut glob = Vec::with_capacity(prefix.len() + 1);
    for &byte in prefix {
        if b"*?[]\\^".contains(&byte) {
            glob.push(b'\\');
        }
        glob.push(byte);
    }
    glob.push(b'*');
    glob
}

/// `XTRIM`, word by word.
fn trim_command(stream: &StreamKey, trim: Trim) -> Vec<Vec<u8>> {
    let (by, approximate, threshold) = match trim {
        Trim::ToLength { keep, approximate } => ("MAXLEN", approximate, keep.to_string()),
        Trim::FromId { first, approximate } => ("MINID", approximate, first.to_string()),
    };
    let mut words: Vec<Vec<u8>> = vec![b"XTRIM".to_vec(), stream.as_bytes().to_vec(), by.into()];
    words.push(if approximate { b"~".to_vec() } else { b"=".to_vec() });
    words.push(threshold.into());
    if approximate {
        // Without this, one trim removes 10,000 entries at most, and a fast stream would grow for ever.
        words.extend([b"LIMIT".to_vec(), b"0".to_vec()]);
    }
    words
}

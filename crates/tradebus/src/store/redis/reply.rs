//! What replies say.

use std::sync::Arc;

use bytes::Bytes;
use tradebus_engine::EntryId;
use tradebus_resp::{BrokenReply, ReplyScanner, Token, Tokens};

use crate::StreamKey;
use crate::store::{BatchBuilder, ReadBatch, StoreError};

/// Error codes that pass: the same command may succeed later.
const TRANSIENT: [&str; 9] =
    ["LOADING", "OOM", "READONLY", "MISCONF", "MASTERDOWN", "BUSY", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"];

/// What an error reply means.
pub(super) fn error(text: &[u8], server: &Arc<str>) -> StoreError {
    let detail = String::from_utf8_lossy(text).into_owned();
    let server = server.clone();
    let code = detail.split(' ').next().unwrap_or_default();
    if TRANSIENT.contains(&code) {
        StoreError::Unavailable { server, detail }
    } else if matches!(code, "NOAUTH" | "WRONGPASS")
        || detail.starts_with("ERR AUTH ")
        || detail.contains("invalid password")
    {
        StoreError::Login { server, detail }
    } else {
        StoreError::Refused { server, detail }
    }
}

/// Whether an error reply says that a key is no stream.
pub(super) fn is_wrong_type(text: &[u8]) -> bool {
    text.starts_with(b"WRONGTYPE")
}

/// The reply to `INFO server`: refuses a server below 6.2. One that may not tell (an access rule) is taken as it is.
pub(super) fn check_version(info: &[u8], server: &Arc<str>) -> Result<(), StoreError> {
    let no_info = || StoreError::Protocol {
        server: server.clone(),
        detail: "its INFO names no redis_version".to_owned(),
    };
    let text = match Tokens::new(info).pull() {
        Ok(Token::Bulk(text)) => String::from_utf8_lossy(text).into_owned(),
        Ok(Token::Error(text)) if text.starts_with(b"NOPERM") => return Ok(()),
        Ok(Token::Error(text)) => return Err(error(text, server)),
        _ => return Err(no_info()),
    };
    let version = text.lines().find_map(|line| line.strip_prefix("redis_version:")).ok_or_else(no_info)?;
    let mut parts = version.trim().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let known = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if known < (6, 2) {
        return Err(StoreError::TooOld { server: server.clone(), version: version.trim().to_owned() });
    }
    Ok(())
}

/// An entry id, as `XADD` answers.
pub(super) fn entry_id(reply: &[u8]) -> Result<Option<EntryId>, BrokenReply> {
    Ok(match Tokens::new(reply).pull()? {
        Token::Bulk(id) => EntryId::parse(id, 0),
        _ => None,
    })
}

/// The answer of `XREAD`: lists of entries by stream, or nothing.
pub(super) fn streams(reply: Bytes) -> Result<ReadBatch, BrokenReply> {
    let mut tokens = Tokens::new(&reply);
    let mut builder = BatchBuilder::default();
    if let Token::List(streams) = tokens.pull()? {
        for _ in 0..streams {
            list(&mut tokens)?;
            builder.stream(StreamKey::new(bulk(&mut tokens)?));
            entries(&mut tokens, &reply, &mut builder)?;
        }
    }
    Ok(builder.finish_in(reply))
}

/// The answer of `XRANGE`: a list of entries.
pub(super) fn range(reply: Bytes, stream: &StreamKey) -> Result<ReadBatch, BrokenReply> {
    let mut builder = BatchBuilder::default();
    builder.stream(stream.clone());
    entries(&mut Tokens::new(&reply), &reply, &mut builder)?;
    Ok(builder.finish_in(reply))
}

fn entries(tokens: &mut Tokens<'_>, reply: &Bytes, builder: &mut BatchBuilder) -> Result<(), BrokenReply> {
    for _ in 0..list(tokens)? {
        // In place of an entry that was deleted, Redis 6.2 answers XCLAIM with nothing.
        if list(tokens)? == 0 {
            continue;
        }
        builder.entry(id(tokens)?);
        let parts = match tokens.pull()? {
            Token::List(parts) => parts,
            Token::Null => 0,
            other => return Err(unexpected(other)),
        };
        for _ in 0..parts {
            let part = bulk(tokens)?;
            let start = part.as_ptr() as usize - reply.as_ptr() as usize;
            builder.at(start, start + part.len());
        }
    }
    Ok(())
}

/// What `XINFO` tells of one thing: names and values in turn. Values that are lists are left out, except that an entry stands for
/// its id.
pub(super) struct Fields<'a>(Vec<(&'a [u8], Token<'a>)>);

impl<'a> Fields<'a> {
    /// The fields that come next.
    pub(super) fn pull(tokens: &mut Tokens<'a>) -> Result<Self, BrokenReply> {
        let mut fields = Vec::new();
        for _ in 0..list(tokens)? / 2 {
            let name = bulk(tokens)?;
            let value = match tokens.pull()? {
                Token::List(elements) => first_of(tokens, elements)?,
                value => value,
            };
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    fn value(&self, name: &str) -> Option<Token<'a>> {
        self.0.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| *value)
    }

    /// A text; names may be any bytes, and those that are no text are shown as well as they can be.
    pub(super) fn text(&self, name: &str) -> String {
        match self.value(name) {
            Some(Token::Bulk(text)) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        }
    }

    /// A number that is not negative.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.value(name) {
            Some(Token::Integer(number)) => number.try_into().ok(),
            _ => None,
        }
    }

    /// An entry id.
    pub(super) fn id(&self, name: &str) -> Option<EntryId> {
        match self.value(name) {
            Some(Token::Bulk(id)) => EntryId::parse(id, 0),
            _ => None,
        }
    }
}

/// The first of so many elements; whatever else they hold is passed over.
fn first_of<'a>(tokens: &mut Tokens<'a>, elements: usize) -> Result<Token<'a>, BrokenReply> {
    let mut first = None;
    let mut left = elements;
    while left > 0 {
        let token = tokens.pull()?;
        left -= 1;
        if let Token::List(inner) = token {
            left += inner;
        }
        first.get_or_insert(token);
    }
    Ok(first.unwrap_or(Token::Null))
}

/// The elements of a list, each as a reply of its own; `None` if there is no list.
pub(super) fn elements(reply: &Bytes) -> Result<Option<Vec<Bytes>>, BrokenReply> {
    let mut tokens = Tokens::new(reply);
    let Token::List(elements) = tokens.pull()? else { return Ok(None) };
    let mut rest = reply.slice(reply.len() - tokens.rest().len()..);
    let mut scanner = ReplyScanner::default();
    let mut found = Vec::with_capacity(elements);
    for _ in 0..elements {
        let len = scanner.scan(&rest)?.ok_or_else(|| BrokenReply::new("a list ends too early"))?;
        found.push(rest.split_to(len));
    }
    Ok(Some(found))
}

/// An entry id.
pub(super) fn id(tokens: &mut Tokens<'_>) -> Result<EntryId, BrokenReply> {
    let id = bulk(tokens)?;
    EntryId::parse(id, 0).ok_or_else(|| unexpected(Token::Bulk(id)))
}

/// A number; one below zero counts as zero.
pub(super) fn number(tokens: &mut Tokens<'_>) -> Result<u64, BrokenReply> {
    match tokens.pull()? {
        Token::Integer(number) => Ok(number.try_into().unwrap_or(0)),
        other => Err(unexpected(other)),
    }
}

/// An error of an operation on a group: says if it, or its stream, is not there.
pub(super) fn of_group(error: StoreError, stream: &StreamKey, group: &str) -> StoreError {
    const MISSING: [&str; 4] =
        ["NOGROUP", "UNBLOCKED", "ERR no such key", "ERR The XGROUP subcommand requires the key to exist"];
    match error {
        StoreError::Refused { detail, .. } if MISSING.iter().any(|start| detail.starts_with(start)) => {
            StoreError::NoGroup { stream: stream.clone(), group: group.to_owned() }
        }
        other => other,
    }
}

/// The key that `XREADGROUP` misses, or misses a group of.
pub(super) fn key_without_group(error: &StoreError) -> Option<StreamKey> {
    match error {
        StoreError::Refused { detail, .. } => {
            let rest = detail.strip_prefix("NOGROUP No such key '")?;
            rest.split_once("' or consumer group '").map(|(key, _)| StreamKey::from(key))
        }
        _ => None,
    }
}

pub(super) fn list(tokens: &mut Tokens<'_>) -> Result<usize, BrokenReply> {
    match tokens.pull()? {
        Token::List(elements) => Ok(elements),
        Token::Null => Ok(0),
        other => Err(unexpected(other)),
    }
}

pub(super) fn bulk<'a>(tokens: &mut Tokens<'a>) -> Result<&'a [u8], BrokenReply> {
    match tokens.pull()? {
        Token::Bulk(value) | Token::Status(value) => Ok(value),
        other => Err(unexpected(other)),
    }
}

fn unexpected(token: Token<'_>) -> BrokenReply {
    BrokenReply::new(format!("{token:?} came where something else was expected"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{check_version, error, streams};
    use crate::store::StoreError;

    fn server() -> Arc<str> {
        "127.0.0.1:6379".into()
    }

    #[test]
    fn tells_passing_errors_from_lasting_ones() {
        assert!(matches!(error(b"OOM command not allowed", &server()), StoreError::Unavailable { .. }));
        assert!(matches!(error(b"LOADING Redis is loading", &server()), StoreError::Unavailable { .. }));
        assert!(matches!(error(b"WRONGPASS invalid", &server()), StoreError::Login { .. }));
        assert!(matches!(error(b"NOPERM this user", &server()), StoreError::Refused { .. }));
    }

    #[test]
    fn looks_at_the_version() {
        let check = |text: &str| {
            check_version(format!("${}\r\n{text}\r\n", text.len()).as_bytes(), &server())
                .map_err(|e| e.to_string())
        };
        assert_eq!(check("# Server\r\nredis_version:6.2.0\r\n"), Ok(()));
        assert_eq!(check("redis_version:7.0.15\r\n"), Ok(()));
        assert!(check("redis_version:6.0.16\r\n").unwrap_err().contains("6.2 or newer"));
        assert!(check("hello").unwrap_err().contains("redis_version"));
    }

    #[test]
    fn reads_entries_where_they_lie() {
        let reply = b"*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$2\r\nbb\r\n*2\r\n$3\r\n2-0\r\n*-1\r\n";
        let batch = streams(bytes::Bytes::from_static(reply)).unwrap();
        let seen: Vec<_> = batch.entries().map(|e| (e.id().ms, e.fields().collect::<Vec<_>>())).collect();
        assert_eq!(seen, [(1, vec![(&b"a"[..], &b"bb"[..])]), (2, vec![])]);
        assert!(streams(bytes::Bytes::from_static(b"*-1\r\n")).unwrap().is_empty());
    }
}

//! Consumer groups of a Redis server: `XGROUP`, `XINFO`, `XPENDING`, `XCLAIM` and `XACK`.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tradebus_engine::EntryId;
use tradebus_resp::Tokens;

use super::read::{ReadLink, RedisGroupReader};
use super::reply::{self, Fields};
use super::{RedisStore, append};
use crate::StreamKey;
use crate::store::{
    Acks, Assign, Claim, ConsumerGroups, ConsumerInfo, GroupInfo, GroupReader, GroupStart, NewEntry,
    PendingEntry, PendingQuery, ReadBatch, StoreError,
};

#[async_trait]
impl ConsumerGroups for RedisStore {
    async fn group_reader(
        &self,
        group: &str,
        consumer: &str,
        role: &str,
    ) -> Result<Box<dyn GroupReader>, StoreError> {
        let link = self.dialer.open(role).await?;
        let link = ReadLink::new(link, self.control.clone(), self.dialer.command_timeout);
        Ok(Box::new(RedisGroupReader::new(link, group, consumer)))
    }

    async fn create_group(
        &self,
        stream: &StreamKey,
        group: &str,
        start: GroupStart,
    ) -> Result<bool, StoreError> {
        let start = position(start);
        let words: [&[u8]; 6] =
            [b"XGROUP", b"CREATE", stream.as_bytes(), group.as_bytes(), start.as_bytes(), b"MKSTREAM"];
        match self.ask(stream, &words).await {
            Err(StoreError::Refused { detail, .. }) if detail.starts_with("BUSYGROUP") => Ok(false),
            answer => answer.map(|_ok| true),
        }
    }

    async fn set_group(&self, stream: &StreamKey, group: &str, start: GroupStart) -> Result<(), StoreError> {
        let start = position(start);
        let words: [&[u8]; 5] = [b"XGROUP", b"SETID", stream.as_bytes(), group.as_bytes(), start.as_bytes()];
        self.ask_group(stream, group, &words).await.map(drop)
    }

    async fn destroy_group(&self, stream: &StreamKey, group: &str) -> Result<bool, StoreError> {
        let words: [&[u8]; 4] = [b"XGROUP", b"DESTROY", stream.as_bytes(), group.as_bytes()];
        match self.ask_group(stream, group, &words).await {
            Err(StoreError::NoGroup { .. }) => Ok(false),
            answer => Ok(self.number(&answer?)? > 0),
        }
    }

    async fn groups(&self, stream: &StreamKey) -> Result<Vec<GroupInfo>, StoreError> {
        match self.ask_group(stream, "", &[b"XINFO", b"GROUPS", stream.as_bytes()]).await {
            Err(StoreError::NoGroup { .. }) => Ok(Vec::new()),
            answer => self.list(&answer?, |tokens| Ok(group_info(&Fields::pull(tokens)?))),
        }
    }

    async fn consumers(&self, stream: &StreamKey, group: &str) -> Result<Vec<ConsumerInfo>, StoreError> {
        let words: [&[u8]; 4] = [b"XINFO", b"CONSUMERS", stream.as_bytes(), group.as_bytes()];
        let answer = self.ask_group(stream, group, &words).await?;
        self.list(&answer, |tokens| Ok(consumer_info(&Fields::pull(tokens)?)))
    }

    async fn remove_consumer(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
    ) -> Result<u64, StoreError> {
        let words: [&[u8]; 5] =
            [b"XGROUP", b"DELCONSUMER", stream.as_bytes(), group.as_bytes(), consumer.as_bytes()];
        let answer = self.ask_group(stream, group, &words).await?;
        self.number(&answer)
    }

    async fn pending(
        &self,
        stream: &StreamKey,
        group: &str,
        query: PendingQuery<'_>,
    ) -> Result<Vec<PendingEntry>, StoreError> {
        let idle = query.min_idle.as_millis().to_string();
        let (first, last) = (query.ids.start().to_string(), query.ids.end().to_string());
        let limit = query.limit.min(i64::MAX as usize).to_string();
        let mut words: Vec<&[u8]> = vec![b"XPENDING", stream.as_bytes(), group.as_bytes()];
        if !query.min_idle.is_zero() {
            words.extend([&b"IDLE"[..], idle.as_bytes()]);
        }
        words.extend([first.as_bytes(), last.as_bytes(), limit.as_bytes()]);
        words.extend(query.consumer.map(str::as_bytes));
        let answer = self.ask_group(stream, group, &words).await?;
        self.list(&answer, pending_entry)
    }

    async fn claim(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        claim: Claim<'_>,
    ) -> Result<ReadBatch, StoreError> {
        if claim.ids.is_empty() {
            return Ok(ReadBatch::default());
        }
        let answer = self.xclaim(stream, group, consumer, claim, &[]).await?;
        reply::range(answer, stream).map_err(|error| self.broken(&error.to_string()))
    }

    async fn assign(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        assign: Assign<'_>,
    ) -> Result<Vec<EntryId>, StoreError> {
        if assign.ids.is_empty() {
            return Ok(Vec::new());
        }
        let idle = assign.idle.as_millis().to_string();
        let deliveries = assign.deliveries.map(|deliveries| deliveries.to_string());
        let mut options: Vec<&[u8]> = vec![b"IDLE", idle.as_bytes()];
        if let Some(deliveries) = &deliveries {
            options.extend([&b"RETRYCOUNT"[..], deliveries.as_bytes()]);
        }
        options.push(b"JUSTID");
        let claim = Claim { ids: assign.ids, min_idle: Duration::ZERO };
        let answer = self.xclaim(stream, group, consumer, claim, &options).await?;
        self.list(&answer, reply::id)
    }

    async fn acknowledge(&self, group: &str, acks: &[Acks<'_>]) -> Result<u64, StoreError> {
        let ids: Vec<Vec<String>> =
            acks.iter().map(|acks| acks.ids.iter().map(EntryId::to_string).collect()).collect();
        let commands: Vec<Vec<&[u8]>> = acks
            .iter()
            .zip(&ids)
            .filter(|(_, ids)| !ids.is_empty())
            .map(|(acks, ids)| {
                let words = [&b"XACK"[..], acks.stream.as_bytes(), group.as_bytes()];
                words.into_iter().chain(ids.iter().map(String::as_bytes)).collect()
            })
            .collect();
        let mut settled = 0;
        for (answer, words) in self.control.ask_all(&commands).await?.iter().zip(&commands) {
            if let Some(error) = append::failure(answer, &StreamKey::new(words[1]), &self.dialer.name) {
                return Err(error);
            }
            settled += self.number(answer)?;
        }
        Ok(settled)
    }

    async fn append_and_acknowledge(
        &self,
        entry: NewEntry<'_>,
        group: &str,
        (stream, id): (&StreamKey, EntryId),
    ) -> Result<EntryId, StoreError> {
        let (id, target) = (id.to_string(), entry.stream);
        let append = append::command(&entry);
        let append: Vec<&[u8]> = append.iter().map(Vec::as_slice).collect();
        let acknowledge = vec![&b"XACK"[..], stream.as_bytes(), group.as_bytes(), id.as_bytes()];
        // A transaction goes on behind a command that fails: what could fail is asked first.
        let kind = vec![&b"TYPE"[..], target.as_bytes()];
        let wanted = |answers: &[Bytes]| self.may_append(&answers[0], target).map(|()| true);
        let results = self.control.transact_if(target, &[kind], wanted, &[append, acknowledge]).await?;
        self.appended(&results.unwrap_or_default(), target)
    }
}

impl RedisStore {
    async fn ask_group(&self, stream: &StreamKey, group: &str, words: &[&[u8]]) -> Result<Bytes, StoreError> {
        self.ask(stream, words).await.map_err(|error| reply::of_group(error, stream, group))
    }

    async fn xclaim(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        claim: Claim<'_>,
        options: &[&[u8]],
    ) -> Result<Bytes, StoreError> {
        let min_idle = claim.min_idle.as_millis().to_string();
        let ids: Vec<String> = claim.ids.iter().map(EntryId::to_string).collect();
        let mut words: Vec<&[u8]> = vec![b"XCLAIM", stream.as_bytes(), group.as_bytes()];
        words.extend([consumer.as_bytes(), min_idle.as_bytes()]);
        words.extend(ids.iter().map(String::as_bytes));
        words.extend(options);
        self.ask_group(stream, group, &words).await
    }
}

fn position(start: GroupStart) -> String {
    match start {
        GroupStart::Latest => "$".to_owned(),
        GroupStart::After(id) => id.to_string(),
    }
}

fn group_info(fields: &Fields<'_>) -> GroupInfo {
    GroupInfo {
        name: fields.text("name"),
        consumers: fields.number("consumers").unwrap_or(0),
        pending: fields.number("pending").unwrap_or(0),
        last_delivered: fields.id("last-delivered-id").unwrap_or(EntryId::MIN),
        entries_read: fields.number("entries-read"),
        lag: fields.number("lag"),
    }
}

fn consumer_info(fields: &Fields<'_>) -> ConsumerInfo {
    ConsumerInfo {
        name: fields.text("name"),
        pending: fields.number("pending").unwrap_or(0),
        idle: Duration::from_millis(fields.number("idle").unwrap_or(0)),
    }
}

fn pending_entry(tokens: &mut Tokens<'_>) -> Result<PendingEntry, tradebus_resp::BrokenReply> {
    reply::list(tokens)?;
    Ok(PendingEntry {
        id: reply::id(tokens)?,
        consumer: String::from_utf8_lossy(reply::bulk(tokens)?).into_owned(),
        idle: Duration::from_millis(reply::number(tokens)?),
        deliveries: reply::number(tokens)?,
    })
}

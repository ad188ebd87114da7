//! Consumer groups of the embedded engine.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tradebus_engine::{Consumer, Db, DbError, Engine, EntryId, Fields, Group, LogPosition, Member, Pending};

use super::append::append;
use super::read::{Lookout, MOST_BYTES};
use super::{EmbeddedStore, copy, named};
use crate::StreamKey;
use crate::store::{
    Acks, Assign, BatchBuilder, Claim, ConsumerGroups, ConsumerInfo, GroupInfo, GroupReader, GroupStart,
    Interrupt, NewEntry, PendingEntry, PendingQuery, ReadBatch, StoreError,
};

#[async_trait]
impl ConsumerGroups for EmbeddedStore {
    async fn group_reader(
        &self,
        group: &str,
        consumer: &str,
        _role: &str,
    ) -> Result<Box<dyn GroupReader>, StoreError> {
        let lookout = Lookout::new(self.engine.clone());
        Ok(Box::new(EmbeddedGroupReader { lookout, group: group.into(), consumer: consumer.into() }))
    }

    async fn create_group(
        &self,
        stream: &StreamKey,
        group: &str,
        start: GroupStart,
    ) -> Result<bool, StoreError> {
        let made =
            self.engine.lock().create_group(stream.as_bytes(), group.as_bytes(), start.into(), None, true);
        match made {
            Ok(()) => Ok(true),
            Err(DbError::GroupExists) => Ok(false),
            Err(error) => Err(named(&error, stream)),
        }
    }

    async fn set_group(&self, stream: &StreamKey, group: &str, start: GroupStart) -> Result<(), StoreError> {
        let set = self.engine.lock().set_group(stream.as_bytes(), group.as_bytes(), start.into(), None);
        set.map_err(|error| of_group(&error, stream, group))
    }

    async fn destroy_group(&self, stream: &StreamKey, group: &str) -> Result<bool, StoreError> {
        match self.engine.lock().destroy_group(stream.as_bytes(), group.as_bytes()) {
            Err(DbError::NoSuchKey) => Ok(false),
            destroyed => destroyed.map_err(|error| named(&error, stream)),
        }
    }

    async fn groups(&self, stream: &StreamKey) -> Result<Vec<GroupInfo>, StoreError> {
        let db = self.engine.lock();
        let groups = db.groups(stream.as_bytes()).map_err(|error| named(&error, stream))?;
        Ok(groups.map(|(name, group, lag)| group_info(name, group, lag)).collect())
    }

    async fn consumers(&self, stream: &StreamKey, group: &str) -> Result<Vec<ConsumerInfo>, StoreError> {
        self.with_group(stream, group, |group, now| {
            group.consumers().map(|(name, consumer)| consumer_info(name, consumer, now)).collect()
        })
    }

    async fn remove_consumer(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
    ) -> Result<u64, StoreError> {
        let removed = self.engine.lock().remove_consumer(member(stream, group, consumer));
        removed.map(|pending| pending as u64).map_err(|error| of_group(&error, stream, group))
    }

    async fn pending(
        &self,
        stream: &StreamKey,
        group: &str,
        query: PendingQuery<'_>,
    ) -> Result<Vec<PendingEntry>, StoreError> {
        self.with_group(stream, group, |group, now| {
            let wanted = |entry: &PendingEntry| entry.idle >= query.min_idle;
            let told = |pending| pending_entry(pending, now);
            match query.consumer {
                None => group.pending(query.ids).map(told).filter(wanted).take(query.limit).collect(),
                Some(name) => {
                    let consumer = group.consumer(name.as_bytes()).into_iter();
                    let pending = consumer.flat_map(|it| group.pending_of(it, query.ids.clone()));
                    pending.map(told).filter(wanted).take(query.limit).collect()
                }
            }
        })
    }

    async fn claim(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        claim: Claim<'_>,
    ) -> Result<ReadBatch, StoreError> {
        let claim = tradebus_engine::Claim {
            ids: claim.ids,
            min_idle_ms: claim.min_idle.as_millis() as u64,
            delivered_at: None,
            deliveries: None,
            counts: true,
            force: false,
        };
        let mut builder = BatchBuilder::default();
        builder.stream(stream.clone());
        let position = {
            let mut db = self.engine.lock();
            let claimed = db.claim(member(stream, group, consumer), claim);
            for id in claimed.map_err(|error| of_group(&error, stream, group))? {
                copy_entry(&db, stream, id, &mut builder)?;
            }
            db.log_position()
        };
        self.settle(position).await?;
        Ok(builder.finish())
    }

    async fn assign(
        &self,
        stream: &StreamKey,
        group: &str,
        consumer: &str,
        assign: Assign<'_>,
    ) -> Result<Vec<EntryId>, StoreError> {
        let mut db = self.engine.lock();
        let claim = tradebus_engine::Claim {
            ids: assign.ids,
            min_idle_ms: 0,
            delivered_at: Some(db.now().saturating_sub(assign.idle.as_millis() as u64)),
            deliveries: assign.deliveries,
            counts: false,
            force: false,
        };
        db.claim(member(stream, group, consumer), claim).map_err(|error| of_group(&error, stream, group))
    }

    async fn acknowledge(&self, group: &str, acks: &[Acks<'_>]) -> Result<u64, StoreError> {
        let mut db = self.engine.lock();
        let mut settled = 0;
        for Acks { stream, ids } in acks {
            let acknowledged = db.acknowledge(stream.as_bytes(), group.as_bytes(), ids);
            settled += acknowledged.map_err(|error| named(&error, stream))?;
        }
        Ok(settled)
    }

    async fn append_and_acknowledge(
        &self,
        entry: NewEntry<'_>,
        group: &str,
        (stream, id): (&StreamKey, EntryId),
    ) -> Result<EntryId, StoreError> {
        self.engine.has_room().await;
        let (appended, position) = {
            let mut db = self.engine.lock();
            let appended = append(&mut db, &entry)?;
            db.acknowledge(stream.as_bytes(), group.as_bytes(), &[id])
                .map_err(|error| named(&error, stream))?;
            (appended, db.log_position())
        };
        self.settle(position).await?;
        Ok(appended)
    }
}

impl EmbeddedStore {
    fn with_group<T>(
        &self,
        stream: &StreamKey,
        name: &str,
        look: impl FnOnce(&Group, u64) -> T,
    ) -> Result<T, StoreError> {
        let mut db = self.engine.lock();
        let now = db.now();
        match db.group(stream.as_bytes(), name.as_bytes()) {
            Ok(Some(group)) => Ok(look(group, now)),
            Ok(None) => Err(no_group(stream, name)),
            Err(error) => Err(named(&error, stream)),
        }
    }
}

/// Delivers what it copies into one buffer a batch.
struct EmbeddedGroupReader {
    lookout: Lookout,
    group: String,
    consumer: String,
}

#[async_trait]
impl GroupReader for EmbeddedGroupReader {
    async fn read(
        &mut self,
        streams: &[StreamKey],
        limit: usize,
        block: Option<Duration>,
    ) -> Result<ReadBatch, StoreError> {
        let (group, consumer) = (&self.group[..], &self.consumer[..]);
        // The consumer is seen once a read, however often it has to look.
        let mut seen = false;
        let deliver_now = |engine: &Engine| {
            let mut builder = BatchBuilder::default();
            let mut db = engine.lock();
            for stream in streams {
                let enough = builder.copied_bytes() + MOST_BYTES / streams.len();
                let member = member(stream, group, consumer);
                deliver(&mut db, member, limit, seen, enough, stream, &mut builder)
                    .map_err(|error| of_group(&error, stream, group))?;
            }
            seen = true;
            let position: LogPosition = db.log_position();
            Ok((builder.finish(), position))
        };
        self.lookout.read(streams.iter(), block, deliver_now).await
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        self.lookout.interrupter()
    }
}

fn deliver(
    db: &mut Db,
    member: Member<'_>,
    limit: usize,
    seen: bool,
    enough: usize,
    stream: &StreamKey,
    builder: &mut BatchBuilder,
) -> Result<(), DbError> {
    if seen && db.deliverable(member.key, member.group, 1)? == 0 {
        return Ok(());
    }
    builder.stream(stream.clone());
    db.deliver(member, limit, true, |id, fields| {
        copy(builder, id, fields);
        if builder.copied_bytes() < enough { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(())
}

pub(super) fn copy_entry(
    db: &Db,
    stream: &StreamKey,
    id: EntryId,
    builder: &mut BatchBuilder,
) -> Result<(), StoreError> {
    let visit = |id, fields: Fields<'_>| {
        copy(builder, id, fields);
        ControlFlow::Continue(())
    };
    db.range(stream.as_bytes(), id, id, 1, visit).map_err(|error| named(&error, stream))?;
    Ok(())
}

fn member<'a>(stream: &'a StreamKey, group: &'a str, consumer: &'a str) -> Member<'a> {
    Member { key: stream.as_bytes(), group: group.as_bytes(), consumer: consumer.as_bytes() }
}

fn group_info(name: &[u8], group: &Group, lag: Option<i64>) -> GroupInfo {
    GroupInfo {
        name: text(name),
        consumers: group.consumers().len() as u64,
        pending: group.pending_len() as u64,
        last_delivered: group.last_delivered(),
        entries_read: group.entries_read(),
        lag: lag.and_then(|lag| lag.try_into().ok()),
    }
}

fn consumer_info(name: &[u8], consumer: &Consumer, now: u64) -> ConsumerInfo {
    ConsumerInfo {
        name: text(name),
        pending: consumer.pending_len() as u64,
        idle: Duration::from_millis(now.saturating_sub(consumer.seen())),
    }
}

fn pending_entry(pending: Pending<'_>, now: u64) -> PendingEntry {
    PendingEntry {
        id: pending.id,
        consumer: text(pending.consumer),
        idle: Duration::from_millis(now.saturating_sub(pending.delivered_at)),
        deliveries: pending.deliveries,
    }
}

/// Names may be any bytes; those that are no text are shown as well as they can be.
fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn no_group(stream: &StreamKey, group: &str) -> StoreError {
    StoreError::NoGroup { stream: stream.clone(), group: group.to_owned() }
}

fn of_group(error: &DbError, stream: &StreamKey, group: &str) -> StoreError {
    match error {
        DbError::NoSuchKey | DbError::NoSuchGroup => no_group(stream, group),
        other => named(other, stream),
    }
}

impl From<GroupStart> for tradebus_engine::GroupStart {
    fn from(start: GroupStart) -> Self {
        match start {
            GroupStart::Latest => Self::Latest,
            GroupStart::After(id) => Self::After(id),
        }
    }
}

//! Reads what is new to the group.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tradebus_engine::EntryId;

use super::member::Member;
use super::shares::Readable;
use crate::connectivity::Backoff;
use crate::store::{GroupReader, GroupStart, PendingQuery, ReadBatch, StoreError};
use crate::subscribe::router::Router;
use crate::subscribe::shared::Source;
use crate::{Priority, StreamKey};

/// A read that is only about to block may miss an interruption: it is repeated.
const INTERRUPT_AGAIN: Duration = Duration::from_millis(20);
/// Pending entries that are taken up at one time.
const TAKE_UP_AT_ONCE: usize = 1000;

/// Reads some of the streams of a group, on a connection of its own.
pub(super) struct Reader {
    member: Arc<Member>,
    source: Source,
    /// The tiers of what it may read: all of them need room before it reads.
    tiers: Vec<Priority>,
    streams: Vec<StreamKey>,
    /// Where only one member at a time may have a share of the streams.
    readable: Option<Readable>,
    router: Router,
    backoff: Backoff,
    /// Most entries of a stream in one read.
    limit: usize,
    /// When to look for streams that are not read yet.
    search_at: Instant,
    /// The last read was refused, on a connection that works.
    refused: bool,
    role: String,
}

/// How reading ended.
enum Ended {
    /// The member leaves.
    Leaving,
    /// The connection is lost.
    Lost(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Lost(error)
    }
}

impl Reader {
    /// A reader of these streams, in which the group is already.
    pub(super) fn new(
        member: &Arc<Member>,
        source: Source,
        tiers: Vec<Priority>,
        streams: Vec<StreamKey>,
    ) -> Self {
        let reading = &member.reading;
        Self {
            readable: member.shares.as_ref().map(Readable::new),
            source,
            tiers,
            streams,
            router: member.router(),
            backoff: reading.backoff(),
            limit: reading.first_limit(),
            search_at: Instant::now() + reading.search_interval,
            refused: false,
            role: reading.next_role("group"),
            member: member.clone(),
        }
    }

    pub(super) async fn run(mut self) {
        let member = self.member.clone();
        loop {
            match self.connected().await {
                Ended::Leaving => break,
                Ended::Lost(error) => member.reading.connectivity.down(&self.role, &error),
            }
            if let Some(readable) = &mut self.readable {
                readable.rest();
            }
            if self.pause().await.is_err() {
                break;
            }
        }
        member.reading.connectivity.forget(&self.role);
    }

    /// Waits before the next try.
    async fn pause(&mut self) -> Result<(), Ended> {
        let delay = self.backoff.next();
        tokio::select! {
            () = self.member.is_to_leave() => Err(Ended::Leaving),
            () = sleep(delay) => Ok(()),
        }
    }

    async fn connected(&mut self) -> Ended {
        let member = self.member.clone();
        let opened = member.groups().group_reader(&member.group, &member.consumer, &self.role).await;
        let mut reader = match opened {
            Ok(reader) => reader,
            Err(error) => return Ended::Lost(error),
        };
        self.backoff.reset();
        member.reading.connectivity.up(&self.role);
        if let Err(ended) = self.recover().await {
            return ended;
        }
        loop {
            if let Err(ended) = self.round(&mut *reader).await {
                return ended;
            }
        }
    }

    /// Takes up what is pending for this consumer but not in its hands: what it had in an earlier life, or what was on its way when the
    /// connection broke.
    async fn recover(&mut self) -> Result<(), Ended> {
        if self.readable.is_some() {
            // It follows its shares anew, and takes up all that is pending in them.
            return Ok(());
        }
        let consumer = self.member.consumer.clone();
        for stream in self.streams.clone() {
            self.take_up(&stream, Some(&consumer), Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Takes up what has been pending under the name of the member for long, and no read has brought.
    async fn take_up_unfound(&mut self) -> Result<(), Ended> {
        let member = self.member.clone();
        let unfound: Vec<StreamKey> = {
            let mut unfound = member.unfound.lock();
            self.streams.iter().filter(|stream| unfound.remove(*stream)).cloned().collect()
        };
        for stream in unfound {
            self.take_up(&stream, Some(&member.consumer), member.rules.claim_idle).await?;
        }
        Ok(())
    }

    /// Takes up what has been pending in a stream for so long, for a consumer or for any, and is not in hand. Tells whether that is all: it
    /// is not when the shares change meanwhile.
    async fn take_up(
        &mut self,
        stream: &StreamKey,
        consumer: Option<&str>,
        min_idle: Duration,
    ) -> Result<bool, Ended> {
        let member = self.member.clone();
        let mut from = EntryId::MIN;
        loop {
            if !self.has_room().await? {
                return Ok(false);
            }
            let limit = member.free().clamp(1, TAKE_UP_AT_ONCE);
            let query = PendingQuery { consumer, ids: from..=EntryId::MAX, min_idle, limit };
            let taken = async {
                let pending = member.groups().pending(stream, &member.group, query).await?;
                let next = pending.last().and_then(|last| last.id.next());
                member.take_over(stream, pending, min_idle, &mut self.router).await?;
                Ok(next)
            };
            match taken.await {
                Ok(Some(next)) => from = next,
                Ok(None) | Err(StoreError::NoGroup { .. }) => return Ok(true),
                Err(error) if !error.ends_connection() => {
                    tracing::warn!(%stream, %error, "what was pending could not be taken up");
                    return Ok(true);
                }
                Err(error) => return Err(Ended::Lost(error)),
            }
        }
    }

    /// Waits for room for what it reads. `false` if the shares change before there is any.
    async fn has_room(&mut self) -> Result<bool, Ended> {
        let member = &self.member;
        tokio::select! {
            biased;
            () = member.is_to_leave() => Err(Ended::Leaving),
            () = shares_changed(&mut self.readable) => Ok(false),
            () = member.room_for(&self.tiers) => Ok(true),
        }
    }

    /// Goes by the shares that this member has now. What is pending in a new one comes before anything new.
    async fn follow_shares(&mut self) -> Result<(), Ended> {
        let Some(readable) = &mut self.readable else { return Ok(()) };
        for (stream, token) in readable.follow(&self.streams) {
            if !self.take_up(&stream, None, Duration::ZERO).await? {
                return Ok(());
            }
            if let Some(readable) = &mut self.readable {
                readable.open(stream, token);
            }
        }
        Ok(())
    }

    /// Looks for streams, waits for room, reads once, and hands on what was read.
    async fn round(&mut self, reader: &mut dyn GroupReader) -> Result<(), Ended> {
        self.look_for_streams().await?;
        self.follow_shares().await?;
        self.take_up_unfound().await?;
        if !self.has_room().await? {
            return Ok(());
        }
        let member = self.member.clone();
        match self.read(reader).await {
            Ok(batch) => {
                if std::mem::take(&mut self.refused) {
                    self.backoff.reset();
                    member.reading.connectivity.up(&self.role);
                }
                self.hand_on(&batch);
                Ok(())
            }
            Err(StoreError::NoGroup { .. }) => self.join_again().await,
            Err(StoreError::WrongType { stream }) => {
                tracing::warn!(%stream, "the key holds another type than a stream; it is looked at again later");
                self.streams.retain(|known| *known != stream);
                Ok(())
            }
            // The server may be able to do it in a moment, on the same connection.
            Err(error) if !error.ends_connection() => {
                self.refused = true;
                member.reading.connectivity.down(&self.role, &error);
                self.pause().await
            }
            Err(error) => Err(Ended::Lost(error)),
        }
    }

    /// One blocking read, ended early when the member leaves or its shares change: what it brings all the same is pending for this
    /// member.
    async fn read(&mut self, reader: &mut dyn GroupReader) -> Result<ReadBatch, StoreError> {
        let block = self.block();
        let room = self.tiers.iter().map(|tier| self.member.queue.free(*tier)).min().unwrap_or(0);
        let limit = self.limit.min(room).min(self.member.free()).max(1);
        let Self { member, streams, readable, .. } = self;
        let open = readable.as_ref().map(|readable| readable.streams().to_vec());
        let streams = open.as_deref().unwrap_or(streams);
        if streams.is_empty() || block.is_zero() {
            tokio::select! {
                () = member.is_to_leave() => {}
                () = shares_changed(readable) => {}
                () = sleep(block.max(INTERRUPT_AGAIN)) => {}
            }
            return Ok(ReadBatch::default());
        }
        let interrupter = reader.interrupter();
        let mut read = reader.read(streams, limit, Some(block));
        tokio::select! {
            read = &mut read => return read,
            () = member.is_to_leave() => {}
            () = shares_changed(readable) => {}
        }
        loop {
            tokio::select! {
                read = &mut read => return read,
                () = interrupter.interrupt() => {}
            }
            tokio::select! {
                read = &mut read => return read,
                () = sleep(INTERRUPT_AGAIN) => {}
            }
        }
    }

    /// How long a read may wait for something to come.
    fn block(&self) -> Duration {
        let now = Instant::now();
        let mut block = self.member.reading.block;
        if self.searches() {
            block = block.min((self.search_at - now).max(Duration::from_millis(1)));
        }
        // A read that outlasts its lease would take away what is another one's by then.
        let until = self.readable.as_ref().and_then(Readable::last_until);
        until.map_or(block, |until| block.min(until - now))
    }

    fn hand_on(&mut self, batch: &ReadBatch) {
        if batch.is_empty() {
            return;
        }
        self.limit = self.member.reading.limit_for(batch, self.streams.len());
        // Stream by stream, in order of their ids: the last of each counts.
        let mut entries = batch.entries().peekable();
        while let Some(entry) = entries.next() {
            if entries.peek().is_none_or(|next| next.stream() != entry.stream()) {
                self.member.note_position(entry.stream(), entry.id());
            }
        }
        self.member.receive(batch, &mut self.router, |_| 1);
    }

    /// Whether streams may appear, or come back, that are not read yet.
    fn searches(&self) -> bool {
        match &self.source {
            Source::Keys(keys) => keys.len() > self.streams.len(),
            Source::Topics { .. } => true,
        }
    }

    /// Looks for streams that are not read yet. What is in those that have appeared is new to the group.
    async fn look_for_streams(&mut self) -> Result<(), Ended> {
        if !self.searches() || Instant::now() < self.search_at {
            return Ok(());
        }
        let member = self.member.clone();
        self.search_at = Instant::now() + member.reading.search_interval;
        let wanted = |topic: &[u8]| member.pattern.matches(topic);
        let found = self.source.find(&*member.reading.store, &wanted).await?;
        for stream in found {
            if !self.streams.contains(&stream) {
                match member.join(&stream, GroupStart::After(EntryId::MIN)).await {
                    Ok(()) => self.streams.push(stream),
                    Err(StoreError::WrongType { .. }) => {}
                    Err(error) => return Err(Ended::Lost(error)),
                }
            }
        }
        Ok(())
    }

    async fn join_again(&mut self) -> Result<(), Ended> {
        for stream in &self.streams {
            match self.member.join_again(stream).await {
                Ok(()) | Err(StoreError::WrongType { .. }) => {}
                Err(error) => return Err(Ended::Lost(error)),
            }
        }
        Ok(())
    }
}

/// Returns when a reader has to follow its shares anew; never where there are none. Cancel safe.
async fn shares_changed(readable: &mut Option<Readable>) {
    match readable {
        Some(readable) => readable.changed().await,
        None => std::future::pending().await,
    }
}

impl Member {
    /// Remembers which topics this member wants.
    pub(super) fn router(&self) -> Router {
        let mut router = Router::new(self.reading.topic_cache);
        router.add(self.pattern.clone());
        router
    }

    /// Returns when the queues of these tiers, and the books, have room. Cancel safe.
    async fn room_for(&self, tiers: &[Priority]) {
        loop {
            let mut room = std::pin::pin!(self.ledger.room.notified());
            room.as_mut().enable();
            let has_room = |queue: &super::MemberQueue| tiers.iter().all(|tier| queue.has_room(*tier));
            if !has_room(&self.queue) {
                self.queue.room_until(tiers, has_room).await;
            } else if self.free() == 0 {
                room.await;
            } else {
                return;
            }
            if self.queue.is_closed() {
                return std::future::pending().await;
            }
        }
    }
}

//! Catching up: a subscription that starts in the past, or that was too slow, reads by itself until it is where all others are.
//!
//! The store is its buffer: what there is no room for is not read. With a stream for each tier, a tier that is full does not
//! hold up the others.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::readers::Readers;
use super::shared::{Reading, Subscriber};
use crate::store::{EntryRef, Position, ReadBatch, StoreError, StreamReader};
use crate::wire::record::RawRecord;
use crate::{Delivery, Priority, Topic};

/// How long a read blocks on the tiers that have room while another has none.
const BLOCK: Duration = Duration::from_millis(200);

/// Reads for one subscription.
pub(super) struct CatchUp {
    reading: Arc<Reading>,
    /// Where it goes when it has caught up.
    readers: Readers,
    subscriber: Arc<Subscriber>,
    places: Vec<Position>,
    limit: usize,
    search_at: Instant,
}

/// What to do next.
enum Next {
    Read,
    /// Everything is read, and there is room for more.
    Join,
    /// The subscriber is gone.
    End,
}

impl CatchUp {
    pub(super) fn start(
        reading: &Arc<Reading>,
        readers: Readers,
        subscriber: Arc<Subscriber>,
        places: Vec<Position>,
    ) {
        let search_at = Instant::now() + reading.search_interval;
        let limit = reading.batch_size;
        let catch_up = Self { reading: reading.clone(), readers, subscriber, places, limit, search_at };
        reading.spawn(catch_up.run());
    }

    async fn run(mut self) {
        let role = self.reading.next_role("catch-up");
        let mut backoff = self.reading.backoff();
        loop {
            match self.connected(&role).await {
                Ok(Next::Join) => {
                    self.readers.join(&self.subscriber, &self.places).await;
                    break;
                }
                Ok(_) => break,
                Err(error) => self.reading.connectivity.down(&role, &error),
            }
            sleep(backoff.next()).await;
        }
        self.reading.connectivity.forget(&role);
    }

    async fn connected(&mut self, role: &str) -> Result<Next, StoreError> {
        let mut reader = self.reading.store.reader(role).await?;
        self.reading.connectivity.up(role);
        loop {
            match self.round(&mut *reader).await? {
                Next::Read => {}
                ended => return Ok(ended),
            }
        }
    }

    async fn round(&mut self, reader: &mut dyn StreamReader) -> Result<Next, StoreError> {
        if self.subscriber.queue.is_closed() {
            return Ok(Next::End);
        }
        let open: Vec<Position> = self.places.iter().filter(|place| self.has_room(place)).cloned().collect();
        if open.is_empty() && !self.places.is_empty() {
            self.subscriber.queue.room_in(&self.full_tiers(&open)).await;
            return Ok(Next::Read);
        }
        let all = open.len() == self.places.len();
        let batch = match self.read(reader, &open, all).await {
            Err(StoreError::WrongType { stream }) => {
                tracing::error!(%stream, "the key holds another type than a stream; it is left alone");
                self.places.retain(|place| place.stream != stream);
                return Ok(Next::Read);
            }
            read => read?,
        };
        if !batch.is_empty() {
            self.limit = self.reading.limit_for(&batch);
            self.hand_on(&batch).await;
            return Ok(Next::Read);
        }
        if all && !self.found_new_streams(true).await? {
            return Ok(Next::Join);
        }
        self.found_new_streams(false).await?;
        Ok(Next::Read)
    }

    /// Reads the streams that have room: without waiting if these are all, else until a closed one opens again.
    async fn read(
        &mut self,
        reader: &mut dyn StreamReader,
        open: &[Position],
        all: bool,
    ) -> Result<ReadBatch, StoreError> {
        if open.is_empty() {
            return Ok(ReadBatch::default());
        }
        let limit = self.limit.min(self.least_room(open)).max(1);
        if all {
            return reader.read(open, limit, None).await;
        }
        let interrupter = reader.interrupter();
        let mut read = reader.read(open, limit, Some(BLOCK));
        let full = self.full_tiers(open);
        tokio::select! {
            read = &mut read => return read,
            () = self.subscriber.queue.room_in(&full) => {}
        }
        interrupter.interrupt().await;
        read.await
    }

    fn has_room(&self, place: &Position) -> bool {
        self.reading.tier_of(&place.stream).is_none_or(|tier| self.subscriber.queue.has_room(tier))
    }

    /// The tiers of the streams that are not open.
    fn full_tiers(&self, open: &[Position]) -> Vec<Priority> {
        let full = self.places.iter().filter(|place| !open.contains(place));
        full.filter_map(|place| self.reading.tier_of(&place.stream)).collect()
    }

    fn least_room(&self, open: &[Position]) -> usize {
        open.iter()
            .filter_map(|place| self.reading.tier_of(&place.stream))
            .map(|tier| self.subscriber.queue.free(tier))
            .min()
            .unwrap_or(usize::MAX)
    }

    async fn hand_on(&mut self, batch: &ReadBatch) {
        let mut deliveries: VecDeque<Delivery> =
            batch.entries().filter_map(|entry| self.wanted(entry)).collect();
        for entry in batch.entries() {
            if let Some(place) = self.places.iter_mut().find(|place| place.stream == *entry.stream()) {
                place.after = entry.id();
            }
        }
        self.reading.meters.matches.add(deliveries.len() as u64);
        let queue = &self.subscriber.queue;
        loop {
            self.reading.meters.dropped.add(queue.push(&mut deliveries));
            let Some(first) = deliveries.front() else { return };
            // Without a stream for each tier, what comes first has to go first.
            queue.room_in(&[first.priority]).await;
            if queue.is_closed() {
                return;
            }
        }
    }

    fn wanted(&self, entry: EntryRef<'_>) -> Option<Delivery> {
        match RawRecord::parse(entry.fields()) {
            Ok(raw) if self.subscriber.pattern.matches(raw.topic.as_bytes()) => {
                let topic = Topic::as_read(raw.topic);
                self.reading.delivery(entry, raw, topic, true)
            }
            Ok(_) => None,
            Err(kind) => {
                let place = format_args!("{} in {}", entry.id(), entry.stream());
                self.reading.meters.note_malformed(kind, place);
                None
            }
        }
    }

    /// Looks for streams that have appeared, if it is time or when `now`; says whether there were any.
    async fn found_new_streams(&mut self, now: bool) -> Result<bool, StoreError> {
        if !self.readers.are_searching() || (!now && Instant::now() < self.search_at) {
            return Ok(false);
        }
        self.search_at = Instant::now() + self.reading.search_interval;
        let pattern = self.subscriber.pattern.clone();
        let found = self.readers.find(&*self.reading.store, |topic| pattern.matches(topic)).await?;
        let before = self.places.len();
        for stream in found {
            if !self.places.iter().any(|place| place.stream == stream) {
                self.places.push(Position { stream, after: tradebus_engine::EntryId::MIN });
            }
        }
        Ok(self.places.len() > before)
    }
}

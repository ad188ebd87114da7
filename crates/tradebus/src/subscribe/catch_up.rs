//! Catching up: a subscription that starts in the past, or that was too slow, reads by itself until it is where all others are.
//!
//! The store is its buffer: what there is no room for is not read. With a stream for each tier, a tier that is full does not
//! hold up the others.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::readers::Readers;
use super::sequences::Findings;
use super::shared::{Reading, Subscriber};
use crate::connectivity::Backoff;
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
    places: Vec<Place>,
    limit: usize,
    search_at: Instant,
    backoff: Backoff,
}

/// A stream, as far as it was read.
struct Place {
    position: Position,
    /// Read, but without room in the queue so far. Nothing more is read of the stream while there is any.
    held: VecDeque<Delivery>,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self { position, held: VecDeque::new() }
    }
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
        let limit = reading.first_limit();
        let places = places.into_iter().map(Place::from).collect();
        let catch_up = Self {
            reading: reading.clone(),
            readers,
            subscriber,
            places,
            limit,
            search_at,
            backoff: reading.backoff(),
        };
        reading.spawn(catch_up.run());
    }

    async fn run(mut self) {
        let role = self.reading.next_role("catch-up");
        loop {
            match self.connected(&role).await {
                Ok(Next::Join) => {
                    let places: Vec<_> = self.places.into_iter().map(|place| place.position).collect();
                    self.readers.join(&self.subscriber, &places).await;
                    break;
                }
                Ok(_) => break,
                Err(error) => self.reading.connectivity.down(&role, &error),
            }
            sleep(self.backoff.next()).await;
        }
        self.reading.connectivity.forget(&role);
    }

    async fn connected(&mut self, role: &str) -> Result<Next, StoreError> {
        let mut reader = self.reading.store.reader(role).await?;
        loop {
            let next = self.round(&mut *reader).await?;
            // A connection that is made proves little: whoever may not read is refused only now.
            self.backoff.reset();
            self.reading.connectivity.up(role);
            if !matches!(next, Next::Read) {
                return Ok(next);
            }
        }
    }

    async fn round(&mut self, reader: &mut dyn StreamReader) -> Result<Next, StoreError> {
        if self.subscriber.queue.is_closed() {
            return Ok(Next::End);
        }
        self.hand_on();
        let open = self.open();
        if open.is_empty() && !self.places.is_empty() {
            self.subscriber.queue.room_until(&self.closed_tiers(&open), |_| self.any_may_go_on(&open)).await;
            return Ok(Next::Read);
        }
        let all = open.len() == self.places.len();
        let batch = match self.read(reader, &open, all).await {
            Err(StoreError::WrongType { stream }) => {
                tracing::error!(%stream, "the key holds another type than a stream; it is left alone");
                self.places.retain(|place| place.position.stream != stream);
                return Ok(Next::Read);
            }
            read => read?,
        };
        if !batch.is_empty() {
            self.limit = self.reading.limit_for(&batch, open.len());
            self.hold(&batch);
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
        let closed = self.closed_tiers(open);
        tokio::select! {
            read = &mut read => return read,
            () = self.subscriber.queue.room_until(&closed, |_| self.any_may_go_on(open)) => {}
        }
        interrupter.interrupt().await;
        read.await
    }

    /// The places from which more can be read.
    fn open(&self) -> Vec<Position> {
        let any_held = self.any_held();
        let open =
            self.places.iter().filter(|place| place.held.is_empty() && self.may_go_on(place, any_held));
        open.map(|place| place.position.clone()).collect()
    }

    fn any_held(&self) -> bool {
        self.places.iter().any(|place| !place.held.is_empty())
    }

    /// Whether there is room for what is held of a stream, or if nothing is, enough to be worth a read. Without a stream for
    /// each tier, what is held of one holds up the others, or there would be no bound.
    fn may_go_on(&self, place: &Place, any_held: bool) -> bool {
        let queue = &self.subscriber.queue;
        match (place.held.front(), self.reading.tier_of(&place.position.stream)) {
            (Some(first), _) => queue.has_room(first.priority) && queue.takes(first),
            (None, Some(tier)) => queue.has_room(tier),
            (None, None) => !any_held,
        }
    }

    /// Whether a stream that is not open may go on.
    fn any_may_go_on(&self, open: &[Position]) -> bool {
        let any_held = self.any_held();
        let closed = |place: &&Place| !open.contains(&place.position);
        self.places.iter().filter(closed).any(|place| self.may_go_on(place, any_held))
    }

    /// The tiers for whose room the streams wait that are not open.
    fn closed_tiers(&self, open: &[Position]) -> Vec<Priority> {
        let closed = self.places.iter().filter(|place| !open.contains(&place.position));
        closed
            .filter_map(|place| match place.held.front() {
                Some(first) => Some(first.priority),
                None => self.reading.tier_of(&place.position.stream),
            })
            .collect()
    }

    fn least_room(&self, open: &[Position]) -> usize {
        open.iter()
            .filter_map(|place| self.reading.tier_of(&place.stream))
            .map(|tier| self.subscriber.queue.free(tier))
            .min()
            .unwrap_or(usize::MAX)
    }

    /// Takes over what was read.
    fn hold(&mut self, batch: &ReadBatch) {
        let (mut at, mut matches) = (0, 0);
        let mut findings = Findings::default();
        for entry in batch.entries() {
            let is_at = |place: &Place| place.position.stream == *entry.stream();
            if !self.places.get(at).is_some_and(is_at) {
                let Some(found) = self.places.iter().position(is_at) else { continue };
                at = found;
            }
            self.places[at].position.after = entry.id();
            if let Some(delivery) = self.wanted(entry, &mut findings) {
                self.places[at].held.push_back(delivery);
                matches += 1;
            }
        }
        self.reading.meters.matches.add(matches);
        findings.count(&self.reading.meters);
    }

    /// Hands on what is held, as far as there is room. A tier that has none does not hold up the others.
    fn hand_on(&mut self) {
        for place in self.places.iter_mut().filter(|place| !place.held.is_empty()) {
            self.subscriber.push(&mut place.held, &self.reading.meters);
        }
    }

    fn wanted(&self, entry: EntryRef<'_>, findings: &mut Findings) -> Option<Delivery> {
        let raw = RawRecord::parse(entry.fields());
        if let Ok(raw) = &raw
            && let Some(sequence) = raw.sequence()
        {
            self.subscriber.sequences.lock().follow(entry.stream(), entry.id(), sequence, findings);
        }
        match raw {
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
            if !self.places.iter().any(|place| place.position.stream == stream) {
                self.places.push(Position { stream, after: tradebus_engine::EntryId::MIN }.into());
            }
        }
        Ok(self.places.len() > before)
    }
}

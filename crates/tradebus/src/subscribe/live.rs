//! The live reader: one blocking read for all subscriptions to the same streams that have caught up.
//!
//! A subscription joins with its own place in each stream. If the reader is ahead of it, the reader steps back to that
//! place, and those who have seen the entries in between are spared them; if the subscription is ahead, it is spared what
//! it has seen. So joining leaves no gap and doubles nothing. One that is too slow (policy `wait`) leaves again, with its places, and
//! [catches up](super::catch_up) on its own; nobody waits for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tradebus_engine::EntryId;

use super::catch_up::CatchUp;
use super::places::Places;
use super::readers::Readers;
use super::router::Router;
use super::sequences::{Findings, Sequences};
use super::shared::{Reading, Source, Subscriber};
use crate::connectivity::Backoff;
use crate::metrics::Meters;
use crate::store::{EntryRef, Position, ReadBatch, StoreError, StreamReader};
use crate::wire::record::RawRecord;
use crate::wire::sequence::Sequence;
use crate::{Delivery, StreamKey};

/// A read that is only about to block may miss an interruption: it is repeated.
const INTERRUPT_AGAIN: Duration = Duration::from_millis(20);

/// The way to a live reader. The reader ends when the last one is gone.
#[derive(Debug)]
pub(super) struct LiveHandle {
    /// What it reads.
    pub(super) source: Source,
    joining: mpsc::Sender<Joining>,
}

/// A subscription that has caught up.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) subscriber: Arc<Subscriber>,
    /// What it has seen of each stream.
    pub(super) places: Vec<Position>,
}

impl LiveHandle {
    /// Starts a reader of these streams.
    pub(super) fn start(reading: &Arc<Reading>, source: Source) -> Arc<Self> {
        let (joining, inbox) = mpsc::channel(64);
        let handle = Arc::new(Self { source: source.clone(), joining });
        let live = Live {
            role: reading.next_role("read"),
            handle: Arc::downgrade(&handle),
            router: Router::new(reading.topic_cache),
            places: Places::default(),
            members: Vec::new(),
            outgoing: Vec::new(),
            sequenced: Vec::new(),
            backoff: reading.backoff(),
            limit: reading.first_limit(),
            search_at: Instant::now(),
            refused: false,
            reading: reading.clone(),
            source,
            inbox,
        };
        reading.spawn(live.run());
        handle
    }

    pub(super) async fn join(&self, joining: Joining) {
        // Only the end of the bus ends a reader that still has a handle.
        let _ = self.joining.send(joining).await;
    }
}

struct Live {
    reading: Arc<Reading>,
    source: Source,
    /// For those who leave to catch up and will come back.
    handle: std::sync::Weak<LiveHandle>,
    inbox: mpsc::Receiver<Joining>,
    router: Router,
    places: Places,
    /// By slot of the router.
    members: Vec<Option<Member>>,
    /// What the batch at hand has for each member.
    outgoing: Vec<VecDeque<Delivery>>,
    /// The numbers in the batch at hand, whoever wants the messages.
    sequenced: Vec<Sequenced>,
    backoff: Backoff,
    /// Most entries of a stream in one read.
    limit: usize,
    /// When to look for new streams.
    search_at: Instant,
    /// The last read was refused, on a connection that works.
    refused: bool,
    role: String,
}

struct Member {
    subscriber: Arc<Subscriber>,
    /// Where it joined at another place than the others, until all are at the same: what it has seen, and until where this counts.
    joined: HashMap<StreamKey, (EntryId, EntryId)>,
}

/// A record with a number.
struct Sequenced {
    stream: StreamKey,
    id: EntryId,
    sequence: Sequence,
}

/// What a read gave, and who wanted to join meanwhile.
type Read = (Result<ReadBatch, StoreError>, Vec<Joining>);

/// How reading ended.
enum Ended {
    /// Nobody holds a handle any more.
    Unwanted,
    /// The connection is lost.
    Lost(StoreError),
}

impl Live {
    async fn run(mut self) {
        loop {
            match self.connected().await {
                Ended::Unwanted => break,
                Ended::Lost(error) => self.reading.connectivity.down(&self.role, &error),
            }
            sleep(self.backoff.next()).await;
        }
        self.reading.connectivity.forget(&self.role);
    }

    async fn connected(&mut self) -> Ended {
        while self.members.iter().all(Option::is_none) {
            match self.inbox.recv().await {
                Some(joining) => self.join(joining),
                None => return Ended::Unwanted,
            }
        }
        let mut reader = match self.reading.store.reader(&self.role).await {
            Ok(reader) => reader,
            Err(error) => return Ended::Lost(error),
        };
        self.backoff.reset();
        self.reading.connectivity.up(&self.role);
        loop {
            if let Err(ended) = self.round(&mut *reader).await {
                return ended;
            }
        }
    }

    /// Takes in who wants to join, reads once, and hands on what was read.
    async fn round(&mut self, reader: &mut dyn StreamReader) -> Result<(), Ended> {
        self.remove_closed();
        while let Ok(joining) = self.inbox.try_recv() {
            self.join(joining);
        }
        self.look_for_streams().await;
        self.places.retry_set_aside();
        if self.members.iter().all(Option::is_none) || self.places.is_empty() {
            return self.wait_for_someone().await;
        }
        let (read, joining) = self.read(reader).await?;
        match read {
            Ok(batch) => {
                if std::mem::take(&mut self.refused) {
                    self.backoff.reset();
                    self.reading.connectivity.up(&self.role);
                }
                self.hand_on(&batch);
            }
            Err(StoreError::WrongType { stream }) => self.places.set_aside(&stream),
            // The server may be able to do it in a moment, on the same connection.
            Err(error) if !error.ends_connection() => {
                self.refused = true;
                self.reading.connectivity.down(&self.role, &error);
                sleep(self.backoff.next()).await;
            }
            Err(error) => {
                self.join_all(joining);
                return Err(Ended::Lost(error));
            }
        }
        self.join_all(joining);
        Ok(())
    }

    /// There is nothing to read: waits for a subscription, or for the time to look for streams.
    async fn wait_for_someone(&mut self) -> Result<(), Ended> {
        let waiting_for_streams = self.members.iter().any(Option::is_some);
        tokio::select! {
            joining = self.inbox.recv() => match joining {
                Some(joining) => self.join(joining),
                None => return Err(Ended::Unwanted),
            },
            () = sleep_until(self.search_at), if waiting_for_streams => {}
        }
        Ok(())
    }

    /// One blocking read, ended early when somebody wants to join.
    async fn read(&mut self, reader: &mut dyn StreamReader) -> Result<Read, Ended> {
        let interrupter = reader.interrupter();
        let mut block = self.reading.block;
        if self.source.is_searched() {
            let search_in = self.search_at.saturating_duration_since(Instant::now());
            block = block.min(search_in.max(Duration::from_millis(1)));
        }
        let mut read = reader.read(self.places.positions(), self.limit, Some(block));
        let mut joining = Vec::new();
        loop {
            tokio::select! {
                result = &mut read => return Ok((result, joining)),
                joined = self.inbox.recv() => match joined {
                    Some(joined) => joining.push(joined),
                    None => return Err(Ended::Unwanted),
                },
                () = sleep(INTERRUPT_AGAIN), if !joining.is_empty() => {}
            }
            // The control connection may be slow: the read goes on meanwhile.
            tokio::select! {
                result = &mut read => return Ok((result, joining)),
                () = interrupter.interrupt() => {}
            }
        }
    }

    fn join_all(&mut self, joining: Vec<Joining>) {
        for joining in joining {
            self.join(joining);
        }
    }

    fn join(&mut self, Joining { subscriber, mut places }: Joining) {
        places.extend(self.appeared_meanwhile(&subscriber, &places));
        subscriber.sequences.lock().start(&places);
        let mut joined = HashMap::new();
        for Position { stream, after } in places {
            let others_want = self.others_want(&stream);
            let until = self.places.step_back(&stream, after, others_want);
            joined.insert(stream, (after, until.max(after)));
        }
        let slot = self.router.add(subscriber.pattern.clone());
        let grown = self.members.len().max(slot + 1);
        self.members.resize_with(grown, || None);
        self.outgoing.resize_with(grown, VecDeque::new);
        self.members[slot] = Some(Member { subscriber, joined });
    }

    /// The streams that are read already but were not there yet when a newcomer looked for them: it wants all of what is in them.
    fn appeared_meanwhile(&self, subscriber: &Subscriber, known: &[Position]) -> Vec<Position> {
        if !self.source.is_searched() {
            return Vec::new();
        }
        let known: HashSet<&StreamKey> = known.iter().map(|position| &position.stream).collect();
        let wanted = |stream: &&StreamKey| {
            self.source.topic_of(stream).is_some_and(|topic| subscriber.pattern.matches(topic))
                && !known.contains(*stream)
        };
        let appeared = self.places.streams().filter(wanted);
        appeared.map(|stream| Position { stream: stream.clone(), after: EntryId::MIN }).collect()
    }

    /// Whether somebody who is here already wants a stream that is not known yet, and so all of it.
    fn others_want(&self, stream: &StreamKey) -> bool {
        self.source.topic_of(stream).is_some_and(|topic| self.router.wants(topic))
    }

    fn remove_closed(&mut self) {
        for slot in 0..self.members.len() {
            if self.members[slot].as_ref().is_some_and(|member| member.subscriber.queue.is_closed()) {
                self.leave(slot);
            }
        }
    }

    fn leave(&mut self, slot: usize) -> Option<Member> {
        self.router.remove(slot);
        self.members[slot].take()
    }

    /// Looks for streams that have appeared since the last time; all of what is in them is new.
    async fn look_for_streams(&mut self) {
        if !self.source.is_searched() || Instant::now() < self.search_at {
            return;
        }
        self.search_at = Instant::now() + self.reading.search_interval;
        match self.source.find(&*self.reading.store, &|topic: &[u8]| self.router.wants(topic)).await {
            Ok(streams) => streams.iter().for_each(|stream| self.places.add_new(stream)),
            Err(error) => tracing::debug!(%error, "could not look for new streams"),
        }
    }

    /// Routes a batch, entry by entry, and gives each subscription its part.
    fn hand_on(&mut self, batch: &ReadBatch) {
        if batch.is_empty() {
            return;
        }
        self.limit = self.reading.limit_for(batch, self.places.positions().len());
        let mut matches = 0;
        for entry in batch.entries() {
            matches += self.route(entry);
            self.places.passed(entry.stream(), entry.id());
        }
        self.reading.meters.matches.add(matches);
        for slot in 0..self.outgoing.len() {
            self.deliver(slot);
        }
        self.sequenced.clear();
    }

    /// Puts a message with those who want it and have not seen it; returns how many that are.
    fn route(&mut self, entry: EntryRef<'_>) -> u64 {
        let fresh = entry.id() > self.places.seen(entry.stream());
        let raw = match RawRecord::parse(entry.fields()) {
            Ok(raw) => raw,
            Err(kind) => {
                if fresh {
                    self.reading
                        .meters
                        .note_malformed(kind, format_args!("{} in {}", entry.id(), entry.stream()));
                }
                return 0;
            }
        };
        if let Some(sequence) = raw.sequence() {
            let (stream, id) = (entry.stream().clone(), entry.id());
            self.sequenced.push(Sequenced { stream, id, sequence });
        }
        let (topic, slots) = self.router.route(raw.topic);
        let members = &mut self.members;
        let mut wanting = slots
            .iter()
            .map(|&slot| slot as usize)
            .filter(|&slot| members[slot].as_mut().is_some_and(|member| member.has_not_seen(entry, fresh)));
        let Some(mut slot) = wanting.next() else { return 0 };
        let Some(delivery) = self.reading.delivery(entry, raw, topic.clone(), fresh) else { return 0 };
        let mut count = 1;
        for next in wanting {
            self.outgoing[slot].push_back(delivery.clone());
            slot = next;
            count += 1;
        }
        self.outgoing[slot].push_back(delivery);
        count
    }

    fn deliver(&mut self, slot: usize) {
        if self.outgoing[slot].is_empty() && self.sequenced.is_empty() {
            return;
        }
        let Some(member) = &self.members[slot] else { return self.outgoing[slot].clear() };
        member.get(&mut self.outgoing[slot], &self.sequenced, &self.reading.meters);
        if !self.outgoing[slot].is_empty() {
            self.send_to_catch_up(slot);
        }
    }

    /// A subscription has no room for the rest: it goes on by itself, behind the last message that it got.
    fn send_to_catch_up(&mut self, slot: usize) {
        let rest = std::mem::take(&mut self.outgoing[slot]);
        let (Some(member), Some(handle)) = (self.leave(slot), self.handle.upgrade()) else { return };
        let mut places = self.places.places_of(|stream| member.joined.get(stream).copied());
        for place in &mut places {
            if let Some(first) = rest.iter().find(|delivery| delivery.stream == place.stream) {
                place.after = first.id.previous().unwrap_or(EntryId::MIN);
            }
        }
        CatchUp::start(&self.reading, Readers::one(handle), member.subscriber, places);
    }
}

/// Follows the numbers as far as a subscription has got the batch: what it has not got, it will read again by itself, or find trimmed.
fn follow(sequences: &mut Sequences, batch: &[Sequenced], not_got: &VecDeque<Delivery>) -> Findings {
    let mut first_not_got: HashMap<&StreamKey, EntryId> = HashMap::new();
    for delivery in not_got {
        first_not_got.entry(&delivery.stream).or_insert(delivery.id);
    }
    let mut findings = Findings::default();
    for Sequenced { stream, id, sequence } in batch {
        if first_not_got.get(stream).is_none_or(|first| id < first) {
            sequences.follow(stream, *id, *sequence, &mut findings);
        }
    }
    findings
}

impl Member {
    /// Takes what there is room for, and follows the numbers of the batch so far.
    fn get(&self, deliveries: &mut VecDeque<Delivery>, batch: &[Sequenced], meters: &Meters) {
        if batch.is_empty() {
            return self.subscriber.push(deliveries, meters);
        }
        // Held meanwhile: who has got a message finds the gap before it.
        let mut sequences = self.subscriber.sequences.lock();
        self.subscriber.push(deliveries, meters);
        follow(&mut sequences, batch, deliveries).count(meters);
    }

    fn has_not_seen(&mut self, entry: EntryRef<'_>, fresh: bool) -> bool {
        if self.joined.is_empty() {
            return fresh;
        }
        let Some((seen, until)) = self.joined.get_mut(entry.stream()) else { return fresh };
        let is_new = entry.id() > *seen;
        *seen = entry.id().max(*seen);
        if entry.id() > *until {
            // From here on it is where all others are.
            self.joined.remove(entry.stream());
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hashbrown::HashMap;

    use super::super::queue::Queue;
    use super::{EntryId, Member, StreamKey, Subscriber};
    use crate::Pattern;
    use crate::config::SubscriptionPolicy;
    use crate::store::{BatchBuilder, ReadBatch};

    fn entries(stream: &StreamKey, ids: std::ops::RangeInclusive<u64>) -> ReadBatch {
        let mut builder = BatchBuilder::default();
        builder.stream(stream.clone());
        ids.for_each(|ms| builder.entry(EntryId::new(ms, 0)));
        builder.finish()
    }

    #[test]
    fn who_joined_behind_the_others_sees_each_entry_once() {
        let stream = StreamKey::from("s");
        let queue = Queue::new(SubscriptionPolicy::Wait, 10, usize::MAX);
        let sequences = parking_lot::Mutex::default();
        let subscriber = Arc::new(Subscriber {
            pattern: Pattern::new("*").unwrap(),
            queue,
            sequences,
            samples: false,
            tiers: Vec::new(),
        });
        // The others have seen everything up to 9, this one up to 5.
        let joined = HashMap::from([(stream.clone(), (EntryId::new(5, 0), EntryId::new(9, 0)))]);
        let mut member = Member { subscriber, joined };
        let mut seen = |ids, fresh| -> Vec<u64> {
            let batch = entries(&stream, ids);
            batch
                .entries()
                .filter(|entry| member.has_not_seen(*entry, fresh))
                .map(|entry| entry.id().ms)
                .collect()
        };
        assert_eq!(seen(4..=7, false), [6, 7]);
        assert_eq!(seen(4..=9, false), [8, 9], "somebody else joined further behind, and all is read again");
        assert_eq!(seen(10..=10, true), [10]);
        assert_eq!(seen(10..=10, false), [0; 0]);
    }
}

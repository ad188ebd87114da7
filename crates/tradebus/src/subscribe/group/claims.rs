//! Taking over what others do not finish, and seeing to it that others do not take over what is in hand.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tradebus_engine::EntryId;

use super::HANDED_BACK;
use super::member::Member;
use crate::StreamKey;
use crate::store::{Assign, PendingEntry, PendingQuery, StoreError};
use crate::subscribe::router::Router;

/// Longest time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Entries that are claimed at one time.
const CLAIM_AT_ONCE: usize = 1000;
/// Time between two looks for consumers that are gone.
const CLEAN_EVERY: Duration = Duration::from_mins(1);
/// A consumer that was not seen for so long, and has nothing pending, is removed.
const CONSUMER_EXPIRY: Duration = Duration::from_mins(10);

/// Claims for one member.
pub(super) struct Claims {
    member: Arc<Member>,
    /// The streams, as they are known to the member.
    router: Router,
    touch_at: Instant,
    claim_at: Instant,
    clean_at: Instant,
}

impl Claims {
    pub(super) fn new(member: &Arc<Member>) -> Self {
        let now = Instant::now();
        Self {
            router: member.router(),
            touch_at: now,
            claim_at: now,
            clean_at: now + CLEAN_EVERY,
            member: member.clone(),
        }
    }

    pub(super) async fn run(mut self) {
        let member = self.member.clone();
        let every = LOOK_EVERY.min(member.rules.claim_idle / 4);
        loop {
            // Members of a group look at different times.
            let pause = every.mul_f64(0.5 + fastrand::f64());
            tokio::select! {
                () = member.is_to_leave() => return,
                () = sleep(pause) => {}
            }
            tokio::select! {
                () = member.is_to_leave() => return,
                looked = self.look() => if let Err(error) = looked {
                    // The readers say it when the store is away.
                    tracing::debug!(%error, "pending entries could not be looked at");
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let member = self.member.clone();
        let now = Instant::now();
        let third = member.rules.claim_idle / 3;
        if now >= self.touch_at {
            self.touch_at = now + third.mul_f64(0.5);
            member.touch(third.mul_f64(0.5)).await?;
        }
        let claims_idle = now >= self.claim_at;
        if claims_idle {
            self.claim_at = now + (member.rules.claim_idle / 4).mul_f64(0.5 + fastrand::f64());
        }
        let cleans = now >= self.clean_at;
        if cleans {
            self.clean_at = now + CLEAN_EVERY.mul_f64(0.5 + fastrand::f64());
        }
        let streams: Vec<StreamKey> = member.positions.lock().keys().cloned().collect();
        for stream in streams.iter().filter(|stream| member.may_have(stream)) {
            let looked = async {
                self.claim_all(stream, Some(HANDED_BACK), Duration::ZERO).await?;
                if claims_idle {
                    self.claim_all(stream, None, member.rules.claim_idle).await?;
                }
                if cleans {
                    member.remove_gone_consumers(stream).await?;
                }
                Ok(())
            };
            match looked.await {
                // The reader makes it again.
                Ok(()) | Err(StoreError::NoGroup { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Claims what is pending for a consumer, or for any, and was not cared for so long, as far as there is room.
    async fn claim_all(
        &mut self,
        stream: &StreamKey,
        consumer: Option<&str>,
        min_idle: Duration,
    ) -> Result<(), StoreError> {
        let member = self.member.clone();
        let mut from = EntryId::MIN;
        loop {
            let limit = member.free().min(CLAIM_AT_ONCE);
            if limit == 0 {
                return Ok(());
            }
            let query = PendingQuery { consumer, ids: from..=EntryId::MAX, min_idle, limit };
            let pending = member.groups().pending(stream, &member.group, query).await?;
            let next = pending.last().and_then(|last| last.id.next());
            let is_last = pending.len() < limit;
            let (own, others) = pending.into_iter().partition(|entry| entry.consumer == member.consumer);
            member.leave_to_reader(stream, own);
            member.take_over(stream, others, min_idle, &mut self.router).await?;
            match next {
                Some(next) if !is_last => from = next,
                _ => return Ok(()),
            }
        }
    }
}

impl Member {
    /// What is pending under the name of this member, and not in its hands, was lost on its way, or is late: the reader takes it up.
    fn leave_to_reader(&self, stream: &StreamKey, mut own: Vec<PendingEntry>) {
        self.ledger.retain_unknown(stream, &mut own);
        if !own.is_empty() {
            self.unfound.lock().insert(stream.clone());
        }
    }

    /// Tells the store that somebody cares for what is in hand, where it has not heard so for some time.
    async fn touch(&self, age: Duration) -> Result<(), StoreError> {
        for (stream, ids) in self.ledger.touch_older_than(age) {
            for ids in ids.chunks(CLAIM_AT_ONCE) {
                let assign = Assign { ids, idle: Duration::ZERO, deliveries: None };
                match self.groups().assign(&stream, &self.group, &self.consumer, assign).await {
                    Ok(_) | Err(StoreError::NoGroup { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn remove_gone_consumers(&self, stream: &StreamKey) -> Result<(), StoreError> {
        for consumer in self.groups().consumers(stream, &self.group).await? {
            let gone = consumer.pending == 0 && consumer.idle >= CONSUMER_EXPIRY;
            if gone && consumer.name != self.consumer {
                self.groups().remove_consumer(stream, &self.group, &consumer.name).await?;
                tracing::info!(%stream, group = %self.group, consumer = consumer.name, "a consumer that is gone was removed");
            }
        }
        Ok(())
    }
}

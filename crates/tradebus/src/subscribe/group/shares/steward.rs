//! Takes the leases of a member's shares, renews them, and gives up what is another one's due.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Shares;
use super::balance::View;
use crate::StreamKey;
use crate::store::{Lease, StoreError};
use crate::subscribe::group::member::Member;

/// Time between two looks at who has what.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The same, while this member is short of something.
const LOOK_SOON: Duration = Duration::from_millis(200);
/// Time between two looks at what is to be given up, unless something happens before.
const CLOSING_LOOK: Duration = Duration::from_millis(20);

/// How the leases of a group are taken.
#[derive(Debug, Clone)]
pub(in crate::subscribe::group) struct Terms {
    /// What the keys of the leases begin with.
    pub(in crate::subscribe::group) prefix: String,
    /// A name that no other member has.
    pub(in crate::subscribe::group) holder: String,
    /// How long a lease lasts that is not renewed.
    pub(in crate::subscribe::group) ttl: Duration,
    /// How long a share that is given up waits for what is in the hands of the subscriber.
    pub(in crate::subscribe::group) patience: Duration,
}

/// Sees to the shares of one member.
pub(in crate::subscribe::group) struct Steward {
    member: Arc<Member>,
    shares: Arc<Shares>,
    terms: Terms,
    /// The leases of the seats, of which each member has one at most. A single share has no seats.
    seats: Vec<StreamKey>,
    /// The leases of the shares.
    keys: Vec<StreamKey>,
    seat: Option<Seat>,
    /// What this member has, first what it has had for longest.
    held: Vec<usize>,
    closing: Vec<Closing>,
    renew_at: Instant,
    look_at: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Seat {
    number: usize,
    until: Instant,
}

/// A share that is given up.
#[derive(Debug, Clone, Copy)]
struct Closing {
    share: usize,
    /// The readers go by it once nothing more of the share is read.
    generation: u64,
    deadline: Instant,
}

impl Steward {
    pub(in crate::subscribe::group) fn new(member: &Arc<Member>, shares: &Arc<Shares>, terms: Terms) -> Self {
        let count = shares.count();
        let prefix = &terms.prefix;
        let keys = (0..count).map(|n| StreamKey::new(format!("{prefix}:{n}"))).collect();
        let seats = if count == 1 { 0..0 } else { 0..count };
        let seats = seats.map(|n| StreamKey::new(format!("{prefix}:seat:{n}"))).collect();
        let now = Instant::now();
        Self {
            member: member.clone(),
            shares: shares.clone(),
            seats,
            keys,
            seat: None,
            held: Vec::new(),
            closing: Vec::new(),
            renew_at: now + terms.ttl / 3,
            look_at: now,
            terms,
        }
    }

    /// Keeps the balance until the member leaves, and what it has until `let_go`.
    pub(in crate::subscribe::group) async fn run(mut self, mut let_go: watch::Receiver<bool>) {
        loop {
            self.lose_expired();
            // However long the store takes to answer: what ends meanwhile is lost in time.
            let _ = timeout_at(self.earliest_end(), self.work()).await;
            let wake_at = self.wake_at();
            let closes = !self.closing.is_empty();
            let shares = self.shares.clone();
            tokio::select! {
                _ = let_go.wait_for(|let_go| *let_go) => break,
                () = shares.followed.notified(), if closes => {}
                () = sleep_until(wake_at) => {}
            }
        }
        self.release_all().await;
    }

    /// Does what is due. Cancel safe: a lease that was given meanwhile is found at the next look.
    async fn work(&mut self) {
        let now = Instant::now();
        if now >= self.renew_at {
            self.renew_at = now + self.terms.ttl / 3;
            self.renew().await;
        }
        if now >= self.look_at && !self.member.is_leaving() {
            self.look_at = now + LOOK_EVERY.mul_f64(0.75 + fastrand::f64() / 2.0);
            if let Err(error) = self.look().await {
                tracing::debug!(group = %self.member.group, %error, "the leases of the group cannot be looked at");
            }
        }
        self.close_further().await;
    }

    fn wake_at(&self) -> Instant {
        let mut wake_at = self.renew_at.min(self.earliest_end());
        if !self.member.is_leaving() {
            wake_at = wake_at.min(self.look_at);
        }
        if self.closing.is_empty() { wake_at } else { wake_at.min(Instant::now() + CLOSING_LOOK) }
    }

    /// The shares that this member has the lease of.
    fn leased(&self) -> impl Iterator<Item = usize> {
        self.held.iter().copied().chain(self.closing.iter().map(|closing| closing.share))
    }

    /// When the first of the leases ends, unless it is renewed.
    fn earliest_end(&self) -> Instant {
        let ends = self.leased().map(|share| self.shares.until(share));
        ends.min().unwrap_or_else(|| Instant::now() + self.terms.ttl)
    }

    /// Forgets what others may have by now.
    fn lose_expired(&mut self) {
        let now = Instant::now();
        self.seat = self.seat.filter(|seat| now < seat.until);
        let expired: Vec<usize> = self.leased().filter(|share| self.shares.until(*share) <= now).collect();
        for share in expired {
            self.lose(share, "the store could not be reached to renew its lease");
        }
    }

    /// A share is lost: nothing of it may be handled any more.
    fn lose(&mut self, share: usize, reason: &str) {
        let member = &self.member;
        tracing::warn!(group = %member.group, consumer = %member.consumer, share, reason, "a share of the group was lost");
        member.reading.meters.group.shares_lost.add(1);
        self.drop_share(share);
    }

    fn drop_share(&mut self, share: usize) {
        self.held.retain(|held| *held != share);
        self.closing.retain(|closing| closing.share != share);
        self.shares.lose(share);
        self.member.ledger.forget_all(|stream| self.shares.share_of(stream) == share);
        self.count_held();
    }

    fn count_held(&self) {
        self.member.shares_held.set(self.held.len() as f64);
    }

    /// Renews all leases.
    async fn renew(&mut self) {
        let leased: Vec<usize> = self.leased().collect();
        let seat = self.seat.map(|seat| seat.number);
        let keys = leased.iter().map(|share| &self.keys[*share]);
        let keys = keys.chain(seat.map(|number| &self.seats[number]));
        let mut answers = join_all(keys.map(|key| self.ask(key))).await.into_iter();
        for (share, answer) in leased.into_iter().zip(answers.by_ref()) {
            match answer {
                Ok((Some(token), until)) if self.shares.is_under(share, token) => {
                    self.shares.extend(share, until);
                }
                // It is this member's again, but it was free in between: it begins anew.
                Ok((Some(_), _)) => self.lose(share, "its lease had expired"),
                Ok((None, _)) => self.lose(share, "another member has its lease"),
                Err(error) => tracing::debug!(share, %error, "a lease could not be renewed"),
            }
        }
        if let (Some(seat), Some(Ok((token, until)))) = (&mut self.seat, answers.next()) {
            match token {
                Some(_) => seat.until = until,
                None => self.seat = None,
            }
        }
    }

    /// Asks for a lease. Also returns until when it is this member's alone, if it is.
    async fn ask(&self, key: &StreamKey) -> Result<(Option<u64>, Instant), StoreError> {
        // By its own clock a member stops before the store gives the lease to another.
        let until = Instant::now() + self.terms.ttl;
        let lease = Lease { key, holder: &self.terms.holder };
        let token = self.member.reading.store.leases().lease(lease, self.terms.ttl).await?;
        Ok((token, until))
    }

    /// Looks at who has what, and does what brings this member nearer to its due.
    async fn look(&mut self) -> Result<(), StoreError> {
        let keys: Vec<StreamKey> = self.seats.iter().chain(&self.keys).cloned().collect();
        let mut seats = self.member.reading.store.leases().holders(&keys).await?;
        let mut holders = seats.split_off(self.seats.len());
        self.take_seat(&mut seats).await?;
        // What was lost and is its own again can be taken like what is free.
        let is_leased = |share: &usize| self.leased().any(|leased| leased == *share);
        for share in (0..holders.len()).filter(|share| !is_leased(share)) {
            holders[share].take_if(|holder| *holder == self.terms.holder);
        }
        let seat = if self.seats.is_empty() { Some(0) } else { self.seat.map(|seat| seat.number) };
        let plan = View { seats: &seats, holders: &holders, seat, held: &self.held }.plan();
        let mut lacking = plan.lacking;
        for share in plan.ask {
            if lacking > 0 && self.take(share).await? {
                lacking -= 1;
            }
        }
        for share in plan.give {
            self.close(share);
        }
        if lacking > 0 {
            self.look_at = Instant::now() + LOOK_SOON.mul_f64(0.75 + fastrand::f64() / 2.0);
        }
        Ok(())
    }

    /// Takes the first seat that is free, unless it has one.
    async fn take_seat(&mut self, seats: &mut [Option<String>]) -> Result<(), StoreError> {
        let own = |holder: &Option<String>| holder.as_ref().is_none_or(|holder| *holder == self.terms.holder);
        let free: Vec<usize> = (0..seats.len()).filter(|at| own(&seats[*at])).collect();
        for number in free {
            if self.seat.is_some() {
                break;
            }
            if let (Some(_), until) = self.ask(&self.seats[number]).await? {
                self.seat = Some(Seat { number, until });
                seats[number] = Some(self.terms.holder.clone());
            }
        }
        Ok(())
    }

    async fn take(&mut self, share: usize) -> Result<bool, StoreError> {
        let (Some(token), until) = self.ask(&self.keys[share]).await? else { return Ok(false) };
        let member = &self.member;
        tracing::info!(group = %member.group, consumer = %member.consumer, share, token, "a share of the group is this member's now");
        self.held.push(share);
        self.shares.gain(share, token, until);
        self.count_held();
        Ok(true)
    }

    fn close(&mut self, share: usize) {
        self.held.retain(|held| *held != share);
        let generation = self.shares.close(share);
        self.closing.push(Closing { share, generation, deadline: Instant::now() + self.terms.patience });
        self.count_held();
    }

    /// Goes on with giving up: what was not begun is handed back, and when all is settled that was begun, the lease is given back.
    async fn close_further(&mut self) {
        for Closing { share, generation, deadline } in self.closing.clone() {
            let in_share = |stream: &StreamKey| self.shares.share_of(stream) == share;
            let patient = Instant::now() < deadline;
            if patient && !self.shares.is_followed(generation) {
                continue;
            }
            self.member.ledger.return_unbegun(in_share);
            if patient && !self.member.ledger.is_clear(in_share) {
                continue;
            }
            if !patient {
                tracing::warn!(group = %self.member.group, share, "a share is given up although some of it is still being handled");
            }
            self.drop_share(share);
            self.release(&self.keys[share]).await;
        }
    }

    async fn release_all(&mut self) {
        let leased: Vec<usize> = self.leased().collect();
        for share in leased {
            self.drop_share(share);
            self.release(&self.keys[share]).await;
        }
        if let Some(seat) = self.seat.take() {
            self.release(&self.seats[seat.number]).await;
        }
    }

    async fn release(&self, key: &StreamKey) {
        let lease = Lease { key, holder: &self.terms.holder };
        if let Err(error) = self.member.reading.store.leases().release(lease).await {
            tracing::debug!(lease = %key, %error, "the lease could not be given back; it expires");
        }
    }
}

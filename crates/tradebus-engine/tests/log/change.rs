//! Changes of every kind, by chance.

use std::ops::ControlFlow;

use tradebus_engine::{
    AutoClaim, Claim, Db, DbError, Engine, EntryId, ExpiryCondition, GroupStart, Member, NewId, SetExpiry,
    SetId, SetText, Trim,
};

/// Changes a store at random; the same seed does the same.
pub(crate) struct Changes {
    random: fastrand::Rng,
    ms: u64,
}

impl Changes {
    pub(crate) fn with_seed(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), ms: 1 }
    }

    /// Makes so many changes, some of them under one lock.
    pub(crate) fn make(&mut self, engine: &Engine, changes: usize) {
        for _ in 0..changes {
            let mut db = engine.lock();
            for _ in 0..self.random.usize(1..4) {
                // Most fit to what is there; the others are refused, and change nothing.
                let _ = self.change(&mut db);
            }
        }
    }

    fn key(&mut self) -> &'static [u8] {
        [&b"stream:a"[..], b"stream:b", b"text", b"list", b"set", b"\xff\x00"][self.random.usize(..6)]
    }

    fn group(&mut self) -> &'static [u8] {
        [&b"risk"[..], b"audit"][self.random.usize(..2)]
    }

    fn member<'a>(&mut self, key: &'a [u8]) -> Member<'a> {
        let consumer = [&b"one"[..], b"two", b"three"][self.random.usize(..3)];
        Member { key, group: self.group(), consumer }
    }

    /// An id near those that exist.
    fn id(&mut self) -> EntryId {
        EntryId::new(self.random.u64(self.ms.saturating_sub(60)..=self.ms), self.random.u64(..2))
    }

    fn ids(&mut self) -> Vec<EntryId> {
        (0..self.random.usize(1..8)).map(|_| self.id()).collect()
    }

    fn text(&mut self) -> Vec<u8> {
        let len = if self.random.u8(..30) == 0 { 3000 } else { self.random.usize(..20) };
        (0..len).map(|_| self.random.u8(..)).collect()
    }

    fn change(&mut self, db: &mut Db) -> Result<(), DbError> {
        let key = self.key();
        match self.random.u8(..30) {
            0..12 => self.append(db, key)?,
            12..20 => self.change_group(db, key)?,
            20 => drop(db.delete_entries(key, &self.ids())?),
            21 => {
                let trim = Trim::max_len(self.random.u64(..200));
                db.trim(key, if self.random.bool() { trim } else { trim.approximate(Some(0)) })?;
            }
            22 => {
                self.ms += 1;
                db.set_id(
                    key,
                    SetId { last_id: EntryId::new(self.ms, 0), entries_added: None, max_deleted_id: None },
                )?;
            }
            23 if self.random.u8(..4) == 0 => drop(db.remove(key)?),
            24 if self.random.u8(..20) == 0 => db.flush()?,
            25 if self.random.u8(..4) == 0 => db.rename(key, self.key())?,
            26 if self.random.u8(..4) == 0 => drop(db.copy(key, self.key(), true)?),
            27 => {
                let at = db.now() + 1_000_000;
                db.expire(key, at, ExpiryCondition::default())?;
            }
            28 => drop(db.persist(key)?),
            _ => self.change_value(db)?,
        }
        Ok(())
    }

    fn append(&mut self, db: &mut Db, key: &[u8]) -> Result<(), DbError> {
        self.ms += self.random.u64(1..3);
        let (one, other) = (self.text(), self.text());
        let names: [&[u8]; 2] = if self.random.u8(..4) > 0 { [b"topic", b"payload"] } else { [b"x", b""] };
        let fields = [(names[0], &one[..]), (names[1], &other[..])];
        db.append(key, NewId::Exact(EntryId::new(self.ms, 0)), &fields[..self.random.usize(1..=2)])?;
        Ok(())
    }

    fn change_group(&mut self, db: &mut Db, key: &[u8]) -> Result<(), DbError> {
        let member = self.member(key);
        let limit = self.random.usize(1..20);
        match self.random.u8(..14) {
            0 => db.create_group(key, member.group, GroupStart::After(self.id()), None, true)?,
            1 => db.create_group(key, member.group, GroupStart::Latest, Some(3), false)?,
            2 => db.set_group(key, member.group, GroupStart::After(self.id()), Some(self.random.u64(..9)))?,
            3 if self.random.u8(..5) == 0 => drop(db.destroy_group(key, member.group)?),
            4 => drop(db.create_consumer(member)?),
            5 if self.random.u8(..3) == 0 => drop(db.remove_consumer(member)?),
            6 => drop(db.deliver_again(member, self.id(), limit, |_, _| {})?),
            7 | 8 => drop(db.acknowledge(key, member.group, &self.ids())?),
            9 => {
                let ids = self.ids();
                let claim = Claim {
                    ids: &ids,
                    min_idle_ms: 0,
                    delivered_at: self.random.bool().then_some(77),
                    deliveries: self.random.bool().then_some(5),
                    counts: self.random.bool(),
                    force: self.random.bool(),
                };
                db.claim(member, claim)?;
            }
            10 => drop(db.auto_claim(
                member,
                AutoClaim { start: self.id(), min_idle_ms: 0, count: limit, counts: true },
            )?),
            _ => {
                let pending = self.random.u8(..5) > 0;
                db.deliver(member, limit, pending, |_, _| ControlFlow::Continue(()))?;
            }
        }
        Ok(())
    }

    fn change_value(&mut self, db: &mut Db) -> Result<(), DbError> {
        let (one, other) = (self.text(), self.text());
        match self.random.u8(..6) {
            0 => {
                let expiry = if self.random.bool() { SetExpiry::At(u64::MAX / 4) } else { SetExpiry::Keep };
                db.set_text(b"text", &one, SetText { expiry, ..SetText::default() })?;
            }
            1 => drop(db.append_text(b"text", &one)?),
            2 => drop(db.add(b"number", self.random.i64(-5..100))?),
            3 => drop(db.push_front(b"list", &[&one, &other])?),
            _ => drop(db.add_members(b"set", &[&one, &other])?),
        }
        Ok(())
    }
}

//! What is published: topics and payloads that a seed determines.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{BufMut, Bytes, BytesMut};
use tradebus::{Encoding, Message, Priority, Topic};

/// Payloads are cut from blocks of this size, so that generating them costs little.
const BLOCK: usize = 64 * 1024;
/// What every payload starts with: number and time, eight bytes each.
const HEADER: usize = 16;

/// What to publish, and how fast.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) messages: u64,
    pub(super) size: usize,
    pub(super) tiers: Vec<Priority>,
    pub(super) seed: u64,
    /// Messages a second; 0 is flat out.
    pub(super) rate: u64,
    /// Callers that each wait until a message is stored before they publish the next; 0 is one publisher that looks at the receipts later.
    pub(super) callers: u32,
    /// Keep the LOW tier full meanwhile.
    pub(super) flood: bool,
    pub(super) topics: Vec<Topic>,
}

impl Plan {
    pub(super) fn new(
        messages: u64,
        size: u32,
        topics: u32,
        tiers: Vec<Priority>,
        seed: u64,
        rate: u64,
    ) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let topics = (0..topics).map(|number| topic(&mut random, number)).collect();
        Self { messages, size: size as usize, tiers, seed, rate, callers: 0, flood: false, topics }
    }

    /// When a message is due, counted from the first; `None` flat out.
    pub(super) fn due(&self, number: u64) -> Option<Duration> {
        (self.rate > 0).then(|| Duration::from_secs_f64(number as f64 / self.rate as f64))
    }

    /// The messages of this plan, in order: from a number on, each `step` behind the last.
    pub(super) fn generator(&self, first: u64, step: u64) -> Generator<'_> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let filler = (0..self.size - HEADER).map(|_| random.alphanumeric() as u8).collect();
        Generator { plan: self, number: first, step, block: BytesMut::new(), filler }
    }
}

fn topic(random: &mut fastrand::Rng, number: u32) -> Topic {
    let letters: String = (0..4).map(|_| random.uppercase()).collect();
    Topic::new(format!("data.quotes.BENCH.{letters}{number}")).expect("letters and digits make a topic")
}

/// Makes the messages of a plan.
pub(super) struct Generator<'a> {
    plan: &'a Plan,
    number: u64,
    step: u64,
    block: BytesMut,
    filler: Vec<u8>,
}

impl Generator<'_> {
    /// The next message, meant to be published at a time in nanoseconds since 1970.
    pub(super) fn next(&mut self, meant_at: u64) -> Message {
        let (plan, number) = (self.plan, self.number);
        self.number += self.step;
        let topic = plan.topics[(number % plan.topics.len() as u64) as usize].clone();
        let tier = plan.tiers[(number % plan.tiers.len() as u64) as usize];
        let payload = payload(&mut self.block, number, meant_at, &self.filler);
        let message = Message::new(topic, payload).expect("a topic needs no further check");
        message.type_name("QuoteTick").encoding(Encoding::Sbe).priority(tier)
    }
}

fn payload(block: &mut BytesMut, number: u64, meant_at: u64, filler: &[u8]) -> Bytes {
    let size = HEADER + filler.len();
    if block.capacity() < size {
        *block = BytesMut::with_capacity(BLOCK.max(size));
    }
    block.put_u64(number);
    block.put_u64(meant_at);
    block.put_slice(filler);
    block.split().freeze()
}

/// Number and time of a payload; `None` for one of another making.
pub(super) fn read(payload: &[u8]) -> Option<(u64, u64)> {
    let number = payload.get(..8)?.try_into().ok()?;
    let time = payload.get(8..16)?.try_into().ok()?;
    Some((u64::from_be_bytes(number), u64::from_be_bytes(time)))
}

pub(super) fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::{Plan, read};
    use tradebus::Priority;

    #[test]
    fn a_seed_determines_everything() {
        let plan = |seed| Plan::new(10, 100, 3, vec![Priority::High, Priority::Low], seed, 0);
        let all = |seed| {
            let plan = plan(seed);
            let mut generator = plan.generator(0, 1);
            (0..10).map(|n| generator.next(n)).collect::<Vec<_>>()
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        let third = &all(1)[3];
        assert_eq!((third.payload.len(), read(&third.payload)), (100, Some((3, 3))));
        assert_eq!((third.priority, &third.topic), (Priority::Low, &plan(1).topics[0]));
        let plan = plan(1);
        let mut share = plan.generator(1, 4);
        assert_eq!([share.next(1), share.next(5)], [all(1)[1].clone(), all(1)[5].clone()]);
    }
}

//! Several streams as one, by event time, with a page of each in memory.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use tradebus_engine::EntryId;

use crate::{Delivery, StreamKey};

/// When a message happened, in nanoseconds since 1970: when it was published, but never later than it was stored; where that is not known, when it
/// was stored. So a clock that is ahead does not keep a stream back until its future has come.
fn event_time(ts: u64, id: EntryId) -> u64 {
    let stored = id.ms.saturating_mul(1_000_000).saturating_add(999_999);
    match ts {
        0 => id.ms.saturating_mul(1_000_000),
        ts => ts.min(stored),
    }
}

/// The next message of a stream: by time, then by stream, then by id.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    time: u64,
    /// Streams are in the order of their keys.
    stream: usize,
    id: EntryId,
}

/// A stream, as far as it was read.
#[derive(Debug)]
struct Lane<P> {
    pages: P,
    /// What is left of the page at hand, oldest first.
    page: VecDeque<Delivery>,
    /// The time of the last message: one that was published before it and stored behind it counts as published then, so that time never goes back.
    time: u64,
    at_end: bool,
}

/// Streams whose next messages are known, and those that have to be read first.
#[derive(Debug)]
pub(super) struct Merge<P> {
    lanes: Vec<Lane<P>>,
    heads: BinaryHeap<Reverse<Head>>,
    /// Streams whose page is used up.
    dry: Vec<usize>,
}

impl<P> Merge<P> {
    /// Merges streams, each with what reads its pages.
    pub(super) fn new(mut streams: Vec<(StreamKey, P)>) -> Self {
        streams.sort_by(|(one, _), (other, _)| one.cmp(other));
        let lane = |(_, pages)| Lane { pages, page: VecDeque::new(), time: 0, at_end: false };
        let lanes: Vec<_> = streams.into_iter().map(lane).collect();
        Self { dry: (0..lanes.len()).rev().collect(), lanes, heads: BinaryHeap::new() }
    }

    /// A stream that has to be read before it is known what comes next.
    pub(super) fn dry(&mut self) -> Option<&mut P> {
        let stream = *self.dry.last()?;
        Some(&mut self.lanes[stream].pages)
    }

    /// The next page of that stream, which may hold nothing that is wanted; `None` at its end.
    pub(super) fn fill(&mut self, page: Option<VecDeque<Delivery>>) {
        let Some(&stream) = self.dry.last() else { return };
        let lane = &mut self.lanes[stream];
        lane.at_end = page.is_none();
        lane.page = page.unwrap_or_default();
        if lane.at_end || !lane.page.is_empty() {
            self.dry.pop();
            self.push_head(stream);
        }
    }

    fn push_head(&mut self, stream: usize) {
        let lane = &mut self.lanes[stream];
        match lane.page.front() {
            Some(first) => {
                lane.time = event_time(first.ts, first.id).max(lane.time);
                self.heads.push(Reverse(Head { time: lane.time, stream, id: first.id }));
            }
            None if !lane.at_end => self.dry.push(stream),
            None => {}
        }
    }

    /// The time of the next message, if no stream has to be read before that is known.
    pub(super) fn next_time(&self) -> Option<u64> {
        self.heads.peek().map(|Reverse(head)| head.time)
    }

    /// The next message.
    pub(super) fn pop(&mut self) -> Option<Delivery> {
        let Reverse(head) = self.heads.pop()?;
        let delivery = self.lanes[head.stream].page.pop_front();
        self.push_head(head.stream);
        delivery
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, Merge, event_time};
    use crate::{Delivery, Message, StreamKey};
    use proptest::prelude::*;
    use std::collections::VecDeque;

    type Pages = VecDeque<VecDeque<Delivery>>;

    fn delivery(stream: &str, ms: u64, ts: u64) -> Delivery {
        let mut message = Message::new("t", format!("{stream}{ms}")).unwrap();
        message.ts = ts * 1_000_000;
        Delivery::new(EntryId::new(ms, 0), StreamKey::from(stream), message)
    }

    /// Entries of a stream in pages of so many.
    fn pages(entries: &[Delivery], size: usize) -> Pages {
        entries.chunks(size).map(|page| page.iter().cloned().collect()).collect()
    }

    fn merged(streams: Vec<(StreamKey, Pages)>) -> Vec<String> {
        let mut merge = Merge::new(streams);
        let mut merged = Vec::new();
        loop {
            while let Some(pages) = merge.dry() {
                let page = pages.pop_front();
                merge.fill(page);
            }
            let Some(next) = merge.pop() else { return merged };
            merged.push(String::from_utf8(next.payload.to_vec()).unwrap());
        }
    }

    #[test]
    fn the_time_of_an_event_is_never_after_it_was_stored() {
        let id = EntryId::new(5, 3);
        assert_eq!(
            [event_time(0, id), event_time(7, id), event_time(u64::MAX, id)],
            [5_000_000, 7, 5_999_999]
        );
    }

    #[test]
    fn streams_are_merged_by_time_then_key_then_id() {
        let a = [delivery("a", 10, 9), delivery("a", 20, 12), delivery("a", 30, 11), delivery("a", 40, 0)];
        let b = [delivery("b", 12, 9), delivery("b", 13, 13), delivery("b", 41, 900)];
        let expected = ["a10", "b12", "a20", "a30", "b13", "a40", "b41"];
        for size in 1..5 {
            let streams = vec![("b".into(), pages(&b, size)), ("a".into(), pages(&a, size))];
            assert_eq!(merged(streams), expected, "in pages of {size}");
        }
    }

    #[test]
    fn pages_without_anything_wanted_are_passed() {
        let mut sparse = pages(&[delivery("a", 10, 0), delivery("a", 11, 0)], 1);
        sparse.insert(1, VecDeque::new());
        sparse.insert(0, VecDeque::new());
        assert_eq!(merged(vec![("a".into(), sparse), ("b".into(), Pages::new())]), ["a10", "a11"]);
    }

    proptest! {
        /// Whatever the times and the pages: all come once, each stream in its order, and the pages make no difference.
        #[test]
        fn all_come_once_and_in_order(
            streams in prop::collection::vec(prop::collection::vec((1u64..5, 0u64..50), 0..20), 0..5),
            size in 1usize..6,
        ) {
            let entries: Vec<Vec<Delivery>> = streams
                .iter()
                .enumerate()
                .map(|(n, stream)| {
                    let mut ms = 0;
                    let name = ["a", "b", "c", "d", "e"][n];
                    let entry = |&(step, ts): &(u64, u64)| { ms += step; delivery(name, ms, ts) };
                    stream.iter().map(entry).collect()
                })
                .collect();
            let in_pages = |size| {
                merged(entries.iter().zip(["a", "b", "c", "d", "e"])
                    .map(|(stream, name)| (name.into(), pages(stream, size))).collect())
            };
            let all = in_pages(size);
            prop_assert_eq!(&all, &in_pages(1000));
            prop_assert_eq!(all.len(), entries.iter().map(Vec::len).sum::<usize>());
            for (stream, name) in entries.iter().zip(["a", "b", "c", "d", "e"]) {
                let own: Vec<_> = all.iter().filter(|it| it.starts_with(name)).cloned().collect();
                let expected: Vec<_> = stream.iter().map(|it| format!("{name}{}", it.id.ms)).collect();
                prop_assert_eq!(own, expected);
            }
        }
    }
}

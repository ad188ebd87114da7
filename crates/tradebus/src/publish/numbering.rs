//! The numbers of what a lane writes: consecutive in each stream, so that a reader notices what is missing.

use hashbrown::HashMap;

use crate::StreamKey;
use crate::wire::sequence::{ProducerId, Sequence};

/// Most streams that are numbered. Beyond it the lane starts over, as another producer.
const MOST_STREAMS: usize = 100_000;

/// Gives out the numbers of one lane.
#[derive(Debug)]
pub(super) struct Numbering {
    producer: ProducerId,
    /// By stream: the last number that was given.
    last: HashMap<StreamKey, u64>,
    most: usize,
}

impl Numbering {
    pub(super) fn new() -> Self {
        Self { producer: ProducerId::new(), last: HashMap::new(), most: MOST_STREAMS }
    }

    /// The number of the next record of a stream.
    pub(super) fn next(&mut self, stream: &StreamKey) -> Sequence {
        if self.last.len() >= self.most && !self.last.contains_key(stream) {
            *self = Self { most: self.most, ..Self::new() };
        }
        let last = self.last.entry_ref(stream).or_insert(0);
        *last += 1;
        let number = std::num::NonZeroU64::new(*last).unwrap_or(std::num::NonZeroU64::MIN);
        Sequence { producer: self.producer, number }
    }
}

#[cfg(test)]
mod tests {
    use super::Numbering;

    #[test]
    fn each_stream_is_counted_by_itself() {
        let mut numbering = Numbering::new();
        let mut next = |stream: &str| numbering.next(&stream.into()).number.get();
        assert_eq!([next("a"), next("a"), next("b"), next("a"), next("b")], [1, 2, 1, 3, 2]);
    }

    #[test]
    fn with_too_many_streams_it_is_another_producer() {
        let mut numbering = Numbering { most: 2, ..Numbering::new() };
        let first = numbering.next(&"a".into());
        assert_eq!(numbering.next(&"b".into()).producer, first.producer);
        assert_eq!(numbering.next(&"a".into()).number.get(), 2, "known streams go on");
        let other = numbering.next(&"c".into());
        assert!(other.producer != first.producer && other.number.get() == 1, "{other:?}");
        assert!(numbering.last.len() <= 2);
    }
}

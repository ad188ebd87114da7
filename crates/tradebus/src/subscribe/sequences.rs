//! Follows the numbers of records, and notices what is missing and what comes again.
//!
//! Each subscription follows for itself, since each has its own place in every stream: what one has got, another that is slow may find trimmed. It
//! follows all records of its streams, whether it wants their topics or not, since a producer numbers all that it writes to a stream.

use std::collections::VecDeque;

use hashbrown::HashMap;
use smallvec::SmallVec;
use tradebus_engine::EntryId;

use super::gap::Gap;
use crate::StreamKey;
use crate::metrics::Meters;
use crate::store::Position;
use crate::wire::sequence::{ProducerId, Sequence};

/// Most producers that are followed, counted for each stream; those that were seen last are kept.
const MOST_PRODUCERS: usize = 4096;
/// Most gaps that wait to be taken; the oldest go.
const MOST_GAPS: usize = 1024;
/// Most runs of missing numbers of a producer that are remembered, to tell a message that is late from one that comes again.
const MOST_MISSING: usize = 16;

/// What a subscription knows about the producers of its streams.
#[derive(Debug)]
pub(super) struct Sequences {
    streams: HashMap<StreamKey, Followed>,
    /// Producers, over all streams.
    producers: usize,
    most_producers: usize,
    /// Rises with each record: tells who was seen last.
    clock: u64,
    /// Found, and not taken yet.
    gaps: VecDeque<Gap>,
    duplicates: u64,
}

/// A stream that is followed.
#[derive(Debug, Default)]
struct Followed {
    /// Everything up to this entry was looked at.
    passed: EntryId,
    producers: HashMap<ProducerId, Known>,
}

/// What is known about a producer in a stream.
#[derive(Debug)]
struct Known {
    /// The highest number that has come, and with which entry.
    last: u64,
    at: EntryId,
    /// Runs of numbers that were missing, the first and the last of each; in order.
    missing: SmallVec<[(u64, u64); 1]>,
    seen: u64,
}

/// What a number tells.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    InOrder,
    /// These are missing.
    Missing(u64, u64),
    /// It was missing.
    Late,
    /// It came before.
    Again,
}

/// What a batch told.
#[derive(Debug, Default)]
pub(super) struct Findings {
    gaps: u64,
    missing: u64,
    late: u64,
    duplicates: u64,
}

impl Default for Sequences {
    fn default() -> Self {
        Self {
            streams: HashMap::new(),
            producers: 0,
            most_producers: MOST_PRODUCERS,
            clock: 0,
            gaps: VecDeque::new(),
            duplicates: 0,
        }
    }
}

impl Sequences {
    /// What lies before these places is nothing to the subscription.
    pub(super) fn start(&mut self, places: &[Position]) {
        for Position { stream, after } in places {
            let passed = &mut self.streams.entry_ref(stream).or_default().passed;
            *passed = (*passed).max(*after);
        }
    }

    /// Looks at the next record of a stream. One that was looked at already counts for nothing.
    pub(super) fn follow(
        &mut self,
        stream: &StreamKey,
        id: EntryId,
        sequence: Sequence,
        findings: &mut Findings,
    ) {
        self.clock += 1;
        let followed = self.streams.entry_ref(stream).or_default();
        if id <= followed.passed {
            return;
        }
        followed.passed = id;
        let number = sequence.number.get();
        let Some(known) = followed.producers.get_mut(&sequence.producer) else {
            let missing = SmallVec::new();
            let known = Known { last: number, at: id, missing, seen: self.clock };
            followed.producers.insert(sequence.producer, known);
            self.producers += 1;
            return self.forget_some();
        };
        known.seen = self.clock;
        let after = known.at;
        match known.next(number, id) {
            Told::InOrder => {}
            Told::Late => findings.late += 1,
            Told::Again => {
                findings.duplicates += 1;
                self.duplicates += 1;
            }
            Told::Missing(from, to) => {
                let gap =
                    Gap { producer: sequence.producer, stream: stream.clone(), from, to, after, before: id };
                findings.note(&gap);
                self.keep(gap);
            }
        }
    }

    fn keep(&mut self, gap: Gap) {
        if self.gaps.len() >= MOST_GAPS {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap);
    }

    /// Forgets a quarter of the producers when there are too many: those that were not seen for longest.
    fn forget_some(&mut self) {
        if self.producers <= self.most_producers {
            return;
        }
        let all = self.streams.values().flat_map(|followed| followed.producers.values());
        let mut seen: Vec<u64> = all.map(|known| known.seen).collect();
        let (_, &mut oldest, _) = seen.select_nth_unstable(self.most_producers / 4);
        for followed in self.streams.values_mut() {
            followed.producers.retain(|_, known| known.seen > oldest);
        }
        self.producers = self.streams.values().map(|followed| followed.producers.len()).sum();
    }

    /// The gaps that were found since they were last taken, the oldest first.
    pub(super) fn take_gaps(&mut self) -> Vec<Gap> {
        self.gaps.drain(..).collect()
    }

    /// Records that came again.
    pub(super) fn duplicates(&self) -> u64 {
        self.duplicates
    }
}

impl Known {
    fn next(&mut self, number: u64, id: EntryId) -> Told {
        if number <= self.last {
            return if self.was_missing(number) { Told::Late } else { Told::Again };
        }
        let expected = self.last + 1;
        (self.last, self.at) = (number, id);
        if number == expected {
            return Told::InOrder;
        }
        if self.missing.len() >= MOST_MISSING {
            self.missing.remove(0);
        }
        self.missing.push((expected, number - 1));
        Told::Missing(expected, number - 1)
    }

    /// Whether a number was missing; it is not any more then.
    fn was_missing(&mut self, number: u64) -> bool {
        let Some(at) = self.missing.iter().position(|&(from, to)| (from..=to).contains(&number)) else {
            return false;
        };
        let (from, to) = self.missing.remove(at);
        if number < to {
            self.missing.insert(at, (number + 1, to));
        }
        if from < number {
            self.missing.insert(at, (from, number - 1));
        }
        // What is missing longest is forgotten first.
        if self.missing.len() > MOST_MISSING {
            self.missing.remove(0);
        }
        true
    }
}

impl Findings {
    fn note(&mut self, gap: &Gap) {
        self.gaps += 1;
        self.missing += gap.messages();
        if self.gaps == 1 {
            let Gap { producer, stream, from, to, before, .. } = gap;
            tracing::warn!(%producer, %stream, from, to, %before, "messages are missing: they were trimmed, deleted or never stored (further ones that were read together are only counted)");
        }
    }

    /// Counts what was found.
    pub(super) fn count(&self, meters: &Meters) {
        let found = [
            (&meters.gaps, self.gaps),
            (&meters.missing, self.missing),
            (&meters.late, self.late),
            (&meters.duplicates, self.duplicates),
        ];
        for (meter, amount) in found.into_iter().filter(|(_, amount)| *amount > 0) {
            meter.add(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, Findings, MOST_GAPS, MOST_MISSING, Position, ProducerId, Sequence, Sequences};
    use crate::StreamKey;

    /// Records of stream `s`, in the order in which they lie there.
    #[derive(Default)]
    struct Reader {
        sequences: Sequences,
        findings: Findings,
        ms: u64,
    }

    impl Reader {
        fn read(&mut self, producer: u64, numbers: impl IntoIterator<Item = u64>) {
            for number in numbers {
                self.ms += 1;
                self.read_at(self.ms, producer, number);
            }
        }

        fn read_at(&mut self, ms: u64, producer: u64, number: u64) {
            let number = number.try_into().unwrap();
            let sequence = Sequence { producer: ProducerId::of(producer), number };
            self.sequences.follow(&StreamKey::from("s"), EntryId::new(ms, 0), sequence, &mut self.findings);
        }

        fn gaps(&mut self) -> Vec<(u64, u64)> {
            self.sequences.take_gaps().iter().map(|gap| (gap.from, gap.to)).collect()
        }
    }

    #[test]
    fn what_is_missing_is_found_with_its_place() {
        let mut reader = Reader::default();
        // Whoever is seen for the first time may have been there for long.
        reader.read(1, [5, 6]);
        reader.read(2, [1]);
        reader.read(1, [9]);
        let gap = reader.sequences.take_gaps().remove(0);
        assert_eq!((gap.producer, gap.from, gap.to, gap.messages()), (ProducerId::of(1), 7, 8, 2));
        assert_eq!((gap.after, gap.before), (EntryId::new(2, 0), EntryId::new(4, 0)));
        reader.read(2, [2]);
        assert_eq!(reader.gaps(), []);
        assert_eq!((reader.findings.gaps, reader.findings.missing), (1, 2));
    }

    #[test]
    fn what_comes_again_is_told_from_what_is_late() {
        let mut reader = Reader::default();
        reader.read(1, [1, 2, 3, 2, 3, 4, 8, 6, 6, 5, 7, 5, 9]);
        assert_eq!(reader.gaps(), [(5, 7)]);
        assert_eq!((reader.findings.late, reader.findings.duplicates), (3, 4));
        assert_eq!(reader.sequences.duplicates(), 4);
    }

    #[test]
    fn records_that_are_read_again_count_once() {
        let mut reader = Reader::default();
        reader.sequences.start(&[Position { stream: "s".into(), after: EntryId::new(2, 0) }]);
        for (ms, number) in [(1, 1), (2, 3), (3, 5), (4, 6), (3, 5), (4, 6), (5, 7)] {
            reader.read_at(ms, 1, number);
        }
        assert_eq!(reader.gaps(), [], "what lies before the start is nothing to it");
        assert_eq!(reader.findings.duplicates, 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut reader = Reader::default();
        reader.sequences.most_producers = 100;
        for producer in 0..10_000 {
            reader.read(producer, [1]);
            reader.read(77, [producer + 1]);
            assert!(reader.sequences.producers <= 101);
        }
        assert_eq!(reader.gaps(), [], "those that are seen again and again are remembered");
        reader.read(1, [7]);
        assert_eq!(reader.gaps(), [], "one that was forgotten begins anew");
        reader.read(5, (0..5_000).map(|n| 2 * n + 1));
        assert_eq!(reader.gaps().len(), MOST_GAPS);
        let known = &reader.sequences.streams[&StreamKey::from("s")].producers[&ProducerId::of(5)];
        assert_eq!(known.missing.len(), MOST_MISSING);
    }
}

//! What stands between two stars of a pattern, and how it is found in a topic.

use memchr::memmem;

/// Up to this many bytes a segment with `?` inside is compared at each place in turn: at most so many steps
/// per byte of topic, and no table to build.
const SHORT: usize = 32;

/// Bits of a machine word, the unit in which [`Masks`] works.
const WORD: usize = u64::BITS as usize;

/// Words that the longest segment needs.
const MAX_WORDS: usize = super::MAX_PATTERN_BYTES.div_ceil(WORD);

/// Some bytes that need not match (`?`), then the core, which begins and ends with literal bytes.
pub(super) struct Segment {
    skip: usize,
    core: Core,
}

enum Core {
    Byte(u8),
    /// No `?` inside: a two-way search, linear whatever the bytes are.
    Literal(Box<memmem::Finder<'static>>),
    /// `?` inside, short.
    Short(Box<[u8]>),
    /// `?` inside, long.
    Long(Box<Masks>),
}

/// Takes the stars and all between them apart into segments, and the number of bytes that must follow the
/// last one.
///
/// `*a?*?b*` and `*a*??b*` match the same topics, since a star takes up any shift; so each `?` at the end of
/// a segment is moved to the start of the next, and a run of `*?` costs nothing however long it is.
pub(super) fn compile(stars: &[u8]) -> (Vec<Segment>, usize) {
    let mut segments = Vec::new();
    let mut skip = 0;
    for part in stars.split(|&byte| byte == b'*') {
        let Some(start) = part.iter().position(|&byte| byte != b'?') else {
            skip += part.len();
            continue;
        };
        let end = part.iter().rposition(|&byte| byte != b'?').map_or(part.len(), |last| last + 1);
        segments.push(Segment { skip: skip + start, core: Core::of(&part[start..end]) });
        skip = part.len() - end;
    }
    (segments, skip)
}

/// Whether bytes of the same length match a pattern without stars.
pub(super) fn fits(pattern: &[u8], bytes: &[u8]) -> bool {
    pattern.iter().zip(bytes).all(|(&expected, &byte)| expected == byte || expected == b'?')
}

impl Segment {
    /// Where the leftmost match ends.
    pub(super) fn end_in(&self, topic: &[u8]) -> Option<usize> {
        let end = self.core.end_in(topic.get(self.skip..)?)?;
        Some(self.skip + end)
    }
}

impl Core {
    fn of(core: &[u8]) -> Self {
        match core {
            [byte] => Self::Byte(*byte),
            _ if !core.contains(&b'?') => Self::Literal(Box::new(memmem::Finder::new(core).into_owned())),
            _ if core.len() <= SHORT => Self::Short(core.into()),
            _ => Self::Long(Box::new(Masks::of(core))),
        }
    }

    fn end_in(&self, topic: &[u8]) -> Option<usize> {
        match self {
            Self::Byte(byte) => memchr::memchr(*byte, topic).map(|at| at + 1),
            Self::Literal(finder) => finder.find(topic).map(|at| at + finder.needle().len()),
            Self::Short(core) => {
                topic.windows(core.len()).position(|window| fits(core, window)).map(|at| at + core.len())
            }
            Self::Long(masks) => masks.end_in(topic),
        }
    }
}

/// The shift-and automaton of Baeza-Yates and Gonnet: bit *i* of the state says that the last *i + 1* bytes
/// match the first *i + 1* of the segment. A byte of topic costs one shift and one mask, 64 positions at a
/// time, however it repeats; searches that skip (two-way, KMP) have no answer to `?`.
struct Masks {
    bytes: usize,
    words: usize,
    /// Byte to row; row 0 is for bytes that do not occur in the segment.
    row_of: [u16; 256],
    /// One row of words for each different byte: where the segment allows it.
    rows: Vec<u64>,
}

impl Masks {
    fn of(core: &[u8]) -> Self {
        let words = core.len().div_ceil(WORD);
        let mut masks = Self { bytes: core.len(), words, row_of: [0; 256], rows: vec![0; words] };
        let mut rows = 1;
        for &byte in core.iter().filter(|&&byte| byte != b'?') {
            let row = &mut masks.row_of[usize::from(byte)];
            if *row == 0 {
                *row = rows;
                rows += 1;
                masks.rows.resize(masks.rows.len() + words, 0);
            }
        }
        for (at, &byte) in core.iter().enumerate() {
            let (word, bit) = (at / WORD, 1 << (at % WORD));
            if byte == b'?' {
                masks.rows.iter_mut().skip(word).step_by(words).for_each(|mask| *mask |= bit);
            } else {
                masks.rows[usize::from(masks.row_of[usize::from(byte)]) * words + word] |= bit;
            }
        }
        masks
    }

    fn end_in(&self, topic: &[u8]) -> Option<usize> {
        let mut state = [0; MAX_WORDS];
        let state = &mut state[..self.words];
        let (last, found) = (self.words - 1, 1 << ((self.bytes - 1) % WORD));
        for (at, &byte) in topic.iter().enumerate() {
            let row = usize::from(self.row_of[usize::from(byte)]) * self.words;
            let mut carry = 1;
            for (bits, mask) in state.iter_mut().zip(&self.rows[row..]) {
                let shifted = *bits << 1 | carry;
                carry = *bits >> (WORD - 1);
                *bits = shifted & mask;
            }
            if state[last] & found != 0 {
                return Some(at + 1);
            }
        }
        None
    }
}

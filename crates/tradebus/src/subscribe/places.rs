//! Where a reader stands in each stream.

use std::time::Duration;

use hashbrown::HashMap;
use tokio::time::Instant;
use tradebus_engine::EntryId;

use crate::StreamKey;
use crate::store::Position;

/// How long a key that holds no stream is left alone before it is looked at again.
const SET_ASIDE: Duration = Duration::from_secs(5);

/// The places of a reader, and what it has seen before it stepped back.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// In the order in which they are read: the most urgent streams first.
    positions: Vec<Position>,
    /// By stream: index into `positions`, and the last entry that was ever handed on.
    streams: HashMap<StreamKey, (usize, EntryId)>,
    /// Keys that hold no stream.
    aside: Vec<Aside>,
}

#[derive(Debug)]
struct Aside {
    position: Position,
    seen: EntryId,
    /// When to look again.
    again: Instant,
}

impl Places {
    pub(super) fn positions(&self) -> &[Position] {
        &self.positions
    }

    pub(super) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// All streams that are known.
    pub(super) fn streams(&self) -> impl Iterator<Item = &StreamKey> {
        self.streams.keys().chain(self.aside.iter().map(|aside| &aside.position.stream))
    }

    /// The last entry of a stream that was handed on.
    pub(super) fn seen(&self, stream: &StreamKey) -> EntryId {
        self.streams.get(stream).map_or(EntryId::MIN, |&(_, seen)| seen)
    }

    /// Everything of a stream up to an entry has been handed on.
    pub(super) fn passed(&mut self, stream: &StreamKey, id: EntryId) {
        if let Some((index, seen)) = self.streams.get_mut(stream) {
            self.positions[*index].after = id;
            *seen = id.max(*seen);
        }
    }

    /// Reads a stream from an entry on at the latest, and returns what was seen of it so far. A stream that is not known yet is
    /// read from its beginning if `all` of it is wanted.
    pub(super) fn step_back(&mut self, stream: &StreamKey, after: EntryId, all: bool) -> EntryId {
        if let Some(&(index, seen)) = self.streams.get(stream) {
            let position = &mut self.positions[index].after;
            *position = after.min(*position);
            return seen;
        }
        // Whoever comes saw a stream there: it is read again, from where those were left who are here.
        if let Some(at) = self.aside.iter().position(|aside| aside.position.stream == *stream) {
            let Aside { mut position, seen, .. } = self.aside.swap_remove(at);
            position.after = position.after.min(after);
            self.add(position, seen);
            return seen;
        }
        let start = if all { EntryId::MIN } else { after };
        self.add(Position { stream: stream.clone(), after: start }, start);
        start
    }

    /// Reads a stream that has just appeared, all of it.
    pub(super) fn add_new(&mut self, stream: &StreamKey) {
        if !self.streams.contains_key(stream)
            && !self.aside.iter().any(|aside| aside.position.stream == *stream)
        {
            self.add(Position { stream: stream.clone(), after: EntryId::MIN }, EntryId::MIN);
        }
    }

    fn add(&mut self, position: Position, seen: EntryId) {
        self.streams.insert(position.stream.clone(), (self.positions.len(), seen));
        self.positions.push(position);
    }

    /// Leaves a key alone that holds no stream; the others go on.
    pub(super) fn set_aside(&mut self, stream: &StreamKey) {
        tracing::error!(%stream, "the key holds another type than a stream; it is left alone and looked at every {} s", SET_ASIDE.as_secs());
        let Some((index, seen)) = self.streams.remove(stream) else { return };
        let position = self.positions.remove(index);
        for (other, _) in self.streams.values_mut().filter(|(other, _)| *other > index) {
            *other -= 1;
        }
        self.aside.push(Aside { position, seen, again: Instant::now() + SET_ASIDE });
    }

    /// Looks again at keys that were set aside long enough.
    pub(super) fn retry_set_aside(&mut self) {
        let now = Instant::now();
        while let Some(due) = self.aside.iter().position(|aside| aside.again <= now) {
            let Aside { position, seen, .. } = self.aside.swap_remove(due);
            self.add(position, seen);
        }
    }

    /// The places of one who leaves: where all are, unless it joined elsewhere (what it has seen, until where that counts).
    pub(super) fn places_of(
        &self,
        joined: impl Fn(&StreamKey) -> Option<(EntryId, EntryId)>,
    ) -> Vec<Position> {
        let here = self.positions.iter().map(|position| (position, self.seen(&position.stream)));
        here.chain(self.aside.iter().map(|aside| (&aside.position, aside.seen)))
            .map(|(Position { stream, after }, all)| {
                let seen = joined(stream).map_or(all, |(seen, _)| seen);
                Position { stream: stream.clone(), after: seen.max(*after) }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, Places};
    use crate::StreamKey;

    fn id(ms: u64) -> EntryId {
        EntryId::new(ms, 0)
    }

    #[test]
    fn stepping_back_remembers_what_was_seen() {
        let (mut places, stream) = (Places::default(), StreamKey::from("s"));
        assert_eq!(places.step_back(&stream, id(5), false), id(5));
        places.passed(&stream, id(9));
        assert_eq!(places.step_back(&stream, id(7), false), id(9), "a newcomer is behind");
        assert_eq!((places.positions()[0].after, places.seen(&stream)), (id(7), id(9)));
        places.passed(&stream, id(8));
        assert_eq!((places.positions()[0].after, places.seen(&stream)), (id(8), id(9)));
        assert_eq!(places.step_back(&stream, id(20), false), id(9), "a newcomer is ahead");
        assert_eq!(places.positions()[0].after, id(8));
    }

    #[test]
    fn one_bad_key_does_not_stop_the_others() {
        let mut places = Places::default();
        let streams = ["a", "b", "c"].map(StreamKey::from);
        for stream in &streams {
            places.add_new(stream);
        }
        places.set_aside(&streams[0]);
        places.passed(&streams[2], id(3));
        places.add_new(&streams[0]);
        let left: Vec<_> = places.positions().iter().map(|p| (p.stream.to_string(), p.after.ms)).collect();
        assert_eq!(left, [("b".to_owned(), 0), ("c".to_owned(), 3)]);
    }

    #[test]
    fn a_key_that_is_wanted_again_is_read_once() {
        let (mut places, stream) = (Places::default(), StreamKey::from("s"));
        places.step_back(&stream, id(5), false);
        places.passed(&stream, id(9));
        places.set_aside(&stream);
        assert_eq!(places.step_back(&stream, id(20), false), id(9), "a newcomer");
        let left: Vec<_> = places.positions().iter().map(|p| p.after.ms).collect();
        assert_eq!((left, places.aside.len()), (vec![9], 0));
    }
}

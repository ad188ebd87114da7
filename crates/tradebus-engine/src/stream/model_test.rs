//! The stream against the simplest thing that could be one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::collection::vec;
use proptest::prelude::*;

use super::remove::Extent;
use super::{NewId, NodeLimits, SetId, Stream, Trim};
use crate::{DbError, EntryId, Fields};

type Owned = Vec<(Vec<u8>, Vec<u8>)>;

#[derive(Debug, Clone)]
enum Step {
    /// A new id so far above the last one, and the fields.
    Append {
        ms: u64,
        seq: u64,
        fields: Owned,
    },
    /// An id that is not above the last one.
    AppendTooLow {
        by: u64,
    },
    /// Deletes the entries at these places, counted from the oldest; and ids that do not exist.
    Delete {
        places: Vec<prop::sample::Index>,
    },
    TrimToLen {
        share: u8,
        extent: Extent,
    },
    /// Sets the last id to one of those around, if that is allowed.
    SetBack {
        place: prop::sample::Index,
    },
    TrimToId {
        place: prop::sample::Index,
        extent: Extent,
    },
    Read {
        from: prop::sample::Index,
        to: prop::sample::Index,
        limit: usize,
        stop_after: usize,
    },
}

#[derive(Default)]
struct Model {
    entries: BTreeMap<EntryId, Owned>,
    last_id: EntryId,
    added: u64,
    max_deleted: EntryId,
}

impl Model {
    /// The id at a place among all ids, or one beside it that does not exist.
    fn id_at(&self, place: prop::sample::Index) -> EntryId {
        let around: Vec<EntryId> = self
            .entries
            .keys()
            .flat_map(|id| [*id, id.next().unwrap_or(*id)])
            .chain([EntryId::MIN])
            .collect();
        *place.get(&around)
    }
}

fn text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => vec(any::<u8>(), 0..=most),
        2 => any::<i64>().prop_map(|number| number.to_string().into_bytes()),
        1 => (0..=255u8, 0..most * 8).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn fields() -> impl Strategy<Value = Owned> {
    let usual = |names: &'static [&'static str]| {
        vec(text(60), names.len()).prop_map(move |values| {
            names.iter().map(|name| name.as_bytes().to_vec()).zip(values).collect::<Owned>()
        })
    };
    prop_oneof![
        20 => usual(&["topic", "payload", "type", "encoding"]),
        10 => usual(&["topic", "payload"]),
        3 => usual(&["same", "same", ""]),
        10 => vec((text(6), text(40)), 0..6),
        1 => vec((text(3), text(3)), 250..=300),
        1 => (text(4), any::<u8>(), 0..=70_000usize).prop_map(|(name, byte, len)| vec![(name, vec![byte; len])]),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    let limit = prop::option::of(0..300u64);
    let whole_blocks = limit.prop_map(|limit| Extent::WholeBlocks { limit });
    let extent = prop_oneof![Just(Extent::Exact), whole_blocks];
    let gap = || prop_oneof![8 => 0..3u64, 1 => 0..u64::from(u32::MAX)];
    prop_oneof![
        60 => (gap(), gap(), fields()).prop_map(|(ms, seq, fields)| Step::Append { ms, seq, fields }),
        2 => (0..3u64).prop_map(|by| Step::AppendTooLow { by }),
        8 => vec(index(), 0..20).prop_map(|places| Step::Delete { places }),
        2 => (any::<u8>(), extent.clone())
            .prop_map(|(share, extent)| Step::TrimToLen { share, extent }),
        2 => (index(), extent.clone()).prop_map(|(place, extent)| Step::TrimToId { place, extent }),
        4 => index().prop_map(|place| Step::SetBack { place }),
        8 => (index(), index(), 0..300usize, 1..300usize)
            .prop_map(|(from, to, limit, stop_after)| Step::Read { from, to, limit, stop_after }),
    ]
}

fn borrowed(fields: &Owned) -> Vec<(&[u8], &[u8])> {
    fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect()
}

fn owned(fields: Fields<'_>) -> Owned {
    let promised = fields.len();
    let fields: Owned = fields.map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    assert_eq!(promised, fields.len());
    fields
}

fn append(stream: &mut Stream, model: &mut Model, limits: NodeLimits, id: EntryId, fields: Owned) {
    let given =
        stream.append(NewId::Exact(id), || unreachable!("the id is given"), &borrowed(&fields), limits);
    if id > model.last_id {
        assert_eq!(given, Ok(id));
        model.entries.insert(id, fields);
        model.last_id = id;
        model.added += 1;
    } else if id == EntryId::MIN {
        assert_eq!(given, Err(DbError::IdZero));
    } else {
        assert_eq!(given, Err(DbError::IdNotAboveLast { id, last: model.last_id }));
    }
}

/// An approximate trim may leave more than an exact one, never less; and takes nothing from the middle.
fn trim(stream: &mut Stream, model: &mut Model, limits: NodeLimits, trim: Trim, keep: usize) {
    let exact = model.entries.len() - keep;
    let gone = stream.trim(trim, limits) as usize;
    match trim.extent {
        Extent::Exact => assert_eq!(gone, exact),
        Extent::WholeBlocks { limit } => {
            assert!(gone <= exact);
            let largest_block = limits.entries() as usize;
            let most = trim.limit(limits) as usize;
            let limited = limit != Some(0) && gone + largest_block > most;
            assert!(limited || gone + largest_block > exact, "{gone} of {exact}");
        }
    }
    for _ in 0..gone {
        model.entries.pop_first();
    }
}

fn run(stream: &mut Stream, model: &mut Model, limits: NodeLimits, step: Step) {
    match step {
        Step::Append { ms, seq, fields } => {
            let EntryId { ms: last_ms, seq: last_seq } = model.last_id;
            let id =
                if ms == 0 { EntryId::new(last_ms, last_seq + seq) } else { EntryId::new(last_ms + ms, seq) };
            append(stream, model, limits, id, fields);
        }
        Step::AppendTooLow { by } => {
            let id = EntryId::new(model.last_id.ms.saturating_sub(by), 0);
            append(stream, model, limits, id, Owned::new());
        }
        Step::Delete { places } => {
            let ids: Vec<EntryId> = places.into_iter().map(|place| model.id_at(place)).collect();
            let mut gone = 0;
            for id in &ids {
                if model.entries.remove(id).is_some() {
                    gone += 1;
                    model.max_deleted = model.max_deleted.max(*id);
                }
            }
            assert_eq!(stream.delete(&ids), gone);
        }
        Step::TrimToLen { share, extent } => {
            let keep = model.entries.len() * usize::from(share) / 200;
            let how = Trim { extent, ..Trim::max_len(keep as u64) };
            trim(stream, model, limits, how, keep.min(model.entries.len()));
        }
        Step::TrimToId { place, extent } => {
            let id = model.id_at(place);
            let keep = model.entries.range(id..).count();
            trim(stream, model, limits, Trim { extent, ..Trim::min_id(id) }, keep);
        }
        Step::SetBack { place } => {
            let last_id = model.id_at(place);
            let set = SetId { last_id, entries_added: None, max_deleted_id: None };
            let newest = model.entries.keys().last().copied().unwrap_or_default();
            if stream.set_id(set).is_ok() {
                model.last_id = last_id;
            } else {
                assert!(last_id < newest);
            }
        }
        Step::Read { from, to, limit, stop_after } => {
            read(stream, model, model.id_at(from), model.id_at(to), limit, stop_after);
        }
    }
}

fn read(stream: &Stream, model: &Model, start: EntryId, end: EntryId, limit: usize, stop_after: usize) {
    let most = limit.min(stop_after);
    let wanted: Vec<(EntryId, Owned)> = model
        .entries
        .iter()
        .filter(|(id, _)| **id >= start && **id <= end)
        .map(|(id, fields)| (*id, fields.clone()))
        .collect();
    let mut seen = Vec::new();
    let shown = stream.range(start, end, limit, |id, fields| collect(&mut seen, stop_after, id, fields));
    assert_eq!(shown, seen.len());
    assert_eq!(seen, wanted.iter().take(most).cloned().collect::<Vec<_>>());
    seen.clear();
    let shown =
        stream.range_reverse(start, end, limit, |id, fields| collect(&mut seen, stop_after, id, fields));
    assert_eq!(shown, seen.len());
    assert_eq!(seen, wanted.into_iter().rev().take(most).collect::<Vec<_>>());
}

fn collect(
    seen: &mut Vec<(EntryId, Owned)>,
    stop_after: usize,
    id: EntryId,
    fields: Fields<'_>,
) -> ControlFlow<()> {
    seen.push((id, owned(fields)));
    if seen.len() >= stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

fn check_info(stream: &Stream, model: &Model) {
    let info = stream.info();
    assert_eq!(info.len, model.entries.len() as u64);
    assert_eq!(info.first_entry, model.entries.keys().next().copied());
    assert_eq!(info.last_entry, model.entries.keys().last().copied());
    assert_eq!(info.last_id, model.last_id);
    assert_eq!(info.entries_added, model.added);
    assert_eq!(info.max_deleted_id, model.max_deleted);
    let allocated: usize = stream.blocks().map(super::Block::allocated_bytes).sum();
    assert_eq!(stream.allocated_bytes, allocated);
}

/// A snapshot holds blocks as they are, and takes none for damaged.
fn check_copies(stream: &Stream) {
    for block in stream.blocks() {
        let copy = super::Block::from_parts(block.parts()).expect("a block");
        assert_eq!((copy.parts(), copy.live()), (block.parts(), block.live()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_a_sorted_map(
        steps in vec(step(), 1..400),
        max_entries in prop_oneof![Just(100u32), 1..8u32],
        max_bytes in prop_oneof![Just(4096usize), 1..400usize],
    ) {
        let limits = NodeLimits { max_entries, max_bytes };
        let mut stream = Stream::default();
        let mut model = Model::default();
        for step in steps {
            run(&mut stream, &mut model, limits, step);
            check_info(&stream, &model);
        }
        read(&stream, &model, EntryId::MIN, EntryId::MAX, usize::MAX, usize::MAX);
        check_copies(&stream);
    }
}

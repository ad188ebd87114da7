//! Moving entries within the embedded engine: all that belongs together under one lock.

use std::ops::ControlFlow;

use tradebus_engine::{Db, EntryId};

use super::append::append;
use super::groups::copy_entry;
use super::leases::is_held;
use super::{EmbeddedStore, named};
use crate::StreamKey;
use crate::store::{
    BatchBuilder, EntryFields, EntryRef, Lease, MovedEntry, NewEntry, StoreError, TargetOf, UseFields,
};

impl EmbeddedStore {
    pub(super) async fn move_one(
        &self,
        from: &StreamKey,
        id: EntryId,
        entry: NewEntry<'_>,
    ) -> Result<Option<EntryId>, StoreError> {
        self.engine.has_room().await;
        let (moved, position) = {
            let mut db = self.engine.lock();
            let there = db.range(from.as_bytes(), id, id, 1, |_, _| ControlFlow::Continue(()));
            if there.map_err(|error| named(&error, from))? == 0 {
                return Ok(None);
            }
            let moved = append(&mut db, &entry)?;
            db.delete_entries(from.as_bytes(), &[id]).map_err(|error| named(&error, from))?;
            (moved, db.log_position())
        };
        self.settle(position).await?;
        Ok(Some(moved))
    }

    pub(super) async fn move_many(
        &self,
        from: &StreamKey,
        ids: &[EntryId],
        target: &TargetOf<'_>,
        guard: Option<Lease<'_>>,
    ) -> Result<Option<Vec<MovedEntry>>, StoreError> {
        self.engine.has_room().await;
        let (moved, position) = {
            let mut db = self.engine.lock();
            if let Some(lease) = guard
                && !is_held(&db, lease)?
            {
                return Ok(None);
            }
            (move_all(&mut db, from, ids, target), db.log_position())
        };
        let moved = moved?;
        self.settle(position).await?;
        Ok(Some(moved))
    }
}

/// Moves entries. One that cannot be appended ends it: those before it are moved, and the others stay.
fn move_all(
    db: &mut Db,
    from: &StreamKey,
    ids: &[EntryId],
    target: &TargetOf<'_>,
) -> Result<Vec<MovedEntry>, StoreError> {
    let mut found = BatchBuilder::default();
    found.stream(from.clone());
    for id in ids {
        copy_entry(db, from, *id, &mut found)?;
    }
    let found = found.finish();
    let going: Vec<(EntryRef<'_>, StreamKey)> =
        found.entries().filter_map(|entry| Some((entry, target(entry)?))).collect();
    for (_, target) in &going {
        db.is_stream(target.as_bytes()).map_err(|error| named(&error, target))?;
    }
    let mut moved = Vec::with_capacity(going.len());
    let mut result = Ok(());
    for (entry, stream) in going {
        match append(db, &NewEntry { stream: &stream, fields: &AsItIs(entry) }) {
            Ok(id) => moved.push(MovedEntry { was: entry.id(), stream, id }),
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    let gone: Vec<EntryId> = moved.iter().map(|moved| moved.was).collect();
    db.delete_entries(from.as_bytes(), &gone).map_err(|error| named(&error, from))?;
    result.map(|()| moved)
}

/// The fields of an entry, as they are.
struct AsItIs<'a>(EntryRef<'a>);

impl EntryFields for AsItIs<'_> {
    fn with(&self, use_fields: &mut UseFields<'_>) {
        use_fields(&self.0.fields().collect::<Vec<_>>());
    }
}

//! The streams of a group: it is made where it is missing, and made again where somebody removed it.

use tradebus_engine::EntryId;

use super::member::Member;
use crate::StreamKey;
use crate::store::{GroupStart, StoreError};

impl Member {
    /// Gives a stream the group, unless it has it, and learns how far it has come.
    pub(super) async fn join(&self, stream: &StreamKey, start: GroupStart) -> Result<(), StoreError> {
        let groups = self.groups();
        if groups.create_group(stream, &self.group, start).await? {
            tracing::info!(%stream, group = %self.group, "the consumer group was made");
        }
        let known = groups.groups(stream).await?;
        if let Some(group) = known.iter().find(|group| group.name == self.group) {
            self.note_position(stream, group.last_delivered);
        }
        Ok(())
    }

    /// Gives a stream the group again that it has lost, where it was.
    pub(super) async fn join_again(&self, stream: &StreamKey) -> Result<(), StoreError> {
        let known = self.positions.lock().get(stream).copied().unwrap_or(EntryId::MIN);
        let info = self.reading.store.info(stream).await?;
        // A stream that begins anew is new to the group, whatever was in the old one.
        let after = if info.is_some_and(|info| info.last_id >= known) { known } else { EntryId::MIN };
        if after < known {
            self.positions.lock().insert(stream.clone(), after);
        }
        if self.groups().create_group(stream, &self.group, GroupStart::After(after)).await? {
            tracing::warn!(
                %stream, group = %self.group, %after,
                "the consumer group was gone; it was made again at its last known position"
            );
            self.reading.meters.group.remade.add(1);
        }
        Ok(())
    }
}

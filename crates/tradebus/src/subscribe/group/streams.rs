//! The streams of a group: it is made where it is missing, and made again where somebody removed it.

use tradebus_engine::EntryId;

use super::member::Member;
use crate::StreamKey;
use crate::store::{GroupStart, StoreError, StreamInfo};

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
        let after = resume_after(known, self.reading.store.info(stream).await?.as_ref());
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

/// Where a group goes on that had come as far as `known`, in what is in the place of its stream now. A stream that begins anew is new to it,
/// whatever was in the old one.
fn resume_after(known: EntryId, now: Option<&StreamInfo>) -> EntryId {
    match now {
        Some(info) if info.last_id < known => EntryId::MIN,
        // It has entries from before: it is the old one.
        Some(info) if info.first.is_some_and(|first| first.ms < known.ms) => known,
        // It may have begun anew in the very millisecond of what is known, with smaller ids. Rather once more than never.
        Some(_) => EntryId::new(known.ms, 0).previous().unwrap_or(EntryId::MIN),
        None => EntryId::MIN,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use tradebus_engine::EntryId;

    use super::resume_after;
    use crate::store::StreamInfo;

    #[rstest]
    #[case::gone(None, "0-0")]
    #[case::anew_with_other_ids(Some(("3-0", "4-0")), "0-0")]
    #[case::the_old_one(Some(("6-9", "9-0")), "7-5")]
    #[case::nothing_came_after(Some(("1-0", "7-5")), "7-5")]
    #[case::anew_in_the_same_millisecond(Some(("7-0", "7-9")), "6-18446744073709551615")]
    #[case::anew_afterwards(Some(("8-0", "9-0")), "6-18446744073709551615")]
    fn a_group_goes_on_where_it_misses_nothing(#[case] now: Option<(&str, &str)>, #[case] after: &str) {
        let id = |text: &str| text.parse::<EntryId>().unwrap();
        let now = now.map(|(first, last)| StreamInfo {
            len: 2,
            first: Some(id(first)),
            last: Some(id(last)),
            last_id: id(last),
            entries_added: None,
            groups: 0,
            memory_bytes: None,
        });
        assert_eq!(resume_after(id("7-5"), now.as_ref()), id(after));
    }
}

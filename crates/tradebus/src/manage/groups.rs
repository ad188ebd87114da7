//! Consumer groups of a stream.

use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::store::{ConsumerInfo, GroupInfo, GroupStart, PendingEntry, PendingQuery, StoreError};
use crate::{StartFrom, StreamKey};

impl StreamManager {
    /// The groups of a stream, by name.
    ///
    /// # Errors
    ///
    /// When there is no such stream, or the store cannot be used.
    pub async fn groups(&self, stream: &StreamKey) -> Result<Vec<GroupInfo>, ManageError> {
        let groups = self.store.consumer_groups().groups(stream).await?;
        if groups.is_empty() {
            self.info(stream).await?;
        }
        Ok(groups)
    }

    /// One group of a stream.
    ///
    /// # Errors
    ///
    /// When there is no such stream or group, or the store cannot be used.
    pub async fn group(&self, stream: &StreamKey, group: &str) -> Result<GroupInfo, ManageError> {
        let mut groups = self.groups(stream).await?;
        match groups.iter().position(|it| it.name == group) {
            Some(at) => Ok(groups.swap_remove(at)),
            None => Err(no_group(stream, group, groups)),
        }
    }

    /// Gives a stream a group, and tells whether it is new; one that was there stays as it was. A missing stream is created.
    ///
    /// # Errors
    ///
    /// When the store cannot be used, or the key holds something else.
    pub async fn create_group(
        &self,
        stream: &StreamKey,
        group: &str,
        from: StartFrom,
    ) -> Result<bool, ManageError> {
        let start = self.group_start(from).await?;
        Ok(self.store.consumer_groups().create_group(stream, group, start).await?)
    }

    /// Sets how far a group has come: what follows is delivered to it (again). What is pending stays pending.
    ///
    /// # Errors
    ///
    /// When there is no such stream or group, or the store cannot be used.
    pub async fn reset_group(
        &self,
        stream: &StreamKey,
        group: &str,
        to: StartFrom,
    ) -> Result<(), ManageError> {
        let start = self.group_start(to).await?;
        let set = self.store.consumer_groups().set_group(stream, group, start).await;
        self.of_group(stream, set).await
    }

    /// Removes a group with everything that is pending in it.
    ///
    /// # Errors
    ///
    /// When there is no such stream or group, or the store cannot be used.
    pub async fn destroy_group(&self, stream: &StreamKey, group: &str) -> Result<(), ManageError> {
        if self.store.consumer_groups().destroy_group(stream, group).await? {
            return Ok(());
        }
        Err(no_group(stream, group, self.groups(stream).await?))
    }

    /// The consumers of a group, by name.
    ///
    /// # Errors
    ///
    /// When there is no such stream or group, or the store cannot be used.
    pub async fn consumers(&self, stream: &StreamKey, group: &str) -> Result<Vec<ConsumerInfo>, ManageError> {
        let consumers = self.store.consumer_groups().consumers(stream, group).await;
        self.of_group(stream, consumers).await
    }

    /// Entries that were delivered and not acknowledged, the oldest id first. Ask with a limit, and for those behind the last one
    /// then: there may be many.
    ///
    /// # Errors
    ///
    /// When there is no such stream or group, or the store cannot be used.
    pub async fn pending(
        &self,
        stream: &StreamKey,
        group: &str,
        query: PendingQuery<'_>,
    ) -> Result<Vec<PendingEntry>, ManageError> {
        let pending = self.store.consumer_groups().pending(stream, group, query).await;
        self.of_group(stream, pending).await
    }

    async fn group_start(&self, from: StartFrom) -> Result<GroupStart, ManageError> {
        Ok(match from {
            StartFrom::Latest => GroupStart::Latest,
            StartFrom::Earliest => GroupStart::After(EntryId::MIN),
            StartFrom::After(id) => GroupStart::After(id),
            StartFrom::Ago(ago) => {
                let ago = u64::try_from(ago.as_millis()).unwrap_or(u64::MAX);
                let first = EntryId::new(self.store.now_ms().await?.saturating_sub(ago), 0);
                GroupStart::After(first.previous().unwrap_or(EntryId::MIN))
            }
        })
    }

    /// Says of an error that something is missing what it is.
    pub(super) async fn of_group<T>(
        &self,
        stream: &StreamKey,
        outcome: Result<T, StoreError>,
    ) -> Result<T, ManageError> {
        match outcome {
            Err(StoreError::NoGroup { group, .. }) => {
                Err(no_group(stream, &group, self.groups(stream).await?))
            }
            outcome => Ok(outcome?),
        }
    }
}

fn no_group(stream: &StreamKey, group: &str, groups: Vec<GroupInfo>) -> ManageError {
    let groups = groups.into_iter().map(|group| group.name).collect();
    ManageError::NoGroup { stream: stream.clone(), group: group.to_owned(), groups }
}

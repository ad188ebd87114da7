//! Giving back what others shall have.

use hashbrown::HashMap;
use tradebus_engine::EntryId;

use super::HANDED_BACK;
use super::member::Member;
use crate::StreamKey;
use crate::store::{Assign, PendingQuery, StoreError};

/// Ids in one command, so that the server can do something else in between.
const RETURN_AT_ONCE: usize = 2000;

impl Member {
    /// Gives everything in hand to nobody, for the next who looks, and the consumer is gone. What was not begun does not count as delivered.
    pub(super) async fn hand_back(&self) -> Result<(), StoreError> {
        self.ledger.return_all(|_| true);
        self.give_back(self.ledger.take_settled().returned).await?;
        self.remove_consumer().await
    }

    /// Gives entries to nobody, for the next who looks.
    pub(super) async fn give_back(
        &self,
        mut returned: Vec<(StreamKey, Vec<(EntryId, u64)>)>,
    ) -> Result<(), StoreError> {
        while let Some((stream, entries)) = returned.pop() {
            if let Err(error) = self.give_back_to(&stream, &entries).await {
                returned.push((stream, entries));
                self.ledger.put_back_returned(returned);
                return Err(error);
            }
            let ids: Vec<EntryId> = entries.iter().map(|(id, _)| *id).collect();
            self.ledger.arrived(&stream, &ids);
        }
        Ok(())
    }

    async fn give_back_to(&self, stream: &StreamKey, entries: &[(EntryId, u64)]) -> Result<(), StoreError> {
        // Entries that have been delivered equally often go together.
        let mut by_deliveries: HashMap<u64, Vec<EntryId>> = HashMap::new();
        for (id, deliveries) in entries {
            by_deliveries.entry(*deliveries).or_default().push(*id);
        }
        for (deliveries, ids) in by_deliveries {
            for ids in ids.chunks(RETURN_AT_ONCE) {
                let assign = Assign { ids, idle: self.rules.claim_idle, deliveries: Some(deliveries) };
                match self.groups().assign(stream, &self.group, HANDED_BACK, assign).await {
                    Ok(handed) => self.reading.meters.group.handed_back.add(handed.len() as u64),
                    // Nothing is pending there any more.
                    Err(StoreError::NoGroup { .. } | StoreError::WrongType { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Removes this consumer where nothing is pending for it any more.
    async fn remove_consumer(&self) -> Result<(), StoreError> {
        let streams: Vec<StreamKey> = self.positions.lock().keys().cloned().collect();
        for stream in &streams {
            let own = PendingQuery { consumer: Some(&self.consumer), limit: 1, ..PendingQuery::default() };
            match self.groups().pending(stream, &self.group, own).await {
                Ok(pending) if pending.is_empty() => {
                    self.groups().remove_consumer(stream, &self.group, &self.consumer).await?;
                }
                Ok(_) | Err(StoreError::NoGroup { .. } | StoreError::WrongType { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

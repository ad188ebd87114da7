//! Whether a consumer group delivers again what was not handled, and forgets what was.

use std::time::Duration;

use tradebus::store::PendingQuery;
use tradebus::{GroupSubscription, Priority, StreamKey, StreamStore, SubscribeOptions};

use super::traffic::{ended, store_all};
use crate::finding::{Finding, Looked, Trouble};
use crate::patient::Patient;

const TOPIC: &str = "doctor.groups";
const GROUP: &str = "doctor";
/// How often it is looked whether an acknowledgement has come through.
const LOOK_EVERY: Duration = Duration::from_millis(1);

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let (bus, store) = (patient.bus()?, patient.store()?.clone());
    let mut member = bus.subscribe(TOPIC, SubscribeOptions::group(GROUP)).await?;
    store_all(&bus, &patient.tally, TOPIC, Priority::Normal, ["work".to_owned()]).await?;
    let finding = redelivered(&mut member, &*store).await?;
    patient.tally.arrived(1);
    member.close().await;
    Ok(finding)
}

/// Hands the message back once, and takes it then.
async fn redelivered(member: &mut GroupSubscription, store: &dyn StreamStore) -> Result<Finding, Trouble> {
    let first = member.next().await.ok_or_else(ended)?;
    let (id, stream, before) = (first.id, first.stream.clone(), first.deliveries());
    first.nack(Some(Duration::ZERO));
    let second = member.next().await.ok_or_else(ended)?;
    let (again, deliveries) = (second.id, second.deliveries());
    second.ack();
    if (again, before, deliveries) != (id, 1, 2) {
        return Ok(Finding::fail(
            format!("{id} was delivered for the {before}. time, then {again} for the {deliveries}."),
            "somebody else reads as a consumer of this group: see who else writes to the store",
        ));
    }
    settled(store, &stream).await?;
    Ok(Finding::pass(
        "a message that was handed back came again as the 2nd delivery; acknowledged, none is pending",
    ))
}

/// Returns when nothing is pending: acknowledgements go to the store in batches.
async fn settled(store: &dyn StreamStore, stream: &StreamKey) -> Result<(), Trouble> {
    loop {
        let pending = store.consumer_groups().pending(stream, GROUP, PendingQuery::default()).await?;
        if pending.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

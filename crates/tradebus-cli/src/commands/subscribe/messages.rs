//! What is printed, and what becomes of it when it was.

use tradebus::{Delivery, GroupDelivery, GroupSubscription, Merged, Replay};

use crate::failure::{Failure, Outcome};

/// Most messages that are printed before the first of them is acknowledged.
const MOST_UNACKNOWLEDGED: usize = 1000;

/// The messages that are printed: all that match, the share of a consumer, or those of the past.
pub(super) enum Messages {
    All(Merged),
    Past(Box<Replay>),
    Share {
        subscription: GroupSubscription,
        /// Printed into the buffer of the output, which may not have reached anybody.
        printed: Vec<GroupDelivery>,
    },
}

impl Messages {
    pub(super) fn share(subscription: GroupSubscription) -> Self {
        Self::Share { subscription, printed: Vec::new() }
    }

    /// Prints the next message by `print`; `false` once the bus is closed, or all of the past was printed. Cancel safe.
    pub(super) async fn print_next(&mut self, print: impl FnOnce(&Delivery)) -> Outcome<bool> {
        Ok(match self {
            Self::All(merged) => merged.next().await.inspect(|delivery| print(delivery)).is_some(),
            Self::Past(replay) => {
                let next = replay.next().await.map_err(|error| Failure::failed(error.to_string()))?;
                next.inspect(|delivery| print(delivery)).is_some()
            }
            Self::Share { subscription, printed } => {
                let Some(delivery) = subscription.next().await else { return Ok(false) };
                print(&delivery);
                printed.push(delivery);
                true
            }
        })
    }

    /// Whether so much was printed that it should be written and acknowledged before more is.
    pub(super) fn wants_flush(&self) -> bool {
        matches!(self, Self::Share { printed, .. } if printed.len() >= MOST_UNACKNOWLEDGED)
    }

    /// What was printed is written: it is handled.
    pub(super) fn written(&mut self) {
        if let Self::Share { printed, .. } = self {
            printed.drain(..).for_each(GroupDelivery::ack);
        }
    }

    /// Messages that were dropped because they were not taken fast enough.
    pub(super) fn dropped(&self) -> u64 {
        match self {
            Self::All(merged) => merged.dropped(),
            Self::Share { .. } | Self::Past(_) => 0,
        }
    }
}

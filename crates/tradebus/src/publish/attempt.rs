//! Publishing without ever waiting: what cannot be queued at once is refused, and a small code says why.

use super::queue::Offer;
use super::{PublishError, Publisher, Receipt, Stamp, Way, lane};
use crate::Message;

/// Why [`Bus::try_publish`](crate::Bus::try_publish) did not take a message at this moment. The message itself was in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The tier is full, or has not drained to its low-water mark since it was: try again later.
    #[error("the tier pushes back: it is full, or has not drained to its low-water mark yet")]
    BackPressured,
    /// The store is known to be away, or to take nothing for the time being: the bus tries to reach it all the time, so try again later.
    #[error("the store cannot be used at the moment")]
    NotConnected,
    /// With `mode = "basic"` nothing is queued: [`Bus::publish`](crate::Bus::publish) waits for the store, and this never does.
    #[error("with mode = \"basic\" a message can only be published by waiting for the store")]
    Unbuffered,
    /// The bus is closed: it takes nothing any more.
    #[error("the bus is closed")]
    Closed,
}

impl Publisher {
    /// Puts a message into the queue of its tier, or says at once why not.
    pub(crate) fn try_publish(&self, mut message: Message) -> Result<Result<Receipt, Refused>, PublishError> {
        self.check(&message)?;
        let stamp = Stamp::put(&mut message);
        let buffered = match &self.way {
            Way::Buffered(buffered) => buffered,
            Way::Basic(basic) => {
                return Ok(Err(if basic.is_closed() { Refused::Closed } else { Refused::Unbuffered }));
            }
        };
        let queue = &buffered.queues[stamp.tier.number()];
        if buffered.connectivity.is_down(lane::role(stamp.tier)) && !queue.is_closed() {
            return Ok(Err(Refused::NotConnected));
        }
        let mut sending = self.tracer.send(&mut message);
        match queue.try_offer(message).inspect_err(|error| sending.failed(error.kind())) {
            Ok(Offer::Queued(receipt)) => {
                self.queued(buffered, &stamp);
                Ok(Ok(receipt))
            }
            Ok(Offer::Wait(_)) => {
                sending.failed("back_pressured");
                Ok(Err(Refused::BackPressured))
            }
            Err(PublishError::Closed) => Ok(Err(Refused::Closed)),
            Err(error) => Err(error),
        }
    }
}

//! What a client publishes through a WebSocket: taken in its order, and answered when it is stored.

use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use serde_json::value::RawValue;
use tradebus::{Bus, Message, PublishError, Receipt};

use super::frames;

/// Messages that wait for room in their tiers; beyond, the client is not listened to.
const MOST_WAITING: usize = 256;
/// Messages that are on their way to the store.
const MOST_UNDER_WAY: usize = 1_024;

type Accepted = (Value, Result<Receipt, PublishError>);

/// Publishes for one client.
pub(super) struct Desk {
    bus: Bus,
    waiting: VecDeque<(Value, Message)>,
    /// The first of those that wait, while its tier has no room.
    accepting: Option<BoxFuture<'static, Accepted>>,
    under_way: FuturesUnordered<BoxFuture<'static, String>>,
}

impl Desk {
    pub(super) fn new(bus: Bus) -> Self {
        Self { bus, waiting: VecDeque::new(), accepting: None, under_way: FuturesUnordered::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < MOST_WAITING
    }

    /// Takes a message. Answers at once if it is not taken.
    pub(super) fn take(&mut self, reference: Value, text: &RawValue) -> Option<String> {
        match frames::message(&reference, text) {
            Ok(message) => {
                self.waiting.push_back((reference, message));
                None
            }
            Err(problem) => Some(frames::error(Some(&reference), problem.detail())),
        }
    }

    /// The next answer; never, while there is none. Cancel safe: what is under way is kept here.
    pub(super) async fn answer(&mut self) -> String {
        loop {
            if self.accepting.is_none() && self.under_way.len() < MOST_UNDER_WAY {
                self.accept_next();
            }
            tokio::select! {
                biased;
                (reference, accepted) = accepted(&mut self.accepting) => {
                    self.accepting = None;
                    match accepted {
                        Ok(receipt) => self.under_way.push(Box::pin(settled(reference, receipt))),
                        Err(error) => return frames::error(Some(&reference), &error.to_string()),
                    }
                }
                Some(answer) = self.under_way.next() => return answer,
            }
        }
    }

    fn accept_next(&mut self) {
        if let Some((reference, message)) = self.waiting.pop_front() {
            let bus = self.bus.clone();
            let accept: BoxFuture<'static, Accepted> =
                Box::pin(async move { (reference, bus.publish(message).await) });
            self.accepting = Some(accept);
        }
    }
}

/// What became of the message that waits for room; never, if none does. Cancel safe.
async fn accepted(accepting: &mut Option<BoxFuture<'static, Accepted>>) -> Accepted {
    match accepting {
        Some(accepting) => accepting.await,
        None => std::future::pending().await,
    }
}

async fn settled(reference: Value, receipt: Receipt) -> String {
    match receipt.await {
        Ok(id) => frames::published(&reference, &id.to_string()),
        Err(error) => frames::error(Some(&reference), &error.to_string()),
    }
}

//! Receipts: how a publisher learns where its message was stored.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;
use tradebus_engine::EntryId;

use super::PublishError;

/// Messages whose receipts share one allocation.
const SLOTS: usize = 64;

type Outcome = Result<EntryId, Arc<PublishError>>;

/// Where the outcomes of some consecutive messages are put.
#[derive(Debug)]
struct Block {
    outcomes: [OnceLock<Outcome>; SLOTS],
    /// Receipts that are being awaited; nobody is told anything while there are none.
    awaiting: AtomicUsize,
    settled: Notify,
}

/// The proof that a message was accepted. Await it for the id under which the message was stored; drop it if that is of no interest:
/// errors still reach the metrics and the log.
#[derive(Debug)]
#[must_use = "await the receipt to know that the message is stored, or drop it on purpose"]
pub struct Receipt {
    block: Arc<Block>,
    slot: usize,
}

/// The other end of a receipt. One that is dropped unsettled says so.
#[derive(Debug)]
pub(super) struct Promise {
    block: Arc<Block>,
    slot: usize,
}

/// Gives out receipts, one block after the other.
#[derive(Debug)]
pub(super) struct Receipts {
    block: Arc<Block>,
    next: usize,
}

impl Default for Receipts {
    fn default() -> Self {
        Self { block: Block::new(), next: 0 }
    }
}

impl Receipts {
    pub(super) fn issue(&mut self) -> (Promise, Receipt) {
        if self.next == SLOTS {
            *self = Self::default();
        }
        let slot = self.next;
        self.next += 1;
        (Promise { block: self.block.clone(), slot }, Receipt { block: self.block.clone(), slot })
    }
}

impl Block {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            outcomes: [const { OnceLock::new() }; SLOTS],
            awaiting: AtomicUsize::new(0),
            settled: Notify::new(),
        })
    }

    fn settle(&self, slot: usize, outcome: Outcome) {
        if self.outcomes[slot].set(outcome).is_ok() {
            // Pairs with the rising of `awaiting`: either we see the one who waits, or he sees the outcome.
            fence(Ordering::SeqCst);
            if self.awaiting.load(Ordering::Relaxed) > 0 {
                self.settled.notify_waiters();
            }
        }
    }
}

impl Promise {
    pub(super) fn stored(self, id: EntryId) {
        self.block.settle(self.slot, Ok(id));
    }

    pub(super) fn failed(self, error: Arc<PublishError>) {
        self.block.settle(self.slot, Err(error));
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.block.outcomes[self.slot].get().is_none() {
            self.block.settle(self.slot, Err(Arc::new(PublishError::Unknown)));
        }
    }
}

impl Receipt {
    /// The id of the stored entry. Cancel safe.
    ///
    /// # Errors
    ///
    /// When the message was dropped by its tier's policy, refused by the store, or not confirmed before the bus closed.
    pub async fn stored(&self) -> Result<EntryId, PublishError> {
        let _awaiting = Awaiting::new(&self.block);
        loop {
            let mut settled = std::pin::pin!(self.block.settled.notified());
            settled.as_mut().enable();
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            settled.await;
        }
    }

    /// The outcome, if it is known already.
    pub fn outcome(&self) -> Option<Result<EntryId, PublishError>> {
        self.block.outcomes[self.slot]
            .get()
            .map(|outcome| outcome.clone().map_err(|error| PublishError::clone(&error)))
    }
}

impl IntoFuture for Receipt {
    type Output = Result<EntryId, PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.stored().await })
    }
}

/// Counts as awaiting while it lives.
struct Awaiting<'a>(&'a Block);

impl<'a> Awaiting<'a> {
    fn new(block: &'a Block) -> Self {
        block.awaiting.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        Self(block)
    }
}

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        self.0.awaiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, PublishError, Receipts, SLOTS};

    #[tokio::test]
    async fn every_receipt_gets_its_own_outcome() {
        let mut receipts = Receipts::default();
        let (promises, waiting): (Vec<_>, Vec<_>) = (0..3 * SLOTS).map(|_| receipts.issue()).unzip();
        let settling = tokio::spawn(async move {
            for (number, promise) in promises.into_iter().enumerate().rev() {
                promise.stored(EntryId::new(number as u64, 0));
                tokio::task::yield_now().await;
            }
        });
        for (number, receipt) in waiting.into_iter().enumerate() {
            assert_eq!(receipt.await.unwrap().ms, number as u64);
        }
        settling.await.unwrap();
    }

    #[tokio::test]
    async fn a_lost_promise_says_so() {
        let (promise, receipt) = Receipts::default().issue();
        assert!(receipt.outcome().is_none());
        drop(promise);
        assert!(matches!(receipt.await, Err(PublishError::Unknown)));
    }
}

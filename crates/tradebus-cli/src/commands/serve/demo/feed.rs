//! Publishes what the market does, at its pace.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tradebus::{Bus, Message, Receipt};

use super::market::Market;
use crate::pace::Pace;

/// Receipts that are kept until they are settled; beyond, the feed waits, as any publisher that wants to know would.
const WINDOW: usize = 64 << 10;

/// The publishing side of the demo.
pub(super) struct Feed {
    bus: Bus,
    market: Market,
    pace: Pace,
    open: VecDeque<Receipt>,
    fed: Fed,
}

/// What the feed has done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fed {
    /// Messages that the bus accepted.
    pub(super) sent: u64,
    /// Those that the store confirmed.
    pub(super) stored: u64,
    /// Those of which nobody knows, because the store did not answer in time.
    pub(super) unconfirmed: u64,
    /// Those that the bus refused.
    pub(super) refused: u64,
}

impl Feed {
    pub(super) fn new(bus: Bus, market: Market, rate: f64) -> Self {
        Self { bus, market, pace: Pace::new(rate), open: VecDeque::new(), fed: Fed::default() }
    }

    /// Publishes until it is stopped, and then waits until everything is stored, but not longer than `patience`.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>, patience: Duration) -> Fed {
        tokio::select! {
            // Whoever holds the other end may also have gone.
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = self.publish() => {}
        }
        let deadline = Instant::now() + patience;
        while let Some(receipt) = self.open.front() {
            let Ok(outcome) = timeout_at(deadline, receipt.stored()).await else { break };
            self.settle(outcome.is_ok());
        }
        self.fed.unconfirmed = self.open.len() as u64;
        self.fed
    }

    async fn publish(&mut self) {
        loop {
            self.pace.turn().await;
            // A market does not make up for what was missed while the store was away.
            self.pace.forgive();
            self.settle_what_is_known();
            if self.open.len() >= WINDOW
                && let Some(receipt) = self.open.front()
            {
                let stored = receipt.stored().await.is_ok();
                self.settle(stored);
            }
            let message: Message = self.market.next();
            match self.bus.publish(message).await {
                Ok(receipt) => {
                    self.fed.sent += 1;
                    self.open.push_back(receipt);
                }
                Err(_) => self.fed.refused += 1,
            }
        }
    }

    fn settle_what_is_known(&mut self) {
        while let Some(outcome) = self.open.front().and_then(Receipt::outcome) {
            self.settle(outcome.is_ok());
        }
    }

    fn settle(&mut self, stored: bool) {
        self.open.pop_front();
        self.fed.stored += u64::from(stored);
    }
}

impl Fed {
    /// What is said at the end.
    pub(super) fn farewell(&self, received: u64) -> String {
        let lost = self.sent.saturating_sub(received);
        let refused = if self.refused > 0 { format!(", refused {}", self.refused) } else { String::new() };
        format!("sent {}, stored {}, received {received}, lost {lost}{refused}", self.sent, self.stored)
    }
}

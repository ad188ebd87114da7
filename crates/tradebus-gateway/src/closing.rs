//! The end of a gateway: who sends something that goes on is told, and says so to its client.

use tokio::sync::watch;

/// Whether the gateway is being closed.
#[derive(Debug, Clone)]
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    /// What clients are told.
    pub(crate) const REASON: &'static str = "the node is being stopped";

    /// Not yet; it begins when the sender says so, or is gone.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (begin, begun) = watch::channel(false);
        (begin, Self(begun))
    }

    /// Returns when it has begun. Cancel safe.
    pub(crate) async fn begun(&mut self) {
        let _ = self.0.wait_for(|begun| *begun).await;
    }
}

//! Says whether a consumer is the active one of its group.

use tokio::sync::watch;

use crate::failure::say;

/// Says it whenever it changes, until the subscription ends.
pub(super) async fn tell(mut activity: watch::Receiver<Option<u64>>) {
    loop {
        match *activity.borrow_and_update() {
            Some(token) => say(&format!("active, with fencing token {token}")),
            None => say("standing by"),
        }
        if activity.changed().await.is_err() {
            return;
        }
    }
}

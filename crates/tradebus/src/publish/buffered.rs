//! Publishing with `mode = "buffered"`: a queue and a lane for each tier.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::courtesy::Urgent;
use super::lane::Lane;
use super::queue::TierQueue;
use super::retention::Due;
use crate::Priority;
use crate::config::BusConfig;
use crate::connectivity::Connectivity;
use crate::metrics::Meters;
use crate::store::StreamStore;

/// The queues and the lanes of all tiers.
#[derive(Debug)]
pub(super) struct Buffered {
    /// By number of the tier.
    pub(super) queues: [Arc<TierQueue>; 4],
    /// Locked while closing, so that a second one waits for the first.
    lanes: Mutex<Vec<JoinHandle<()>>>,
    pub(super) urgent: Arc<Urgent>,
    pub(super) connectivity: Arc<Connectivity>,
}

impl Buffered {
    /// Starts one lane a tier.
    pub(super) fn start(
        config: &Arc<BusConfig>,
        store: &Arc<dyn StreamStore>,
        meters: &Arc<Meters>,
        connectivity: &Arc<Connectivity>,
        due: &Arc<Due>,
    ) -> Self {
        let queues: [Arc<TierQueue>; 4] = std::array::from_fn(|number| {
            let tier = Priority::from_number(number as u8).unwrap_or_default();
            Arc::new(TierQueue::new(tier, config.buffer(tier)))
        });
        let urgent = Arc::new(Urgent::default());
        let lanes = Priority::ALL.map(|tier| {
            let queue = queues[tier.number()].clone();
            let shared = (meters.clone(), connectivity.clone(), urgent.clone(), due.clone());
            tokio::spawn(Lane::new(tier, queue, store.clone(), shared, config).run())
        });
        Self { queues, lanes: Mutex::new(lanes.into()), urgent, connectivity: connectivity.clone() }
    }

    /// Accepts nothing more and waits until everything that was accepted is stored, or until the time is up. Cancel safe: what was not waited for is
    /// waited for by the next call.
    pub(super) async fn close(&self, deadline: Instant) {
        for queue in &self.queues {
            queue.close();
        }
        let mut lanes = self.lanes.lock().await;
        while let Some(lane) = lanes.last_mut() {
            if timeout_at(deadline, &mut *lane).await.is_err() {
                lane.abort();
                // An aborted task counts what it gives up before this returns.
                let _ = lane.await;
            }
            lanes.pop();
        }
    }
}

impl Drop for Buffered {
    fn drop(&mut self) {
        for lane in self.lanes.get_mut().drain(..) {
            lane.abort();
        }
    }
}

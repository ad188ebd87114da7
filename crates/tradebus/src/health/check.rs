//! One check: what the store says, and what the connections and queues look like.

use std::time::{Duration, Instant};

use super::guard::Unanswered;
use super::standing::Found;
use crate::connectivity::Connectivity;
use crate::store::{StoreError, StreamStore};
use crate::{Metrics, StreamKey};

/// How long the store took to answer, or why it did not.
pub(super) type Answer = Result<Duration, Unanswered>;

/// Asks the store for a sign of life.
pub(super) async fn sign_of_life(store: &dyn StreamStore) -> Result<Duration, StoreError> {
    let asked = Instant::now();
    // Any question will do: a stream that is not there has no last id.
    store.last_ids(&[StreamKey::from("tradebus:health-check")]).await?;
    Ok(asked.elapsed())
}

/// Puts together what is known.
pub(super) fn look(
    answer: &Answer,
    store: &dyn StreamStore,
    connectivity: &Connectivity,
    metrics: &Metrics,
) -> Found {
    let mut reasons: Vec<String> = answer.as_ref().err().map(ToString::to_string).into_iter().collect();
    // Both may have met the same error.
    reasons.extend(connectivity.trouble().filter(|trouble| !reasons.contains(trouble)));
    let connected = reasons.is_empty();
    reasons.extend(store.trouble());
    for tier in metrics.tiers.iter().filter(|tier| tier.pushing_back) {
        reasons.push(format!("the {} tier pushes back: {} messages wait", tier.priority, tier.queued));
    }
    Found { connected, reasons }
}

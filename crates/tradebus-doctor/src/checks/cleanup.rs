//! The removal of all that was made.

use std::time::Duration;

use tokio::time::timeout;

use crate::finding::{Finding, Looked};
use crate::patient::Patient;

/// How long it may take: less than the check, so that it can still say what may be left.
const PATIENCE: Duration = Duration::from_secs(9);

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let store = patient.store()?.clone();
    let base = patient.scratch.base().to_owned();
    let why = match timeout(PATIENCE, patient.scratch.remove(&*store)).await {
        Ok(Ok(removed)) => {
            return Ok(Finding::pass(format!(
                "{removed} keys of the doctor's own were removed: nothing is left"
            )));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_elapsed) => "the store does not answer".to_owned(),
    };
    Ok(Finding::fail(
        format!("what begins with {base}: may be left: {why}"),
        format!(
            "remove it when the store answers again: redis-cli --scan --pattern '{base}:*' | xargs -r redis-cli DEL"
        ),
    ))
}

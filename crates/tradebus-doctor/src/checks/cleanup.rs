//! The removal of all that was made.

use crate::finding::{Finding, Looked};
use crate::patient::Patient;

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let store = patient.store()?.clone();
    let base = patient.scratch.base().to_owned();
    Ok(match patient.scratch.remove(&*store).await {
        Ok(removed) => {
            Finding::pass(format!("{removed} keys of the doctor's own were removed: nothing is left"))
        }
        Err(error) => Finding::fail(
            format!("what begins with {base} may be left: {error}"),
            format!(
                "when the store can be used again, remove it: redis-cli --scan --pattern '{base}*' | xargs redis-cli DEL"
            ),
        ),
    })
}

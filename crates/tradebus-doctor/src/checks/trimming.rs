//! Whether a stream can be kept short.

use tradebus::{OwnedFields, StreamManager, TrimTo};

use crate::finding::{Finding, Looked};
use crate::patient::Patient;

/// Entries before, and after.
const ENTRIES: u64 = 500;
const KEPT: u64 = 100;

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let streams = StreamManager::with_store(patient.scratch.config(), patient.store()?.clone());
    let key = patient.scratch.key("trim");
    let entry = |number: u64| -> OwnedFields { vec![("n".into(), number.to_string().into())] };
    let entries: Vec<OwnedFields> = (0..ENTRIES).map(entry).collect();
    for added in streams.adder(&key).await?.add(&entries).await? {
        added?;
    }
    let removed = streams.trim(&key, TrimTo::Length(KEPT), true).await?.finish().await?;
    let info = streams.describe(&key).await?.info;
    Ok(judge(removed, info.len))
}

fn judge(removed: u64, left: u64) -> Finding {
    if (removed, left) == (ENTRIES - KEPT, KEPT) {
        return Finding::pass(format!("a stream of {ENTRIES} entries was trimmed to {KEPT}"));
    }
    Finding::fail(
        format!("of {ENTRIES} entries, {removed} were removed and {left} are left, where {KEPT} were to be"),
        "streams would grow without bound: see whether the server is one of those that tradebus works with",
    )
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::report::Status;

    #[test]
    fn to_the_entry() {
        assert_eq!(judge(400, 100).status, Status::Pass);
        assert_eq!(judge(399, 101).status, Status::Fail);
        assert_eq!(judge(0, 500).status, Status::Fail);
    }
}

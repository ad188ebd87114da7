//! What can go wrong with looking after streams.

use tradebus_engine::EntryId;

use crate::store::StoreError;
use crate::{ConfigError, StreamKey};

/// Why something was not found or not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManageError {
    /// The configuration has errors; all of them are named.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be used, or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such stream.
    #[error("there is no stream `{stream}`")]
    NoStream {
        /// The stream.
        stream: StreamKey,
    },
    /// The stream has no such consumer group.
    #[error("the stream `{stream}` has no consumer group `{group}`; {}", these(groups))]
    NoGroup {
        /// The stream.
        stream: StreamKey,
        /// The group.
        group: String,
        /// Those that it has.
        groups: Vec<String>,
    },
    /// There is no such dead letter: there never was, or it was redriven or dropped.
    #[error("there is no dead letter {id} in `{stream}`: it may have been redriven or dropped")]
    NoDeadLetter {
        /// The stream of the dead letters.
        stream: StreamKey,
        /// The id.
        id: EntryId,
    },
    /// An entry among the dead letters that does not say where it came from.
    #[error(
        "the entry {id} in `{stream}` does not say where it came from: it cannot be redriven, only dropped"
    )]
    NotADeadLetter {
        /// The stream of the dead letters.
        stream: StreamKey,
        /// The id.
        id: EntryId,
    },
}

/// Most names that an error lists.
const MOST_NAMED: usize = 10;

fn these(groups: &[String]) -> String {
    let named = groups[..groups.len().min(MOST_NAMED)].join(", ");
    match groups.len().saturating_sub(MOST_NAMED) {
        _ if groups.is_empty() => "it has none".to_owned(),
        0 => format!("it has {named}"),
        more => format!("it has {named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::ManageError;

    #[test]
    fn says_which_groups_there_are() {
        let error = |count: usize| {
            let groups = (0..count).map(|n| format!("g{n}")).collect();
            ManageError::NoGroup { stream: "s".into(), group: "x".into(), groups }.to_string()
        };
        assert_eq!(error(0), "the stream `s` has no consumer group `x`; it has none");
        assert!(error(2).ends_with("; it has g0, g1"), "{}", error(2));
        assert!(error(12).ends_with("g8, g9 and 2 more"), "{}", error(12));
    }
}

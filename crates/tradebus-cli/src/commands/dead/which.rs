//! Which dead letters are meant.

use tradebus::EntryId;

use crate::human::count;

/// Some, by their ids, or all.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Dead letters by their ids, as `tradebus dead ls` shows them.
    #[arg(value_name = "ID", help = "Dead letters by their ids, as dead ls shows them")]
    pub(super) ids: Vec<EntryId>,

    /// All that are there now.
    #[arg(long)]
    pub(super) all: bool,
}

/// So many dead letters.
pub(super) fn letters(number: u64) -> String {
    count(number, "dead letter", "dead letters")
}

//! The embedded stream store of tradebus.

mod id;

pub use id::{EntryId, ParseIdError};

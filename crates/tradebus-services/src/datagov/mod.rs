//! Data.gov: what its Catalog API (v4) answers, and which of its datasets matter to trading.
//!
//! Nothing here touches the network. In the order in which an answer meets the rooms:
//!
//! - [`model`] reads the answers, leniently: pages of hits, organizations, keywords, locations, errors.
//! - [`relevance`] says of a hit how much it matters to trading, and why.

pub mod model;
pub mod relevance;

pub use model::{Failure, Hit, SearchPage};
pub use relevance::{Relevance, Score};

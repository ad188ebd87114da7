//! Data.gov: what its Catalog API (v4) answers, and which of its datasets matter to trading.
//!
//! In the order in which an answer meets the rooms:
//!
//! - [`service`] asks the API for whoever asks over the bus; it alone touches the network.
//! - [`model`] reads the answers, leniently: pages of hits, organizations, keywords, locations, errors.
//! - [`relevance`] says of a hit how much it matters to trading, and why.

pub mod model;
pub mod relevance;
pub mod service;

pub use model::{Failure, Hit, SearchPage};
pub use relevance::{Relevance, Score};
pub use service::{DatagovService, DatagovSettings, PathStyle};

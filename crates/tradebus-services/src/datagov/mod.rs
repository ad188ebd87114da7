//! Data.gov: what its Catalog API (v4) answers, and which of its datasets matter to trading.
//!
//! In the order in which an answer meets the rooms:
//!
//! - [`service`] asks the API for whoever asks over the bus; it alone touches the network.
//! - [`model`] reads the answers, leniently: pages of hits, organizations, keywords, locations, errors.
//! - [`catalogue`] keeps datasets on disk, and finds them there without the API.
//! - [`relevance`] says of a hit how much it matters to trading, and why.

pub mod catalogue;
pub mod model;
pub mod relevance;
pub mod service;

pub use catalogue::{Catalogue, CatalogueError};
pub use model::{Failure, Hit, SearchPage};
pub use relevance::{Relevance, Score};
pub use service::{CatalogueSettings, DatagovService, DatagovSettings, PathStyle};

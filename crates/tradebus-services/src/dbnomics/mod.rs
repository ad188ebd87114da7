//! DBnomics: what its Web API (v22) answers, and what a trader reads from it.
//!
//! Only [`service`] touches the network and the bus. In the order in which an answer meets the rooms:
//!
//! - [`id`] names a series, `PROVIDER/DATASET/SERIES`, and makes a URL path of it.
//! - [`model`] reads the answers, leniently.
//! - [`sentinels`] knows the numbers that some datasets use for "no value".
//! - [`period`] and [`observations`] make a sorted list of periods and values of a series.
//! - [`indicators`] computes from that list: change, year on year, z-score, trend, gaps, revisions.
//! - [`catalogue`] is the list of the series that matter to trading.
//! - [`service`] answers requests on the bus with all of that.

pub mod catalogue;
pub mod id;
pub mod indicators;
pub mod model;
pub mod observations;
pub mod period;
pub mod sentinels;
pub mod service;

pub use catalogue::{Catalogue, Group, TradingSeries};
pub use id::SeriesId;
pub use indicators::{Indicators, Settings};
pub use observations::{Observation, Observations};
pub use period::{Frequency, Period};
pub use sentinels::Sentinels;
pub use service::{DbnomicsService, DbnomicsSettings, WatchSettings};

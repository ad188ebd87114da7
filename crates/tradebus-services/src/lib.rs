//! Services over a tradebus bus: economic data from Data.gov and `DBnomics`.
//!
//! [`upstream`] is the polite HTTP client with which services ask the APIs of others; [`standin`] takes the place of those
//! APIs in tests and in the demo.
//!
//! ```
//! use tradebus_services::standin::Standin;
//! use tradebus_services::upstream::{Upstream, UpstreamConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let standin = Standin::start().await?;
//! let dbnomics = Upstream::new(UpstreamConfig::new(standin.dbnomics_url()))?;
//! let answer = dbnomics.get(&["series", "BIS", "WS_CBPOL", "M.US"], &[("observations", "1")]).await?;
//! assert_eq!(answer.json::<serde_json::Value>()?["series"]["num_found"], 1);
//! # Ok(())
//! # }
//! ```

pub mod cache;
pub mod datagov;
pub mod dbnomics;
mod made;
pub mod params;
pub mod rest;
pub mod running;
pub mod settings;
pub mod source;
pub mod standin;
pub mod upstream;

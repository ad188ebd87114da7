//! What a node says to Prometheus: every family of [`families`], from one reading.
//!
//! The text is made by `prometheus-client`, in the format that a scraper asks for: `OpenMetrics`, or what Prometheus had before it.

mod encode;
mod families;
mod format;
mod samples;

#[cfg(test)]
mod tests;

use tradebus::{Histograms, Metrics};

pub use self::families::{Family, Kind, Unit, families};
pub use self::format::Format;
use crate::live::Snapshot;

/// What is exposed: all of it read at about the same time.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// `bus.metrics()`.
    pub metrics: &'a Metrics,
    /// `bus.histograms()`.
    pub histograms: &'a Histograms,
    /// For streams, groups, dead letters, health and the process.
    pub snapshot: &'a Snapshot,
    /// Processor time that this process has used since its start, in seconds; `None` where the system does not tell.
    pub cpu_seconds: Option<f64>,
}

/// The exposition of a reading, to be sent as [`Format::content_type`].
///
/// Its size has a bound: 100 streams and 1,000 groups are listed, and what is beyond is summed under the name `other`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tradebus::{Bus, BusConfig, Message};
/// use tradebus_gateway::exposition::{self, Format, Reading};
/// use tradebus_gateway::live::Snapshot;
///
/// let config = BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() };
/// let bus = Bus::connect(config).await?;
/// bus.publish(Message::new("data.a", "1")?).await?.await?;
///
/// let (metrics, histograms, snapshot) = (bus.metrics(), bus.histograms(), Snapshot::default());
/// let reading = Reading { metrics: &metrics, histograms: &histograms, snapshot: &snapshot, cpu_seconds: None };
/// let text = exposition::write(&reading, Format::of_accept("text/plain"));
/// assert!(text.contains("tradebus_messages_published_total{priority=\"normal\"} 1\n"));
/// # bus.close().await;
/// # Ok(())
/// # }
/// ```
pub fn write(reading: &Reading<'_>, format: Format) -> String {
    encode::encode(families::collect(reading), format)
}

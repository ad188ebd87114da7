//! Measures answers out of the cache: how many requests a second, and how long an answer takes, with so many under way at a time. The service
//! is that for `DBnomics`, over the stand-in; all but the first request are answered out of its cache. They ask for a series of quarters from START on
//! (by default from 2025-Q1: seven quarters; 1947 gets all of them).
//!
//!     cargo run --release -p tradebus-services --example requests -- [REQUESTS] [UNDER-WAY] [START]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tradebus::{Bus, BusConfig, ServiceOptions};
use tradebus_services::dbnomics::{DbnomicsService, DbnomicsSettings};
use tradebus_services::standin::Standin;

const SERIES: &str = "BEA/NIPA-T10101/A191RL-Q";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut given = std::env::args().skip(1);
    let mut number = |default| given.next().map_or(Ok(default), |text| text.parse::<u64>());
    let (total, under_way) = (number(200_000)?, number(64)?);
    let params =
        json!({ "series_ids": SERIES, "start": given.next().unwrap_or_else(|| "2025-Q1".to_owned()) });
    let store = std::env::var("TRADEBUS_STORE").unwrap_or_else(|_| "memory:".to_owned());
    let bus = Bus::connect(BusConfig { store: Some(store.clone().into()), ..BusConfig::default() }).await?;
    let standin = Standin::start().await?;
    let mut settings = DbnomicsSettings::default();
    settings.upstream.base_url = standin.dbnomics_url();
    let dbnomics = DbnomicsService::new(bus.store().clone(), "example:cache", &settings, Some("stand-in"))?;
    let options = ServiceOptions { concurrency: 1024, ..ServiceOptions::default() };
    let service = bus.serve(Arc::new(dbnomics), options).await?;

    let (started, asked) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut askers = JoinSet::new();
    for _ in 0..under_way {
        askers.spawn(ask(bus.clone(), params.clone(), asked.clone(), total));
    }
    let mut times = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
    while let Some(asker) = askers.join_next().await {
        times.add(asker??)?;
    }
    let took = started.elapsed();
    let ms = |quantile| times.value_at_quantile(quantile) as f64 / 1e3;
    println!(
        "{total} requests, {under_way} under way, {store}: {:.0} a second; p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        total as f64 / took.as_secs_f64(),
        ms(0.5),
        ms(0.99),
        times.max() as f64 / 1e3
    );
    let size =
        bus.request("dbnomics.series.fetch", params, Duration::from_secs(10)).await?.data.to_string().len();
    println!("answers of {size} bytes; {} of them asked the API", standin.total_calls());
    service.stop().await;
    let _ = bus.close().await;
    Ok(())
}

/// Asks until all have been asked, one after the other. Returns how long each answer took, in microseconds.
async fn ask(bus: Bus, params: Value, asked: Arc<AtomicU64>, total: u64) -> Result<Histogram<u64>, String> {
    let mut times = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).map_err(|error| error.to_string())?;
    while asked.fetch_add(1, Relaxed) < total {
        let start = Instant::now();
        let answer = bus.request("dbnomics.series.fetch", params.clone(), Duration::from_secs(10)).await;
        answer.map_err(|error| error.to_string())?.into_data().map_err(|error| error.to_string())?;
        times.saturating_record(start.elapsed().as_micros() as u64);
    }
    Ok(times)
}

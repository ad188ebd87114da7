//! Measures requests: how many a second, and how long an answer takes, with so many under way at a time.
//!
//!     cargo run --release -p tradebus --example requests -- [REQUESTS] [UNDER-WAY]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::task::JoinSet;
use tradebus::{Answer, Bus, BusConfig, Call, Route, Service, ServiceError, ServiceOptions};

/// Answers at once, as out of a cache.
struct Ready;

#[async_trait]
impl Service for Ready {
    fn name(&self) -> &'static str {
        "ready"
    }

    fn routes(&self) -> Vec<Route> {
        Route::new("ready.get", "what lies ready").into_iter().collect()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        let data = json!({ "series": call.params.get("series"), "value": 4.25, "period": "2026-10" });
        Ok(Answer { data, cached: Some(true), ..Answer::default() })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let total = numbers.next().transpose()?.unwrap_or(200_000);
    let under_way = numbers.next().transpose()?.unwrap_or(64);
    let store = std::env::var("TRADEBUS_STORE").unwrap_or_else(|_| "memory:".to_owned());
    let bus = Bus::connect(BusConfig { store: Some(store.clone().into()), ..BusConfig::default() }).await?;
    let options = ServiceOptions { concurrency: 1024, ..ServiceOptions::default() };
    let service = bus.serve(Arc::new(Ready), options).await?;

    let (started, asked) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let mut askers = JoinSet::new();
    for _ in 0..under_way {
        askers.spawn(ask(bus.clone(), asked.clone(), total));
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
    service.stop().await;
    let _ = bus.close().await;
    Ok(())
}

/// Asks until all have been asked, one after the other. Returns how long each answer took, in microseconds.
async fn ask(bus: Bus, asked: Arc<AtomicU64>, total: u64) -> Result<Histogram<u64>, String> {
    let mut times = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3).map_err(|error| error.to_string())?;
    while asked.fetch_add(1, Relaxed) < total {
        let start = Instant::now();
        let params = json!({ "series": "ECB/EXR/D.USD.EUR.SP00.A" });
        let answer = bus.request("ready.get", params, Duration::from_secs(10)).await;
        answer.map_err(|error| error.to_string())?.into_data().map_err(|error| error.to_string())?;
        times.saturating_record(start.elapsed().as_micros() as u64);
    }
    Ok(times)
}

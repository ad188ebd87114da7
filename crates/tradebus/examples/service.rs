//! A service that answers requests, and a program that asks it.
//!
//!     cargo run -p tradebus --example service

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tradebus::{Answer, Bus, BusConfig, Call, Route, Service, ServiceError, ServiceOptions};

/// Knows how much a desk may risk.
struct Limits;

#[async_trait]
impl Service for Limits {
    fn name(&self) -> &'static str {
        "limits"
    }

    fn routes(&self) -> Vec<Route> {
        Route::new("limits.get", "the limit of a desk").into_iter().collect()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        match call.params.get("desk").and_then(|desk| desk.as_str()) {
            Some(desk @ ("rates" | "fx")) => Ok(json!({ "desk": desk, "gross": 1_000_000 }).into()),
            Some(desk) => Err(ServiceError::not_found(format!("there is no desk `{desk}`"))),
            None => Err(ServiceError::bad_request("`desk` is missing: rates or fx")),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bus =
        Bus::connect(BusConfig { store: Some("memory:".to_owned().into()), ..BusConfig::default() }).await?;
    let limits = bus.serve(Arc::new(Limits), ServiceOptions::default()).await?;

    for desk in ["rates", "credit"] {
        let answer = bus.request("limits.get", json!({ "desk": desk }), Duration::from_secs(5)).await?;
        match answer.into_data() {
            Ok(limit) => println!("{limit}"),
            Err(error) => println!("{error}"),
        }
    }

    limits.stop().await;
    let _ = bus.close().await;
    Ok(())
}

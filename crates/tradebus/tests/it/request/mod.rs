//! Requests and services.

mod asking;
mod serving;
mod working;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tradebus::{Answer, Bus, Call, Route, Service, ServiceError, ServiceHealth, ServiceOptions, ServiceTask};

/// Longer than any answer takes.
const LONG: Duration = Duration::from_mins(1);

/// Answers with what it is told, or does not.
#[derive(Debug)]
struct Parrot {
    /// Requests that were begun.
    begun: AtomicU64,
    /// `parrot.wait` waits for a permit.
    gate: Semaphore,
    health: parking_lot::Mutex<ServiceHealth>,
}

impl Parrot {
    fn new() -> Arc<Self> {
        let health = parking_lot::Mutex::new(ServiceHealth::healthy());
        Arc::new(Self { begun: AtomicU64::new(0), gate: Semaphore::new(0), health })
    }

    async fn serve(self: &Arc<Self>, bus: &Bus) -> ServiceTask {
        bus.serve(self.clone(), options()).await.unwrap()
    }
}

fn options() -> ServiceOptions {
    ServiceOptions { health_interval: Duration::from_millis(5), ..ServiceOptions::default() }
}

#[async_trait]
impl Service for Parrot {
    fn name(&self) -> &'static str {
        "parrot"
    }

    fn routes(&self) -> Vec<Route> {
        ["say", "wait", "panic", "large", "cached", "hang"]
            .into_iter()
            .map(|what| Route::new(&format!("parrot.{what}"), "a test").unwrap())
            .collect()
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        self.begun.fetch_add(1, SeqCst);
        match call.topic.as_str() {
            "parrot.panic" => panic!("it fell off its perch"),
            "parrot.hang" => std::future::pending().await,
            "parrot.large" => return Ok(json!("x".repeat(9 << 20)).into()),
            "parrot.wait" => self.gate.acquire().await.unwrap().forget(),
            "parrot.cached" => {
                let more = [("age_seconds".to_owned(), json!(3)), ("success".to_owned(), json!(7))];
                let cached = Some(call.cache_ttl != Some(Duration::ZERO));
                return Ok(Answer { data: json!(1).into(), cached, more: more.into_iter().collect() });
            }
            _ => {}
        }
        match call.params.get("say") {
            Some(said) => Ok(Answer::from(json!({ "said": said, "priority": call.priority.name() }))),
            None => Err(ServiceError::bad_request("`say` is missing: it may be anything")),
        }
    }

    async fn health(&self) -> ServiceHealth {
        self.health.lock().clone()
    }
}

fn say(what: impl Into<Value>) -> Value {
    json!({ "say": what.into() })
}

//! What services do unasked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use async_trait::async_trait;
use rstest::rstest;
use tradebus::{Answer, Bus, Call, Message, Route, Service, ServiceError, SubscribeOptions};

use super::options;
use crate::support::{Backend, Kind, number_of, numbered, within};

/// Tells how often its work was begun; the first time, it has an accident then.
#[derive(Debug, Default)]
struct Herald {
    begun: AtomicU64,
    ended: Arc<AtomicU64>,
}

struct Ended(Arc<AtomicU64>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[async_trait]
impl Service for Herald {
    fn name(&self) -> &'static str {
        "herald"
    }

    fn routes(&self) -> Vec<Route> {
        vec![Route::new("herald.say", "a test").unwrap()]
    }

    async fn handle(&self, _call: &Call) -> Result<Answer, ServiceError> {
        Ok(serde_json::json!(self.begun.load(SeqCst)).into())
    }

    async fn work(&self, bus: &Bus) {
        let _ended = Ended(self.ended.clone());
        let begun = self.begun.fetch_add(1, SeqCst) + 1;
        let news: Message = numbered("news", begun);
        bus.publish(news).await.unwrap().await.unwrap();
        assert!(begun > 1, "it fell off its horse");
        std::future::pending::<()>().await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_after_an_accident_and_ends_with_the_service(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut news = bus.subscribe("news", SubscribeOptions::default()).await.unwrap();
    let herald = Arc::new(Herald::default());
    let task = bus.serve(herald.clone(), options()).await.unwrap();
    for begun in 1..=2 {
        assert_eq!(number_of(&within("news", news.next()).await.unwrap()), begun);
    }
    assert_eq!(bus.metrics().services[0].handlers_broken, 1);
    within("the end", task.stop()).await;
    assert_eq!(herald.ended.load(SeqCst), 2);
}

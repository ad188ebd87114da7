//! Services: what they answer, and what goes wrong in them.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use async_trait::async_trait;
use rstest::rstest;
use serde_json::{Value, json};
use tradebus::{
    Answer, Bus, Call, Message, Response, Route, ServeError, Service, ServiceError, ServiceHealth,
    ServiceOptions, SubscribeOptions,
};

use super::{LONG, Parrot, options, say};
use crate::support::{Backend, Kind, until, within};

async fn ask(bus: &Bus, topic: &str, params: Value) -> Response {
    within("an answer", bus.request(topic, params, LONG)).await.unwrap()
}

fn code(response: Response) -> String {
    response.into_data().unwrap_err().code.into_owned()
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_is_answered_and_the_service_goes_on(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let options = ServiceOptions { timeout: Duration::from_millis(200), ..options() };
    let parrot = bus.serve(Parrot::new(), options).await.unwrap();
    assert_eq!(code(ask(&bus, "parrot.say", json!({})).await), "bad_request");
    assert_eq!(code(ask(&bus, "parrot.say", json!([1])).await), "bad_request");
    assert_eq!(code(ask(&bus, "parrot.panic", json!({})).await), "internal");
    assert_eq!(code(ask(&bus, "parrot.hang", json!({})).await), "timeout");
    assert_eq!(code(ask(&bus, "parrot.sing", json!({})).await), "unknown_topic");
    let large = ask(&bus, "parrot.large", json!({})).await.into_data().unwrap_err();
    assert!(large.message.contains("too large"), "{large}");
    let cached = ask(&bus, "parrot.cached", json!({})).await;
    assert!(cached.success && cached.cached && cached.more["age_seconds"] == 3);
    let answer = ask(&bus, "parrot.say", say("hello")).await;
    assert!(answer.success && answer.processing_time_ms > 0.0 && !answer.cached);

    let metrics = bus.metrics().services.remove(0);
    assert_eq!(metrics.name, "parrot");
    assert_eq!((metrics.requests_processed, metrics.requests_failed), (8, 5));
    assert_eq!((metrics.handlers_broken, metrics.cache_hits, metrics.active), (2, 1, 0));
    let (name, time) = bus.histograms().services.remove(0);
    assert_eq!((name.as_str(), time.count()), ("parrot", 8));
    within("the end", parrot.stop()).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_is_answered_where_an_answer_is_wanted(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut answers = bus.subscribe("parrot.*.response", SubscribeOptions::default()).await.unwrap();
    let parrot = Parrot::new().serve(&bus).await;
    for payload in ["no json", "[]", r#"{"request_id":7}"#, ""] {
        drop(bus.publish(Message::new("parrot.say", payload).unwrap()).await.unwrap());
        let answer = within("an answer", answers.next()).await.unwrap();
        let response: Response = serde_json::from_slice(&answer.payload).unwrap();
        assert_eq!(code(response), "bad_request", "{payload}");
    }
    // Its own answers, and what nobody wants answered, are no requests.
    drop(bus.publish(Message::new("parrot.chatter", "{}").unwrap()).await.unwrap());
    until("they are ignored", || bus.metrics().services[0].ignored == 5).await;
    within("the end", parrot.stop()).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_share_the_work_and_one_that_stops_leaves_it_to_the_others(
    #[values(Kind::Embedded, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (first, second) = (Parrot::new(), Parrot::new());
    let (bus, other) = (backend.bus(|_| {}).await, backend.bus(|_| {}).await);
    let one = ServiceOptions { concurrency: 1, ..options() };
    let stopping = bus.serve(first.clone(), one).await.unwrap();
    let waits = tokio::spawn({
        let bus = bus.clone();
        async move { bus.request("parrot.wait", say("first"), LONG).await }
    });
    until("it is busy", || first.begun.load(SeqCst) == 1).await;
    let queued = tokio::spawn({
        let bus = bus.clone();
        async move { bus.request("parrot.say", say("second"), LONG).await }
    });
    let staying = second.serve(&other).await;
    let stopped = tokio::spawn(stopping.stop());
    let answer = within("the answer of the other", queued).await.unwrap().unwrap();
    assert!(answer.success);
    assert_eq!(second.begun.load(SeqCst), 1);
    first.gate.add_permits(1);
    assert!(within("the answer of the first", waits).await.unwrap().unwrap().success);
    within("the end", stopped).await.unwrap();
    within("the end", staying.stop()).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_health_of_a_service_is_told_and_can_be_asked_for(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut events = bus.subscribe("system.health.parrot", SubscribeOptions::default()).await.unwrap();
    let service = Parrot::new();
    let parrot = service.serve(&bus).await;
    let mut event = async || -> Value {
        let event = within("an event", events.next()).await.unwrap();
        serde_json::from_slice(&event.payload).unwrap()
    };
    assert_eq!(event().await["status"], "healthy");
    *service.health.lock() = ServiceHealth::degraded("no crackers");
    let degraded = event().await;
    assert_eq!((&degraded["status"], &degraded["reasons"][0]), (&json!("degraded"), &json!("no crackers")));
    let asked = ask(&bus, "parrot.health.check", json!({})).await.into_data().unwrap();
    assert_eq!((&asked["status"], &asked["service"]), (&json!("degraded"), &json!("parrot")));
    assert_eq!(asked["metrics"]["name"], "parrot");
    within("the end", parrot.stop()).await;
}

/// A service as it must not be.
struct Wrong(&'static str);

#[async_trait]
impl Service for Wrong {
    fn name(&self) -> &str {
        self.0
    }

    fn routes(&self) -> Vec<Route> {
        if self.0 == "none" { Vec::new() } else { vec![Route::new("a.b", "").unwrap()] }
    }

    async fn handle(&self, _call: &Call) -> Result<Answer, ServiceError> {
        Ok(Answer::default())
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_is_refused() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|_| {}).await;
    let refused = bus.serve(Arc::new(Wrong("none")), options()).await.unwrap_err();
    assert!(matches!(refused, ServeError::NoRoutes { .. }), "{refused}");
    let refused = bus.serve(Arc::new(Wrong("two words")), options()).await.unwrap_err();
    assert!(matches!(refused, ServeError::Name(_)), "{refused}");
}

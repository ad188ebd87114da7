//! Whoever asks.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;
use tradebus::{Message, Priority, Request, RequestError, SubscribeOptions, Topic};

use super::{LONG, Parrot, say};
use crate::support::{Backend, Kind, Spread, until, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_get_their_own_answers_in_every_layout(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let (asking, answering) = (
        backend.bus(|config| spread.configure(config)).await,
        backend.bus(|config| spread.configure(config)).await,
    );
    let parrot = Parrot::new().serve(&answering).await;
    let mut requests = JoinSet::new();
    for n in 0..200 {
        let bus = asking.clone();
        let priority = Priority::ALL[n % 4];
        requests.spawn(async move {
            let request = Request::new("parrot.say", say(n)).unwrap().priority(priority).timeout(LONG);
            let answer = bus.request_with(&request).await.unwrap().into_data().unwrap();
            assert_eq!(answer, json!({ "said": n, "priority": priority.name() }));
        });
    }
    while let Some(done) = within("an answer", requests.join_next()).await {
        done.unwrap();
    }
    let counts = asking.metrics().requests;
    assert_eq!((counts.sent, counts.answered, counts.late, counts.waiting), (200, 200, 0, 0));
    within("the end", parrot.stop()).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_have_the_tier_of_their_requests(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let parrot = Parrot::new().serve(&bus).await;
    let callback = Topic::new("mine.answers").unwrap();
    let mut answers = bus.subscribe("mine.*", SubscribeOptions::default()).await.unwrap();
    let request = Request::new("parrot.say", say("urgent")).unwrap().priority(Priority::Critical);
    let id = bus.request_to(&request, &callback).await.unwrap();
    let answer = within("the answer", answers.next()).await.unwrap();
    assert_eq!(answer.priority, Priority::Critical);
    assert_eq!(answer.headers.as_ref().unwrap().correlation_id.as_ref(), Some(&id));
    within("the end", parrot.stop()).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_nobody_answers_ends_in_time(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let asked = bus.request("nobody.home", json!(null), Duration::from_millis(30));
    let error = within("the end", asked).await.unwrap_err();
    assert!(matches!(error, RequestError::TimedOut { .. }), "{error}");
    assert!(error.to_string().contains("`nobody.home` within 30 ms"), "{error}");
    let counts = bus.metrics().requests;
    assert_eq!((counts.timed_out, counts.waiting), (1, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_comes_too_late_is_dropped_and_counted(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let service = Parrot::new();
    let parrot = service.serve(&bus).await;
    // It is under way when nobody waits any more.
    let asked = bus.request("parrot.wait", say(1), LONG);
    tokio::select! {
        _ = asked => panic!("the gate is shut"),
        () = until("it has begun", || service.begun.load(SeqCst) == 1) => {}
    }
    assert_eq!(bus.metrics().requests.waiting, 0);
    service.gate.add_permits(1);
    until("the answer is counted", || bus.metrics().requests.late == 1).await;
    within("the end", parrot.stop()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_response_is_said() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|_| {}).await;
    let mut requests = bus.subscribe("strange", SubscribeOptions::default()).await.unwrap();
    let asking = bus.clone();
    let asked = tokio::spawn(async move { asking.request("strange", json!({}), LONG).await });
    let request = within("the request", requests.next()).await.unwrap();
    let headers = request.headers.as_ref().unwrap();
    let reply = Topic::new(headers.reply_to.as_deref().unwrap()).unwrap();
    let answer = Message::new(reply, "7").unwrap().correlation_id(headers.correlation_id.clone().unwrap());
    drop(bus.publish(answer).await.unwrap());
    let error = within("the answer", asked).await.unwrap().unwrap_err();
    assert!(matches!(error, RequestError::Malformed { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_bus_leaves_nobody_waiting() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = backend.bus(|_| {}).await;
    let asking = bus.clone();
    let asked = tokio::spawn(async move { asking.request("nobody.home", json!({}), LONG).await });
    until("it waits", || bus.metrics().requests.waiting == 1).await;
    let _ = within("closing", bus.close()).await;
    let error = within("the end", asked).await.unwrap().unwrap_err();
    assert!(matches!(error, RequestError::Closed), "{error}");
    let late = bus.request("nobody.home", json!({}), LONG).await.unwrap_err();
    assert!(
        matches!(late, RequestError::Unreadable(_) | RequestError::Publish(_) | RequestError::Closed),
        "{late}"
    );
}

//! Messages as server-sent events.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tradebus::{Message, Priority};

use crate::support::{Events, open, open_with};

#[tokio::test]
async fn messages_come_as_events() {
    let open = open().await;
    let path = "/api/v1/subscribe?pattern=a.*&pattern=*.x";
    let mut events = Events::of(open.request(Method::GET, path)).await;
    open.publish("a.x", "{\n\"n\": 1.10}").await;
    let id = open.publish("b.x", "[2]").await;
    let (kind, _, first) = events.next().await.unwrap();
    assert_eq!(
        (kind.as_str(), &first["topic"], &first["payload"]),
        ("message", &json!("a.x"), &json!({ "n": 1.1 }))
    );
    let (_, event_id, second) = events.next().await.unwrap();
    assert_eq!((&event_id, &second["topic"]), (&id, &json!("b.x")), "what two patterns match comes once");
    open.gateway.close(std::time::Duration::ZERO).await;
    let _ = open.bus.close().await;
}

#[tokio::test]
async fn a_browser_that_comes_again_misses_nothing() {
    let open = open().await;
    let seen = open.publish("t", "1").await;
    open.publish("t", "2").await;
    let request = open.request(Method::GET, "/api/v1/subscribe?pattern=t").header("last-event-id", seen);
    let mut events = Events::of(request).await;
    let mut payloads = Vec::new();
    while payloads.last() != Some(&json!(2)) {
        payloads.push(events.next().await.unwrap().2["payload"].clone());
    }
    open.close().await;
}

#[tokio::test]
async fn only_the_tiers_that_are_wanted_come() {
    let open = open().await;
    let path = "/api/v1/subscribe?pattern=t&priority=critical,high";
    let mut events = Events::of(open.request(Method::GET, path)).await;
    open.publish("t", "1").await;
    let alert = Message::new("t", "2").unwrap().priority(Priority::High);
    open.bus.publish(alert).await.unwrap().await.unwrap();
    assert_eq!(events.next().await.unwrap().2["payload"], 2);
    open.close().await;
}

#[tokio::test]
async fn a_sample_says_what_it_left_out() {
    let open = open().await;
    let path = "/api/v1/subscribe?pattern=*&max_rate=1&on_slow=drop&buffer=1";
    let mut events = Events::of(open.request(Method::GET, path)).await;
    let publishing = open.bus.clone();
    let busy = tokio::spawn(async move {
        loop {
            publishing.publish(Message::new("t", "1").unwrap()).await.unwrap().await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    let (mut messages, mut skipped) = (0, 0);
    while messages == 0 || skipped == 0 {
        match events.next().await.unwrap() {
            (kind, _, data) if kind == "skipped" => skipped += data["skipped"].as_u64().unwrap(),
            _ => messages += 1,
        }
    }
    assert!(skipped > messages);
    busy.abort();
    open.close().await;
}

#[tokio::test]
async fn there_are_only_so_many_subscriptions() {
    let open = open_with(|settings| settings.limits.subscriptions_per_client = 2).await;
    let subscribe = || open.request(Method::GET, "/api/v1/subscribe?pattern=*");
    let (first, _second) = (Events::of(subscribe()).await, Events::of(subscribe()).await);
    let refused = subscribe().send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    drop(first);
    // The server sees that a client is gone when it has something for it.
    while subscribe().send().await.unwrap().status() != StatusCode::OK {
        open.publish("t", "1").await;
    }
    open.close().await;
}

#[tokio::test]
async fn a_group_needs_a_web_socket() {
    let open = open().await;
    let (status, problem) = open.get("/api/v1/subscribe?pattern=*&group=g").await;
    assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("group")));
    open.close().await;
}

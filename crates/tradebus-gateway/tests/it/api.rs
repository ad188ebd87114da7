//! One answer to one request: publishing, streams, services, settings, metrics.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradebus::{Message, Priority, SubscribeOptions};

use crate::support::{header, open};

#[tokio::test]
async fn messages_are_stored_and_arrive() {
    let open = open().await;
    let mut arrived = open.bus.subscribe("orders.*", SubscribeOptions::default()).await.unwrap();
    let one =
        json!({ "topic": "orders.new", "payload": { "px": 1.5 }, "priority": "critical", "type": "Order" });
    let (status, answer) = open.post("/api/v1/messages", one).await;
    assert_eq!((status, &answer["stored"]), (StatusCode::OK, &json!(1)));
    let delivery = arrived.next().await.unwrap();
    assert_eq!(answer["results"][0]["id"], delivery.id.to_string());
    assert_eq!((&delivery.payload[..], delivery.type_name.as_str()), (&br#"{"px":1.5}"#[..], "Order"));
    let several = json!([{ "topic": "orders.a", "payload_text": "x" }, { "topic": "orders.b" }]);
    let (status, answer) = open.post("/api/v1/messages?wait=accepted", several).await;
    assert_eq!((status, answer), (StatusCode::ACCEPTED, json!({ "accepted": 2 })));
    assert_eq!(arrived.next().await.unwrap().topic.as_str(), "orders.a");
    open.close().await;
}

#[tokio::test]
async fn of_a_list_with_a_wrong_message_nothing_is_published() {
    let open = open().await;
    let list = json!([{ "topic": "a", "priority": "critical" }, { "topic": "b", "payload": 1, "payload_b64": "AA==" }]);
    let (status, problem) = open.post("/api/v1/messages", list).await;
    assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("[1].payload")));
    let (_, streams) = open.get("/api/v1/streams?search=critical").await;
    assert_eq!(streams["streams"][0]["length"], 0, "{streams}");
    open.close().await;
}

#[tokio::test]
async fn streams_can_be_looked_at_and_trimmed() {
    let open = open().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let message = Message::new("data.x", format!("{{\"n\":{number}}}")).unwrap().priority(Priority::High);
        ids.push(open.bus.publish(message).await.unwrap().await.unwrap().to_string());
    }
    let (_, list) = open.get("/api/v1/streams?search=HIGH").await;
    let key = list["streams"][0]["stream"].as_str().unwrap().to_owned();
    assert_eq!((&list["streams"][0]["length"], &list["streams"][0]["tier"]), (&json!(5), &json!("high")));
    let (_, page) = open.get(&format!("/api/v1/streams/entries?stream={key}&limit=2")).await;
    assert_eq!(page["entries"][0]["id"], ids[4]);
    assert_eq!(page["entries"][0]["message"]["payload"], json!({ "n": 4 }));
    assert_eq!(page["next_before"], ids[3]);
    let (_, rest) = open.get(&format!("/api/v1/streams/entries?stream={key}&before={}", ids[3])).await;
    assert_eq!((rest["entries"].as_array().unwrap().len(), &rest["next_before"]), (3, &Value::Null));
    let (_, groups) = open.get(&format!("/api/v1/streams/groups?stream={key}")).await;
    assert_eq!(groups["groups"][0]["group"], "service.greeter");
    let consumers = format!("/api/v1/streams/consumers?stream={key}&group=service.greeter");
    assert_eq!(open.get(&consumers).await.1["consumers"].as_array().unwrap().len(), 1);
    let trim = json!({ "stream": key, "max_length": 2 });
    let (status, trimmed) = open.post("/api/v1/streams/trim", trim).await;
    assert_eq!((status, trimmed), (StatusCode::OK, json!({ "removed": 3, "finished": true })));
    for wrong in [json!({ "stream": key }), json!({ "stream": key, "max_length": 1, "max_age_seconds": 1 })] {
        assert_eq!(open.post("/api/v1/streams/trim", wrong).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(open.get("/api/v1/streams/entries?stream=none").await.0, StatusCode::NOT_FOUND);
    open.close().await;
}

#[tokio::test]
async fn streams_are_listed_page_by_page() {
    let open = open().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (_, page) = open.get(&format!("/api/v1/streams?limit=2{cursor}")).await;
        let streams = page["streams"].as_array().unwrap();
        seen.extend(streams.iter().map(|stream| stream["stream"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else {
            assert_eq!(page["total"], seen.len());
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert!(seen.len() >= 4 && seen.is_sorted(), "{seen:?}");
    open.close().await;
}

#[tokio::test]
async fn services_can_be_asked() {
    let open = open().await;
    let asked = json!({ "topic": "greeter.greet", "params": { "name": "desk" } });
    let (status, answer) = open.post("/api/v1/request", asked).await;
    assert_eq!((status, &answer["data"]), (StatusCode::OK, &json!("hello, desk")));
    let (status, problem) = open.post("/api/v1/request", json!({ "topic": "greeter.greet" })).await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("bad_request")));
    let nobody = json!({ "topic": "nobody.home", "timeout_ms": 1 });
    assert_eq!(open.post("/api/v1/request", nobody).await.0, StatusCode::GATEWAY_TIMEOUT);
    let (_, services) = open.get("/api/v1/services").await;
    assert_eq!(services["services"][0]["name"], "greeter");
    assert_eq!(services["services"][0]["routes"][0]["topic"], "greeter.greet");
    let (status, problem) = open.get("/api/v1/dbnomics/providers?limit=x").await;
    assert_eq!((status, &problem["field"]), (StatusCode::BAD_REQUEST, &json!("limit")));
    open.close().await;
}

#[tokio::test]
async fn no_secret_is_in_an_answer() {
    let open = open().await;
    let (_, config) = open.get("/api/v1/config").await;
    assert!(
        config["config"]["redis_password"].is_string() && !config.to_string().contains("hunter2"),
        "{config}"
    );
    let (_, snapshot) = open.get("/api/v1/snapshot").await;
    assert!(!snapshot.to_string().contains("hunter2"));
    open.close().await;
}

#[tokio::test]
async fn metrics_are_what_prometheus_reads() {
    let open = open().await;
    let message = Message::new("t", "1").unwrap().priority(Priority::High);
    open.bus.publish(message).await.unwrap().await.unwrap();
    let scrape = async |accept: &str| {
        let response = open.request(Method::GET, "/metrics").header("accept", accept).send().await.unwrap();
        (header(&response, "content-type"), response.text().await.unwrap())
    };
    let (kind, text) = scrape("*/*").await;
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    assert!(text.contains("tradebus_messages_published_total{priority=\"high\"} 1\n"), "{text}");
    let (kind, text) = scrape("application/openmetrics-text; version=1.0.0").await;
    assert!(kind.starts_with("application/openmetrics-text") && text.ends_with("# EOF\n"), "{kind}");
    open.close().await;
}

#[tokio::test]
async fn the_description_names_every_route() {
    let open = open().await;
    let (_, document) = open.get("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, method) in [
        ("/api/v1/messages", "post"),
        ("/api/v1/subscribe", "get"),
        ("/api/v1/dead/redrive", "post"),
        ("/api/v1/dbnomics/series", "get"),
        ("/api/v1/datagov/datasets/{slug}", "get"),
        ("/metrics", "get"),
    ] {
        assert!(document["paths"][path][method]["summary"].is_string(), "{method} {path}");
    }
    // What it names is there: with nothing given, a route says what it lacks, or answers.
    for (path, methods) in document["paths"].as_object().unwrap() {
        if methods["get"].is_null()
            || path.contains('{')
            || path == "/api/v1/live"
            || path == "/metrics"
            || path.contains("/d")
        {
            continue;
        }
        let status = open.get(path).await.0;
        assert!(status.is_success() || status == StatusCode::BAD_REQUEST, "{path}: {status}");
    }
    open.close().await;
}

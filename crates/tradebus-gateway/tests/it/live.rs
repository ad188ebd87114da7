//! What the node does, second by second.

use reqwest::Method;
use serde_json::json;
use tradebus_gateway::live::Snapshot;

use crate::support::{Events, open};

#[tokio::test]
async fn a_snapshot_comes_each_second() {
    let open = open().await;
    let mut events = Events::of(open.request(Method::GET, "/api/v1/live")).await;
    for number in 0..10 {
        open.publish("t", &number.to_string()).await;
    }
    let mut last = 0;
    loop {
        let (kind, _, data) = events.next().await.unwrap();
        assert_eq!(kind, "snapshot");
        let snapshot: Snapshot = serde_json::from_value(data).unwrap();
        assert!(snapshot.ts_ms > last);
        last = snapshot.ts_ms;
        let normal = snapshot.tiers.iter().find(|tier| tier.tier == "normal").unwrap();
        if normal.published > 0.0 {
            assert!(normal.publish.is_some_and(|times| times.p99_ms > 0.0), "{normal:?}");
            assert_eq!(
                (snapshot.health.status.as_str(), snapshot.node.layout.as_str()),
                ("healthy", "lanes")
            );
            assert!(snapshot.process.memory_bytes > 0 && snapshot.process.http_subscriptions == 1);
            break;
        }
    }
    let (_, history) = open.get("/api/v1/history?seconds=900").await;
    let points = history["ts_ms"].as_array().unwrap().len();
    assert!(points >= 2);
    assert_eq!(history["tiers"]["normal"]["published"].as_array().unwrap().len(), points);
    open.close().await;
}

#[tokio::test]
async fn probes_say_whether_it_lives_and_can_be_used() {
    let open = open().await;
    assert_eq!(open.get("/health/live").await.1, json!({ "status": "live" }));
    assert_eq!(open.get("/health/ready").await.1, json!({ "status": "ready" }));
    open.close().await;
}

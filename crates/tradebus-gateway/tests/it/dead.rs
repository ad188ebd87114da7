//! Dead letters.

use reqwest::StatusCode;
use serde_json::json;
use tradebus::SubscribeOptions;

use crate::support::{Open, open};

/// Makes as many dead letters.
async fn kill(open: &Open, count: usize) {
    let mut group = open.bus.subscribe("work.*", SubscribeOptions::group("desk")).await.unwrap();
    for number in 0..count {
        open.publish(&format!("work.{number}"), "{\"x\":1}").await;
        group.next().await.unwrap().reject("no such account");
    }
    while open.get("/api/v1/dead").await.1["total"] != count {
        tokio::task::yield_now().await;
    }
    group.close().await;
}

#[tokio::test]
async fn dead_letters_go_back_or_away() {
    let open = open().await;
    kill(&open, 4).await;
    let (_, page) = open.get("/api/v1/dead?limit=3").await;
    let letter = &page["letters"][0];
    assert_eq!((&letter["topic"], &letter["group"]), (&json!("work.0"), &json!("desk")));
    assert!(letter["error"].as_str().unwrap().contains("no such account"), "{letter}");
    assert_eq!(letter["message"]["payload"], json!({ "x": 1 }));
    let id = |number: usize| page["letters"][number]["id"].clone();
    assert_eq!(page["next_after"], id(2));
    let (_, rest) = open.get(&format!("/api/v1/dead?after={}", id(2).as_str().unwrap())).await;
    assert_eq!(rest["letters"].as_array().unwrap().len(), 1);

    let (status, done) = open.post("/api/v1/dead/redrive", json!({ "ids": [id(0), "5-5"] })).await;
    assert_eq!((status, &done["count"]), (StatusCode::OK, &json!(1)));
    assert_eq!(done["failed"][0]["id"], "5-5");
    assert_eq!(open.post("/api/v1/dead/drop", json!({ "ids": [id(1)] })).await.1, json!({ "dropped": 1 }));
    assert_eq!(open.post("/api/v1/dead/redrive", json!({ "all": true })).await.1["count"], 2);
    assert_eq!(open.get("/api/v1/dead").await.1["total"], 0);
    open.close().await;
}

#[tokio::test]
async fn all_dead_letters_can_be_dropped() {
    let open = open().await;
    kill(&open, 2).await;
    assert_eq!(open.post("/api/v1/dead/drop", json!({ "all": true })).await.1["dropped"], 2);
    for wrong in [json!({}), json!({ "all": true, "ids": ["1-1"] }), json!({ "ids": ["x"] }), json!([])] {
        assert_eq!(open.post("/api/v1/dead/drop", wrong).await.0, StatusCode::BAD_REQUEST);
    }
    open.close().await;
}

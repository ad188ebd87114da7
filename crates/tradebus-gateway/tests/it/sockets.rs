//! Messages through a WebSocket, both ways, and as a member of a group.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Open, open};

/// A client.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn connect(open: &Open, query: &str) -> Self {
        let url = open.url(&format!("/api/v1/subscribe?{query}")).replacen("http", "ws", 1);
        Self(connect_async(url).await.unwrap().0)
    }

    async fn say(&mut self, what: Value) {
        self.0.send(Frame::text(what.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            if let Frame::Text(text) = self.0.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn messages_go_both_ways() {
    let open = open().await;
    let mut socket = Socket::connect(&open, "pattern=a.*").await;
    let message = json!({ "topic": "a.b", "payload": { "px": 1.25 }, "priority": "high" });
    socket.say(json!({ "kind": "publish", "ref": 7, "message": message })).await;
    let (mut published, mut arrived) = (None, None);
    while published.is_none() || arrived.is_none() {
        let heard = socket.hear().await;
        match heard["kind"].as_str() {
            Some("published") => published = Some(heard),
            Some("message") => arrived = Some(heard),
            _ => panic!("{heard}"),
        }
    }
    let (published, arrived) = (published.unwrap(), arrived.unwrap());
    assert_eq!((&published["ref"], &published["id"]), (&json!(7), &arrived["id"]));
    assert_eq!((&arrived["payload"], &arrived["priority"]), (&json!({ "px": 1.25 }), &json!("high")));
    open.close().await;
}

#[tokio::test]
async fn a_payload_is_published_to_the_letter() {
    let open = open().await;
    let mut arrived = open.bus.subscribe("a", tradebus::SubscribeOptions::default()).await.unwrap();
    let mut socket = Socket::connect(&open, "pattern=none").await;
    let text =
        r#"{"kind":"publish","message":{"topic":"a","payload":{"px": 1.10, "n": 12345678901234567890}}}"#;
    socket.0.send(Frame::text(text)).await.unwrap();
    let delivery = arrived.next().await.unwrap();
    assert_eq!(&delivery.payload[..], br#"{"px": 1.10, "n": 12345678901234567890}"#);
    open.close().await;
}

#[tokio::test]
async fn nonsense_is_answered_and_the_connection_goes_on() {
    let open = open().await;
    let mut socket = Socket::connect(&open, "pattern=t").await;
    let cases = [
        (json!([]), "missing field `kind`"),
        (json!({ "kind": "dance" }), "unknown variant `dance`"),
        (json!({ "kind": "ack" }), "missing field `tag`"),
        (json!({ "kind": "ack", "tag": 1 }), "without a group there is nothing to acknowledge"),
        (json!({ "kind": "publish", "message": { "topic": "a b" } }), "topic: "),
        (json!({ "kind": "publish", "message": { "topic": "a" }, "x": 1 }), "unknown field `x`"),
    ];
    for (said, expected) in cases {
        socket.say(said.clone()).await;
        let heard = socket.hear().await;
        let detail = heard["detail"].as_str().unwrap_or_default();
        assert!(heard["kind"] == "error" && detail.contains(expected), "{said}: {heard}");
    }
    socket.0.send(Frame::binary(vec![1, 2])).await.unwrap();
    assert!(socket.hear().await["detail"].as_str().unwrap().contains("text frames"));
    open.publish("t", "1").await;
    assert_eq!(socket.hear().await["payload"], 1);
    open.close().await;
}

#[tokio::test]
async fn members_of_a_group_settle_what_they_get() {
    let open = open().await;
    let mut socket = Socket::connect(&open, "pattern=w.*&group=g&consumer=c&prefetch=2").await;
    for number in 0..3 {
        open.publish("w.x", &number.to_string()).await;
    }
    let (first, second) = (socket.hear().await, socket.hear().await);
    assert_eq!((&first["payload"], &second["payload"]), (&json!(0), &json!(1)));
    assert_eq!(first["deliveries"], 1);
    socket.say(json!({ "kind": "ack", "tag": 99 })).await;
    let heard = socket.hear().await;
    let detail = heard["detail"].as_str().expect("the answer comes before a third message");
    assert!(detail.contains("no unsettled message with the tag 99"), "{heard}");
    socket.say(json!({ "kind": "ack", "tag": first["tag"] })).await;
    let third = socket.hear().await;
    assert_eq!(third["payload"], 2);
    socket.say(json!({ "kind": "nack", "tag": second["tag"], "delay_ms": 0 })).await;
    let again = socket.hear().await;
    assert_eq!((&again["payload"], &again["deliveries"]), (&json!(1), &json!(2)));
    socket.say(json!({ "kind": "reject", "tag": again["tag"], "reason": "bad account" })).await;
    while open.get("/api/v1/dead").await.1["total"] != 1 {
        tokio::task::yield_now().await;
    }
    open.close().await;
}

#[tokio::test]
async fn what_a_client_leaves_behind_is_delivered_to_others() {
    let open = open().await;
    let mut gone = Socket::connect(&open, "pattern=w&group=g").await;
    open.publish("w", "5").await;
    assert_eq!(gone.hear().await["payload"], 5);
    let mut other = Socket::connect(&open, "pattern=w&group=g").await;
    drop(gone);
    let heard = other.hear().await;
    assert_eq!((&heard["payload"], &heard["deliveries"]), (&json!(5), &json!(2)));
    open.close().await;
}

#[tokio::test]
async fn what_a_client_has_not_looked_at_never_dies_of_its_leaving() {
    let open = open().await;
    for number in 0..2 {
        open.publish("early", &number.to_string()).await;
    }
    for time in 1..=4 {
        let mut socket = Socket::connect(&open, "pattern=early&group=g&from=earliest&prefetch=2").await;
        let mut deliveries = [0, 0];
        for _ in 0..2 {
            let heard = socket.hear().await;
            deliveries[heard["payload"].as_u64().unwrap() as usize] = heard["deliveries"].as_u64().unwrap();
        }
        // Whichever the client got first may be what it fails at.
        assert!(deliveries.contains(&1) || time > 1, "{deliveries:?}");
        assert!(
            deliveries.iter().sum::<u64>() <= time + 1,
            "only one of them counts each time: {deliveries:?}"
        );
    }
    open.close().await;
}

#[tokio::test]
async fn a_node_that_is_stopped_says_so() {
    let open = open().await;
    let mut all = Socket::connect(&open, "pattern=t").await;
    let mut member = Socket::connect(&open, "pattern=t&group=g").await;
    let Open { gateway, bus, .. } = open;
    let closing = tokio::spawn(gateway.close(crate::support::PATIENCE));
    for socket in [&mut all, &mut member] {
        let heard = socket.hear().await;
        assert_eq!((&heard["kind"], &heard["reason"]), (&json!("end"), &json!("the node is being stopped")));
    }
    drop((all, member));
    closing.await.unwrap();
    let _ = bus.close().await;
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_socket() {
    let open = open().await;
    let url = open.url("/api/v1/subscribe?pattern=*").replacen("http", "ws", 1);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    let error = connect_async(request).await.unwrap_err();
    assert!(error.to_string().contains("403"), "{error}");
    open.close().await;
}

//! Reads the stream of a `NautilusTrader` node, from its oldest entry on.
//!
//! The node has `MessageBusConfig(database=..., stream_per_topic=False, streams_prefix="stream")`. Without a server, the
//! example puts an entry where the node would.
//!
//!     TRADEBUS_STORE=redis://127.0.0.1:6379 cargo run -p tradebus --example nautilus_stream

use std::time::Duration;

use tradebus::store::NewEntry;
use tradebus::{Bus, BusConfig, StartFrom, StreamKey, SubscribeOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::var("TRADEBUS_STORE").unwrap_or_else(|_| "memory:".to_owned());
    let bus = Bus::connect(BusConfig { store: Some(store.into()), ..BusConfig::default() }).await?;
    let stream = StreamKey::from("trader-TRADER-001:stream");
    if std::env::var_os("TRADEBUS_STORE").is_none() {
        write_as_a_node_would(&bus, &stream).await?;
    }

    let options = SubscribeOptions::default().stream(stream).from(StartFrom::Earliest);
    let mut entries = bus.subscribe("data.*", options).await?;
    // Ends a second after the last entry; a program that follows the node would not.
    while let Ok(Some(entry)) = tokio::time::timeout(Duration::from_secs(1), entries.next()).await {
        // Whether the node writes JSON or MessagePack makes no difference here.
        let payload = entry.payload_json().unwrap_or_else(|| format!("{} bytes", entry.payload.len()));
        println!("{} {} {} {payload}", entry.id, entry.topic, entry.payload_type());
    }
    let _ = bus.close().await;
    Ok(())
}

async fn write_as_a_node_would(bus: &Bus, stream: &StreamKey) -> Result<(), tradebus::StoreError> {
    let quote = br#"{"type":"QuoteTick","instrument_id":"BTCUSDT.BINANCE","bid_price":"67000.10"}"#;
    let fields = [(&b"topic"[..], &b"data.quotes.BINANCE.BTCUSDT"[..]), (b"payload", quote)];
    let mut appender = bus.store().appender("node").await?;
    appender.send(&[NewEntry { stream, fields: &fields }]).await?;
    let mut ids = Vec::new();
    appender.receive(&mut ids).await
}

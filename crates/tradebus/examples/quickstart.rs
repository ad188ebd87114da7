//! Publish a quote and receive it.
//!
//!     cargo run -p tradebus --example quickstart
//!     TRADEBUS_STORE=redis://127.0.0.1:6379 cargo run -p tradebus --example quickstart

use tradebus::{Bus, BusConfig, Message, SubscribeOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::var("TRADEBUS_STORE").unwrap_or_else(|_| "memory:".to_owned());
    let bus = Bus::connect(BusConfig { store: Some(store.into()), ..BusConfig::default() }).await?;

    // `*` is any run of bytes, dots included; `?` is exactly one.
    let mut quotes = bus.subscribe("data.quotes.*", SubscribeOptions::default()).await?;

    let quote = Message::new("data.quotes.BINANCE.BTCUSDT", r#"{"bid":"67000.10","ask":"67000.20"}"#)?;
    // `publish` returns when the message is queued; its receipt, when the store has it.
    let receipt = bus.publish(quote.type_name("QuoteTick")).await?;
    println!("stored as {}", receipt.await?);

    if let Some(delivery) = quotes.next().await {
        let json = delivery.payload_json().unwrap_or_default();
        println!("{} {} {json}", delivery.topic, delivery.payload_type());
    }

    // Everything that was accepted is stored before this returns, or counted here.
    let closed = bus.close().await;
    assert_eq!(closed.unconfirmed, 0);
    Ok(())
}

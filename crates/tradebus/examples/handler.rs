//! A handler that runs beside the rest of the program. One that fails is counted, and the next message follows.
//!
//!     cargo run -p tradebus --example handler

use tradebus::{Bus, BusConfig, Delivery, Message, SubscribeOptions};

async fn on_fill(delivery: Delivery) -> Result<(), serde_json::Error> {
    let fill: serde_json::Value = serde_json::from_slice(&delivery.payload)?;
    println!("{}: {} lots at {}", delivery.topic, fill["quantity"], fill["price"]);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::var("TRADEBUS_STORE").unwrap_or_else(|_| "memory:".to_owned());
    let bus = Bus::connect(BusConfig { store: Some(store.into()), ..BusConfig::default() }).await?;
    let mut fills = bus.subscribe_with("events.fills.*", SubscribeOptions::default(), on_fill).await?;
    let mut seen = bus.subscribe("events.fills.*", SubscribeOptions::default()).await?;

    for payload in [r#"{"quantity":3,"price":101.5}"#, "no JSON", r#"{"quantity":1,"price":101.75}"#] {
        bus.publish(Message::new("events.fills.S-1", payload)?).await?.await?;
    }
    for _ in 0..3 {
        seen.next().await;
    }

    // Closing reads nothing more; the handler still gets what has arrived.
    let _ = bus.close().await;
    fills.finished().await;
    println!("{} of 3 messages could not be handled", bus.metrics().handler_errors);
    Ok(())
}

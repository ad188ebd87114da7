//! A risk alert overtakes the bulk data in front of it.
//!
//!     cargo run -p tradebus --example priorities

use tradebus::{BufferOverrides, Bus, BusConfig, Message, OnFull, Priority, SubscribeOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::var("TRADEBUS_STORE").unwrap_or_else(|_| "memory:".to_owned());
    let mut config = BusConfig { store: Some(store.into()), ..BusConfig::default() };
    // Each tier has a queue of its own. Bulk data that nobody waits for may be dropped when there is too much of it.
    let bulk = BufferOverrides { on_full: Some(OnFull::DropOldest), ..BufferOverrides::default() };
    config.priority_buffers.insert(Priority::Low, bulk);
    let bus = Bus::connect(config).await?;
    let mut all = bus.subscribe("demo.*", SubscribeOptions::default()).await?;

    let mut stored = Vec::new();
    for n in 0..1_000 {
        let bar = Message::new("demo.history", n.to_string())?.priority(Priority::Low);
        stored.push(bus.publish(bar).await?);
    }
    for receipt in stored {
        receipt.await?;
    }
    let alert = Message::new("demo.alert", r#"{"limit":"gross"}"#)?.priority(Priority::Critical);
    bus.publish(alert).await?.await?;

    let mut before = 0;
    while let Some(delivery) = all.next().await {
        if delivery.priority == Priority::Critical {
            println!("{} arrived after {before} of 1000 bulk messages", delivery.topic);
            break;
        }
        before += 1;
    }
    for tier in bus.metrics().tiers {
        let latency = tier.publish_latency;
        println!("{:>8}: {} stored, {:.3} ms at the median", tier.priority, latency.count, latency.p50_ms);
    }
    let _ = bus.close().await;
    Ok(())
}

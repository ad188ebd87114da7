//! The Redis port alone, until Ctrl-C: `cargo run --release -p tradebus-engine --example serve -- 127.0.0.1:6390`.

use tradebus_engine::Engine;
use tradebus_engine::server::{Server, ServerOptions};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:6390".to_owned());
    let server = Server::bind(Engine::new(), ServerOptions::default(), address).await?;
    println!("{}", server.local_addr());
    server
        .run(async {
            // Without a handler for the signal, the process ends by it all the same.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
    Ok(())
}

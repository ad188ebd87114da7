//! Serves an empty store at an address: `cargo run --release -p tradebus-engine --example serve -- 127.0.0.1:7777 [DIRECTORY]`.
//!
//! With a directory the store is durable and lives there. For trying clients and test suites of others against the port.

use std::path::PathBuf;

use tradebus_engine::server::{Server, ServerOptions};
use tradebus_engine::{Engine, LogOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:7777".to_owned());
    let engine = match args.next() {
        Some(directory) => Engine::open(&LogOptions::new(PathBuf::from(directory)))?.0,
        None => Engine::new(),
    };
    let server = Server::bind(engine.clone(), ServerOptions::default(), &address).await?;
    println!("{}", server.local_addr());
    server
        .run(async {
            // Without a signal handler it is ended by the signal itself.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
    engine.close();
    Ok(())
}

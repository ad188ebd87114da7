//! Serves a store at an address, for trying the clients and test suites of others against the port:
//! `cargo run --release -p tradebus-engine --example serve -- 127.0.0.1:7777 [DIRECTORY [CERTIFICATE KEY]]`.
//!
//! In a directory the store is durable; `-` stands for none, and the store is in memory. With a certificate the port is encrypted.

use std::path::Path;

use tradebus_engine::server::{Server, ServerOptions, Tls};
use tradebus_engine::{Engine, LogOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let address = args.first().map_or("127.0.0.1:7777", String::as_str);
    let engine = match args.get(1).map(String::as_str) {
        None | Some("-") => Engine::new(),
        Some(directory) => Engine::open(&LogOptions::new(directory))?.0,
    };
    let tls = match args.get(2..4) {
        Some([certificate, key]) => Some(Tls::load(Path::new(certificate), Path::new(key))?),
        _ => None,
    };
    let options = ServerOptions { tls, ..ServerOptions::default() };
    let server = Server::bind(engine.clone(), options, address).await?;
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

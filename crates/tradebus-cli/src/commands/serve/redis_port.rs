//! The port at which the embedded engine answers the Redis protocol.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tradebus_engine::Engine;
use tradebus_engine::server::{Server, ServerOptions};

use crate::failure::{Failure, Outcome};

/// Where clients look that were told nothing else.
const DEFAULT: &str = "127.0.0.1:6379";
/// How long connections have to finish what they have begun.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the embedded engine answers.
#[derive(clap::Args)]
pub(super) struct PortOptions {
    /// Address at which the embedded engine answers the Redis protocol, or `none`.
    #[arg(long, value_name = "ADDR", value_parser = parse_address)]
    #[arg(
        help = "Address at which the embedded engine answers the Redis protocol, or none [default: 127.0.0.1:6379]"
    )]
    resp: Option<Address>,

    /// Password that clients of --resp must give; required for an address that others can reach.
    #[arg(long, value_name = "PASSWORD")]
    resp_password: Option<String>,
}

/// What `--resp` names.
#[derive(Clone, Copy)]
enum Address {
    At(SocketAddr),
    Nowhere,
}

fn parse_address(text: &str) -> Result<Address, String> {
    if text == "none" {
        return Ok(Address::Nowhere);
    }
    text.parse()
        .map(Address::At)
        .map_err(|_| "write an address and a port such as 127.0.0.1:6379, or none".to_owned())
}

/// An open port.
pub(super) struct RedisPort {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl PortOptions {
    /// Whether the command line speaks of the port.
    pub(super) fn are_given(&self) -> bool {
        self.resp.is_some() || self.resp_password.is_some()
    }

    /// Opens the port, unless none is wanted.
    pub(super) async fn open(&self, engine: Engine) -> Outcome<Option<RedisPort>> {
        let address = match self.resp {
            Some(Address::Nowhere) => return Ok(None),
            Some(Address::At(address)) => address,
            None => DEFAULT.parse().expect("the default is an address"),
        };
        if !address.ip().is_loopback() && self.resp_password.is_none() {
            return Err(Failure::usage(format!(
                "{address} can be reached by others: --resp needs --resp-password there"
            )));
        }
        let password = self.resp_password.clone().map(Into::into);
        let options = ServerOptions { password, ..ServerOptions::default() };
        let server = match Server::bind(engine, options, address).await {
            Ok(server) => server,
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(taken(address).await),
            Err(error) => return Err(Failure::failed(format!("cannot listen at {address}: {error}"))),
        };
        let (stop, stopped) = oneshot::channel();
        let address = server.local_addr();
        let server = tokio::spawn(server.run(async {
            // That nobody can stop it any more is a reason to stop, too.
            let _ = stopped.await;
        }));
        Ok(Some(RedisPort { address, stop, server }))
    }
}

/// Says who has the port, and what helps.
async fn taken(address: SocketAddr) -> Failure {
    let who = if is_redis(address).await {
        "a Redis answers there"
    } else {
        "something that is no Redis listens there"
    };
    Failure::failed(format!(
        "{address} is taken: {who}; --store redis://{address} runs over it, --resp ADDR answers at another address"
    ))
}

async fn is_redis(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(b"PING\r\n").await.ok()?;
        let mut answer = [0; 1];
        stream.read_exact(&mut answer).await.ok()?;
        // Also a Redis that wants a password answers, with an error.
        Some(matches!(answer[0], b'+' | b'-'))
    };
    timeout(Duration::from_secs(1), ask).await.ok().flatten().unwrap_or(false)
}

impl RedisPort {
    /// Ends all connections, each after the commands that it has begun.
    pub(super) async fn close(self) {
        let _ = self.stop.send(());
        let _ = timeout(PATIENCE, self.server).await;
    }
}

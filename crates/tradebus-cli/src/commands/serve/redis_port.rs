//! The port at which the embedded engine answers the Redis protocol.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tradebus_engine::Engine;
use tradebus_engine::server::{Server, ServerOptions, Tls};

use super::address::{self, Address};
use crate::failure::{Failure, Outcome};

/// Where clients look that were told nothing else.
const DEFAULT: &str = "127.0.0.1:6379";
/// How long connections have to finish what they have begun.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the embedded engine answers.
#[derive(clap::Args)]
pub(super) struct PortOptions {
    /// Address at which the embedded engine answers the Redis protocol, or `none`.
    #[arg(long, value_name = "ADDR", value_parser = address::parse)]
    #[arg(
        help = "Address at which the embedded engine answers the Redis protocol, or none [default: 127.0.0.1:6379]"
    )]
    resp: Option<Address>,

    /// Password that clients of --resp must give; required for an address that others can reach.
    #[arg(long, value_name = "PASSWORD")]
    #[arg(
        help = "Password that clients of --resp must give; required for an address that others can reach [env: TRADEBUS_RESP_PASSWORD, or a file: TRADEBUS_RESP_PASSWORD_FILE]"
    )]
    resp_password: Option<String>,

    /// Certificate of the port, a PEM file with the whole chain: clients must speak TLS then.
    #[arg(long, value_name = "FILE", requires = "resp_tls_key")]
    resp_tls_cert: Option<PathBuf>,

    /// Private key of --resp-tls-cert, a PEM file.
    #[arg(long, value_name = "FILE", requires = "resp_tls_cert")]
    resp_tls_key: Option<PathBuf>,
}

/// An open port.
pub(super) struct RedisPort {
    address: SocketAddr,
    encrypted: bool,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl PortOptions {
    /// Whether the command line speaks of the port.
    pub(super) fn are_given(&self) -> bool {
        self.resp.is_some() || self.resp_password.is_some() || self.resp_tls_cert.is_some()
    }

    /// Opens the port, unless none is wanted.
    pub(super) async fn open(&self, engine: Engine) -> Outcome<Option<RedisPort>> {
        let address = match self.resp {
            Some(Address::Nowhere) => return Ok(None),
            Some(Address::At(address)) => address,
            None => DEFAULT.parse().expect("the default is an address"),
        };
        let password = self.password()?;
        if !address.ip().is_loopback() && password.is_none() {
            return Err(Failure::usage(format!(
                "{address} can be reached by others: --resp needs --resp-password there, or TRADEBUS_RESP_PASSWORD"
            )));
        }
        let tls = self.tls()?;
        let encrypted = tls.is_some();
        let options = ServerOptions { password, tls, ..ServerOptions::default() };
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
        Ok(Some(RedisPort { address, encrypted, stop, server }))
    }

    /// The password, from the flag, the environment, or the file that the environment names.
    fn password(&self) -> Outcome<Option<SecretString>> {
        if let Some(password) = &self.resp_password {
            tracing::warn!(
                "the password in --resp-password can be seen in the list of processes; TRADEBUS_RESP_PASSWORD hides it"
            );
            return Ok(Some(password.as_str().into()));
        }
        if let Some(password) = environment("TRADEBUS_RESP_PASSWORD") {
            return Ok(Some(password.into()));
        }
        let Some(file) = environment("TRADEBUS_RESP_PASSWORD_FILE") else { return Ok(None) };
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::usage(format!("TRADEBUS_RESP_PASSWORD_FILE: {file}: {error}")))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err(Failure::usage(format!("TRADEBUS_RESP_PASSWORD_FILE: {file} is empty"))),
            password => Ok(Some(password.into())),
        }
    }

    fn tls(&self) -> Outcome<Option<Tls>> {
        let (Some(certificate), Some(key)) = (&self.resp_tls_cert, &self.resp_tls_key) else {
            return Ok(None);
        };
        Tls::load(certificate, key).map(Some).map_err(|error| Failure::usage(error.to_string()))
    }
}

/// A variable that is set to something.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
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
    /// Where clients find it.
    pub(super) fn url(&self) -> String {
        format!("{}://{}", if self.encrypted { "rediss" } else { "redis" }, self.address)
    }

    /// Ends all connections, each after the commands that it has begun.
    pub(super) async fn close(self) {
        let _ = self.stop.send(());
        let _ = timeout(PATIENCE, self.server).await;
    }
}

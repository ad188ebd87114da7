//! The address at which the gateway answers: API, metrics and the page.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tradebus_engine::server::Tls;
use tradebus_gateway::{Gateway, GatewayError, GatewaySettings, Node};

use super::address::{self, Address};
use crate::failure::{Failure, Outcome};
use crate::token;

/// Where a person looks who was told nothing else.
const DEFAULT: &str = "127.0.0.1:8787";

/// Where the gateway answers, and to whom.
#[derive(clap::Args)]
pub(super) struct HttpOptions {
    /// Address of the page, the HTTP API and the metrics, or `none`.
    #[arg(long, value_name = "ADDR", env = "TRADEBUS_HTTP", value_parser = address::parse)]
    #[arg(help = "Address of the page, the HTTP API and the metrics, or none [default: 127.0.0.1:8787]")]
    http: Option<Address>,

    /// File with the token that callers of --http must know; required for an address that others can reach.
    #[arg(long, value_name = "FILE", env = "TRADEBUS_HTTP_TOKEN_FILE")]
    http_token_file: Option<PathBuf>,

    /// Name by which browsers call this machine, if not by its address; again for more.
    #[arg(long, value_name = "NAME")]
    http_host: Vec<String>,

    /// Certificate for --http, a PEM file with the whole chain: callers must speak TLS then.
    #[arg(long, value_name = "FILE", requires = "http_tls_key")]
    http_tls_cert: Option<PathBuf>,

    /// Private key of --http-tls-cert, a PEM file.
    #[arg(long, value_name = "FILE", requires = "http_tls_cert")]
    http_tls_key: Option<PathBuf>,
}

impl HttpOptions {
    /// Opens the gateway, unless none is wanted. That the address is taken which nobody asked for is only said.
    pub(super) async fn open(&self, node: Node) -> Outcome<Option<Gateway>> {
        let Some(settings) = self.settings()? else { return Ok(None) };
        match Gateway::open(settings, node).await {
            Ok(gateway) => Ok(Some(gateway)),
            Err(error @ GatewayError::Taken { .. }) if self.http.is_none() => {
                tracing::warn!("no page and no HTTP API: {error}; --http ADDR opens them elsewhere");
                Ok(None)
            }
            Err(error @ GatewayError::Open { .. }) => {
                Err(Failure::usage(format!("--http: {error}: --http-token-file FILE")))
            }
            Err(error) => Err(Failure::failed(format!("--http: {error}"))),
        }
    }

    /// Looks at the options before anything is opened; `None` if no gateway is wanted.
    pub(super) fn settings(&self) -> Outcome<Option<GatewaySettings>> {
        let address: SocketAddr = match self.http {
            Some(Address::Nowhere) => return Ok(None),
            Some(Address::At(address)) => address,
            None => DEFAULT.parse().expect("the default is an address"),
        };
        let mut settings = GatewaySettings::new(address);
        settings.token =
            self.http_token_file.as_deref().map(|file| token::read(file, "--http-token-file")).transpose()?;
        settings.hosts.clone_from(&self.http_host);
        settings.tls = self.tls()?;
        Ok(Some(settings))
    }

    fn tls(&self) -> Outcome<Option<Arc<tradebus_gateway::TlsConfig>>> {
        let (Some(certificate), Some(key)) = (&self.http_tls_cert, &self.http_tls_key) else {
            return Ok(None);
        };
        let tls = Tls::load(certificate, key).map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Some(tls.config()))
    }
}

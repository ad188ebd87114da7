//! Where a gateway listens, whom it lets in, and how much it takes on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

/// How a gateway is run.
#[derive(Clone)]
#[non_exhaustive]
pub struct GatewaySettings {
    /// Where it listens.
    pub address: SocketAddr,
    /// What callers must know; without one, everybody who can reach the address may do everything.
    pub token: Option<SecretString>,
    /// Names by which it may be called, besides `localhost` and addresses: a page of another site that lets its name lead here
    /// is refused.
    pub hosts: Vec<String>,
    /// Its certificate and key: callers must speak TLS then.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// How much it takes on.
    pub limits: Limits,
}

impl GatewaySettings {
    /// At this address, open to everybody who can reach it, with the usual limits.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, token: None, hosts: Vec::new(), tls: None, limits: Limits::default() }
    }
}

/// How much a gateway takes on. Beyond, it says no, and says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time.
    pub connections: usize,
    /// Subscriptions at one time.
    pub subscriptions: usize,
    /// Subscriptions of one client address at one time.
    pub subscriptions_per_client: usize,
    /// Requests a second of one client address, on average; twice as many may come at once.
    pub requests_per_second: u32,
    /// Wrong tokens of one client address in a minute.
    pub wrong_tokens_per_minute: u32,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Messages of a body.
    pub messages: usize,
    /// How long the head of a request may take to come.
    pub head_time: Duration,
    /// How long a request may take, its body included.
    pub request_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            subscriptions: 8_192,
            subscriptions_per_client: 4_096,
            requests_per_second: 5_000,
            wrong_tokens_per_minute: 10,
            body_bytes: 8 << 20,
            messages: 1_000,
            head_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
        }
    }
}

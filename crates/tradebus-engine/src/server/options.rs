//! What can be set.

use secrecy::SecretString;
use tradebus_resp::RequestLimits;

use super::Tls;

/// How a [`Server`](super::Server) treats its clients.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// What clients must show before anything else; without one, everybody is welcome.
    pub password: Option<SecretString>,
    /// With it, only those who speak TLS are welcome.
    pub tls: Option<Tls>,
    /// Connections at the same time; one more is told so and closed.
    pub max_clients: usize,
    /// What a single request may be.
    pub request: RequestLimits,
    /// Bytes of a client that may be kept here: of an unfinished request, of the commands of an open transaction, and of the
    /// keys and channels that it wants to hear of.
    pub max_input_bytes: usize,
    /// Bytes of replies that may wait for a client that does not read them. One that lets more pile up is disconnected.
    pub max_output_bytes: usize,
    /// Bytes of messages of channels that may wait for a subscriber that does not read them, likewise. The default, 32 MiB, is
    /// what Redis allows.
    pub max_letter_bytes: usize,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            password: None,
            tls: None,
            max_clients: 10_000,
            request: RequestLimits::default(),
            max_input_bytes: 1024 * 1024 * 1024,
            max_output_bytes: 512 * 1024 * 1024,
            max_letter_bytes: 32 * 1024 * 1024,
        }
    }
}

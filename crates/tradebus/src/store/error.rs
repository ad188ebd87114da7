//! What can go wrong with a store.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tradebus_engine::OpenError;

use crate::StreamKey;
use crate::config::LocationError;

/// Why a store did not do what it was asked. Cheap to clone: one lost connection fails many messages.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store URL is none.
    #[error(transparent)]
    Url(#[from] LocationError),
    /// The directory of an embedded store cannot be opened.
    #[error("{source}")]
    Open {
        /// What is wrong, and where.
        source: Arc<OpenError>,
    },
    /// Nothing answers there.
    #[error("cannot connect to {server}: {source}")]
    Connect {
        /// Address of the server.
        server: Arc<str>,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The file that `tls_ca_file` names cannot be used.
    #[error("tls_ca_file: {}: {reason}", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No encrypted connection can be made: the server does not speak TLS, or its certificate is not trusted.
    #[error("no secure connection to {server}: {reason}; {help}")]
    Insecure {
        /// Address of the server.
        server: Arc<str>,
        /// What is wrong.
        reason: String,
        /// What can be done.
        help: &'static str,
    },
    /// The connection was lost.
    #[error("the connection to {server} was lost: {source}")]
    Disconnected {
        /// Address of the server.
        server: Arc<str>,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The server is there but does not answer.
    #[error("{server} did not answer {what} within {} ms", after.as_millis())]
    TimedOut {
        /// Address of the server.
        server: Arc<str>,
        /// What it was asked.
        what: &'static str,
        /// How long it had.
        after: Duration,
    },
    /// Whoever answers does not speak the Redis protocol.
    #[error("{server} does not speak the Redis protocol: {detail}")]
    Protocol {
        /// Address of the server.
        server: Arc<str>,
        /// What was wrong.
        detail: String,
    },
    /// User or password are wrong, or one is needed.
    #[error(
        "{server} refuses the login: {detail}; give user and password in the store URL or as redis_username and redis_password"
    )]
    Login {
        /// Address of the server.
        server: Arc<str>,
        /// The server's words.
        detail: String,
    },
    /// The server is too old.
    #[error("{server} runs Redis {version}; tradebus needs 6.2 or newer")]
    TooOld {
        /// Address of the server.
        server: Arc<str>,
        /// What it calls its version.
        version: String,
    },
    /// The key exists but is no stream.
    #[error(
        "the key `{stream}` holds another type than a stream; remove it, or use another streams_prefix or stream"
    )]
    WrongType {
        /// The key.
        stream: StreamKey,
    },
    /// There is no such stream, or it has no such consumer group.
    #[error("there is no stream `{stream}` with a consumer group `{group}`")]
    NoGroup {
        /// The stream.
        stream: StreamKey,
        /// The group.
        group: String,
    },
    /// The store cannot take it now but may later: it is loading, full, read only, or out of memory.
    #[error("{server} cannot do it now: {detail}")]
    Unavailable {
        /// Address of the server.
        server: Arc<str>,
        /// The server's words.
        detail: String,
    },
    /// The store refuses, and would again.
    #[error("{server} refuses: {detail}")]
    Refused {
        /// Address of the server.
        server: Arc<str>,
        /// The server's words.
        detail: String,
    },
}

impl StoreError {
    /// Whether the same request may succeed later without anybody changing it.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. }
                | Self::Disconnected { .. }
                | Self::TimedOut { .. }
                | Self::Unavailable { .. }
        )
    }

    /// Whether the connection that it came from is of no further use.
    pub fn ends_connection(&self) -> bool {
        !matches!(
            self,
            Self::WrongType { .. } | Self::NoGroup { .. } | Self::Unavailable { .. } | Self::Refused { .. }
        )
    }
}

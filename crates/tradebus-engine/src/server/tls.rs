//! Encrypted connections.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A client that has not shown by then that it speaks TLS is none.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// What a server shows to its clients, and how it talks to them: TLS 1.2 and 1.3.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file does not hold what is looked for.
    #[error("{} has no {wanted} in PEM form", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is looked for.
        wanted: &'static str,
    },
    /// A file is no PEM.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The certificate and the key cannot be used, or not with each other.
    #[error("{} and {} cannot be used together: {source}", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

impl Tls {
    /// Loads a certificate (a chain with the server's own in front) and its private key from files in PEM form. Reads files, which
    /// blocks.
    ///
    /// # Errors
    /// When a file cannot be read, does not hold what is looked for, or the key does not belong to the certificate. No error shows
    /// anything of the key.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| TlsError::new(certificate, "certificate", error))?;
        if chain.is_empty() {
            return Err(TlsError::new(certificate, "certificate", pem::Error::NoItemsFound));
        }
        let private = "private key that is not encrypted itself";
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::new(key, private, error))?;
        // Named, since a process in which others use rustls too may have another default.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret));
        let config = config.map_err(|source| TlsError::Unusable {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })?;
        Ok(Self::from(Arc::new(config)))
    }

    /// The configuration itself, for a server of another kind.
    pub fn config(&self) -> Arc<rustls::ServerConfig> {
        self.acceptor.config().clone()
    }

    /// Makes sure that a client speaks TLS, within a time. Cancel safe, as the connection ends with the future.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let handshake = self.acceptor.accept(stream);
        tokio::time::timeout(HANDSHAKE_TIME, handshake)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl From<Arc<rustls::ServerConfig>> for Tls {
    /// What was configured elsewhere: other certificates for other names, certificates of clients.
    fn from(config: Arc<rustls::ServerConfig>) -> Self {
        Self { acceptor: config.into() }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl TlsError {
    fn new(path: &Path, wanted: &'static str, error: pem::Error) -> Self {
        let path = path.to_owned();
        match error {
            pem::Error::Io(source) => Self::Unreadable { path, source },
            pem::Error::NoItemsFound => Self::Missing { path, wanted },
            other => Self::Damaged { path, reason: other.to_string() },
        }
    }
}

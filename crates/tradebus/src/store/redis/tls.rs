//! Encrypted connections to a server, which has to prove who it is.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::store::StoreError;

/// What every encrypted connection to one server has in common.
#[derive(Clone)]
pub(super) struct Encryption {
    connector: TlsConnector,
    /// The name that the server's certificate has to hold.
    name: ServerName<'static>,
    server: Arc<str>,
}

impl Encryption {
    /// Prepares TLS 1.2 and 1.3 to `host`, for which the certificates in a file may vouch, or those that the system trusts.
    pub(super) fn new(host: &str, server: Arc<str>, authorities: Option<&Path>) -> Result<Self, StoreError> {
        let roots = match authorities {
            Some(file) => from_file(file)?,
            None => of_the_system(&server)?,
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| StoreError::Insecure {
            server: server.clone(),
            reason: error.to_string(),
            help: "the store URL has to name a host for which there can be a certificate",
        })?;
        // Named, since a process in which others use rustls too may have another default.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has the default versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: Arc::new(config).into(), name, server })
    }

    /// Shakes hands. Cancel safe, as the connection ends with the future.
    pub(super) async fn connect(&self, socket: TcpStream) -> Result<TlsStream<TcpStream>, StoreError> {
        self.connector.connect(self.name.clone(), socket).await.map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> StoreError {
        let server = self.server.clone();
        let cause = source.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        let help = match cause {
            Some(rustls::Error::InvalidCertificate(_)) => {
                "an authority of your own is named with tls_ca_file, and the store URL has to name the host as the certificate does"
            }
            Some(_) => "a server without TLS is reached by redis://",
            None => return StoreError::Connect { server, source: Arc::new(source) },
        };
        StoreError::Insecure { server, reason: source.to_string(), help }
    }
}

fn from_file(file: &Path) -> Result<RootCertStore, StoreError> {
    let unusable = |reason: String| StoreError::Authorities { path: file.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it has no certificate in PEM form".to_owned()));
    }
    Ok(roots)
}

/// Certificates that cannot be read are left out, as other programs do: some systems have a few.
fn of_the_system(server: &Arc<str>) -> Result<RootCertStore, StoreError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(StoreError::Insecure {
            server: server.clone(),
            reason: "this system trusts no authority".to_owned(),
            help: "install the package ca-certificates, or name an authority with tls_ca_file",
        });
    }
    Ok(roots)
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encryption").field("name", &self.name).finish_non_exhaustive()
    }
}

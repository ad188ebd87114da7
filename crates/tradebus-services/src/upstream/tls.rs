//! Encryption that needs nothing installed for the whole process.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// TLS 1.2 and 1.3 to servers for which an authority in the file vouches, or one that the system trusts.
///
/// A system without any authority gives a client that reaches no `https` server; it says so when it is asked to.
///
/// # Errors
///
/// When the file cannot be read or has no certificate: what is wrong with it.
pub fn client_config(authorities: Option<&Path>) -> Result<ClientConfig, String> {
    let roots = match authorities {
        Some(file) => from_file(file)?,
        None => of_the_system(),
    };
    // Named, since a process in which others use rustls too may have another default, or none.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be read are left out, as other programs do: some systems have a few.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn from_file(file: &Path) -> Result<RootCertStore, String> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("it has no certificate in PEM form".to_owned());
    }
    Ok(roots)
}

//! Encryption that needs nothing installed for the whole process.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// TLS 1.2 and 1.3 to servers for which an authority vouches that the system trusts.
///
/// A system without any authority gives a client that reaches no `https` server; it says so when it is asked to.
pub(crate) fn client_config() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be read are left out, as other programs do: some systems have a few.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    // Named, since a process in which others use rustls too may have another default, or none.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

//! Encrypted connections, to a server that has to prove who it is.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::quick;
use crate::upstream::{Upstream, UpstreamConfig, UpstreamError};

/// A server that answers all requests alike, over TLS.
struct Server {
    url: String,
    directory: tempfile::TempDir,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn server(answer: &'static str) -> Server {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ca.pem"), cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let task = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            // Who does not trust us hangs up.
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(socket.read_u8().await.unwrap());
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
        }
    });
    Server { url, directory, task }
}

fn trusting(server: &Server) -> UpstreamConfig {
    UpstreamConfig { tls_ca_file: Some(server.directory.path().join("ca.pem")), ..quick(&server.url) }
}

#[tokio::test]
async fn a_server_with_a_known_authority_is_believed() {
    let server =
        server("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}").await;
    let answer = Upstream::new(trusting(&server)).unwrap().get(&["x"], &[]).await.unwrap();
    assert_eq!(&answer.body[..], b"{}");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not() {
    let server = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    let error = Upstream::new(UpstreamConfig { retries: 0, ..quick(&server.url) })
        .unwrap()
        .get(&["x"], &[])
        .await
        .unwrap_err();
    assert!(matches!(error, UpstreamError::Unreachable { unsent: true, .. }), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_redirect_does_not_lead_out_of_encryption() {
    let server =
        server("HTTP/1.1 302 Found\r\nlocation: http://localhost/x\r\ncontent-length: 0\r\n\r\n").await;
    let error = Upstream::new(trusting(&server)).unwrap().get(&["x"], &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer cannot be used: it leads elsewhere: from https to http");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let config = UpstreamConfig { tls_ca_file: Some(file.path().to_owned()), ..quick("https://localhost") };
    let error = Upstream::new(config).unwrap_err();
    assert_eq!(error.problems()[0].field, "tls_ca_file");
}

//! Encrypted connections: to whom they are made, and to whom not.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tradebus::{Bus, BusConfig, ConnectError, StoreError, SubscribeOptions};
use tradebus_engine::Engine;
use tradebus_engine::server::{Server, ServerOptions, Tls};

use crate::support::{RedisServer, config, free_port, number_of, numbered, within};

/// A certificate for `localhost` that vouches for itself.
struct Identity {
    directory: TempDir,
}

impl Identity {
    fn valid_until(year: i32) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("certificate"), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(directory.path().join("key"), key.serialize_pem()).unwrap();
        Self { directory }
    }

    fn certificate(&self) -> PathBuf {
        self.directory.path().join("certificate")
    }

    fn key(&self) -> PathBuf {
        self.directory.path().join("key")
    }

    /// A server with a second port for encrypted connections.
    fn redis(&self) -> (RedisServer, u16) {
        let server = RedisServer::start(&[]);
        let (certificate, key) = (self.certificate(), self.key());
        let files = format!(
            "tls-cert-file {} tls-key-file {} tls-ca-cert-file {} tls-auth-clients no",
            certificate.display(),
            key.display(),
            certificate.display()
        );
        let port = free_port();
        server.tell(&format!("CONFIG SET {files} tls-port {port}"));
        (server, port)
    }

    async fn engine(&self) -> u16 {
        let tls = Some(Tls::load(&self.certificate(), &self.key()).unwrap());
        let options = ServerOptions { tls, ..ServerOptions::default() };
        let server = Server::bind(Engine::new(), options, "127.0.0.1:0").await.unwrap();
        let port = server.local_addr().port();
        tokio::spawn(server.run(std::future::pending()));
        port
    }

    fn config(&self, url: &str) -> BusConfig {
        BusConfig { tls_ca_file: Some(self.certificate()), ..config(url) }
    }
}

async fn refused(config: BusConfig) -> StoreError {
    match within("an answer", Bus::connect(config)).await {
        Err(ConnectError::Store(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Sends a thousand messages and receives them again.
async fn works(config: BusConfig) {
    let bus = within("a bus", Bus::connect(config)).await.unwrap();
    let mut subscription = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    let mut receipts = Vec::new();
    for n in 0..1000 {
        receipts.push(bus.publish(numbered("t", n)).await.unwrap());
    }
    for n in 0..1000 {
        assert_eq!(number_of(&within("a message", subscription.next()).await.unwrap()), n);
    }
    for receipt in receipts {
        within("a receipt", receipt).await.unwrap();
    }
}

#[tokio::test]
async fn messages_go_both_ways() {
    let identity = Identity::valid_until(4000);
    let (_server, port) = identity.redis();
    works(identity.config(&format!("rediss://localhost:{port}"))).await;
    let port = identity.engine().await;
    works(identity.config(&format!("valkeys://localhost:{port}"))).await;
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_is_left_alone() {
    let (identity, stranger, old) =
        (Identity::valid_until(4000), Identity::valid_until(4000), Identity::valid_until(2020));
    let (_server, port) = identity.redis();
    let url = format!("rediss://localhost:{port}");
    let cases = [
        (stranger.config(&url), "invalid peer certificate"),
        (identity.config(&format!("rediss://127.0.0.1:{port}")), "not valid for name \"127.0.0.1\""),
        (old.config(&format!("rediss://localhost:{}", old.engine().await)), "expired"),
    ];
    for (config, reason) in cases {
        let error = refused(config).await;
        assert!(matches!(error, StoreError::Insecure { .. }) && !error.is_transient(), "{error}");
        let text = error.to_string();
        assert!(text.contains(reason) && text.contains("tls_ca_file"), "{reason}: {text}");
    }
}

#[tokio::test]
async fn a_port_of_the_other_kind_is_told_as_that() {
    let identity = Identity::valid_until(4000);
    let (server, encrypted) = identity.redis();
    for plain in [server.port(), plain_engine().await] {
        let mut config = identity.config(&format!("rediss://localhost:{plain}"));
        config.connection_timeout = 0.2;
        let error = refused(config).await.to_string();
        assert!(error.contains("redis://"), "{error}");
    }
    for encrypted in [encrypted, identity.engine().await] {
        let error = refused(config(&format!("redis://localhost:{encrypted}"))).await.to_string();
        assert!(error.contains("rediss://"), "{error}");
    }
}

async fn plain_engine() -> u16 {
    let server = Server::bind(Engine::new(), ServerOptions::default(), "127.0.0.1:0").await.unwrap();
    let port = server.local_addr().port();
    tokio::spawn(server.run(std::future::pending()));
    port
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("authorities");
    for (content, reason) in [
        (None, "No such file"),
        (Some(""), "no certificate"),
        (Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "certificate"),
    ] {
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let config = BusConfig { tls_ca_file: Some(file.clone()), ..config("rediss://localhost:1") };
        let error = refused(config).await.to_string();
        assert!(error.contains(&file.display().to_string()) && error.contains(reason), "{error}");
    }
}

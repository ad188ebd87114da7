//! The encrypted port.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use support::{Client, PATIENCE, TestServer};
use tempfile::TempDir;
use tradebus_engine::server::{ServerOptions, Tls};

/// A certificate for `localhost` that nobody else has, and its files.
struct Identity {
    directory: TempDir,
    certified: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Identity {
    fn new() -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let directory = tempfile::tempdir().expect("a directory");
        let identity = Self { directory, certified };
        fs::write(identity.certificate(), identity.certified.cert.pem()).expect("a file");
        fs::write(identity.key(), identity.certified.signing_key.serialize_pem()).expect("a file");
        identity
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn certificate(&self) -> PathBuf {
        self.file("server.crt")
    }

    fn key(&self) -> PathBuf {
        self.file("server.key")
    }

    fn serve(&self, options: ServerOptions) -> TestServer {
        let tls = Tls::load(&self.certificate(), &self.key()).expect("its files are good");
        TestServer::start(ServerOptions { tls: Some(tls), ..options })
    }

    fn connect(&self, server: &TestServer) -> Client {
        self.connect_with(server, rustls::DEFAULT_VERSIONS)
    }

    fn connect_with(&self, server: &TestServer, versions: &[&'static SupportedProtocolVersion]) -> Client {
        let mut roots = RootCertStore::empty();
        roots.add(self.certified.cert.der().clone()).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let stream = TcpStream::connect(server.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let half = Half { stream: Arc::new(Mutex::new(StreamOwned::new(connection, stream))) };
        Client::over(half.clone(), half)
    }
}

/// A stream that one reads and another writes, by turns.
#[derive(Clone)]
struct Half {
    stream: Arc<Mutex<StreamOwned<ClientConnection, TcpStream>>>,
}

impl Read for Half {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stream.lock().expect("nobody panics").read(buffer)
    }
}

impl Write for Half {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.stream.lock().expect("nobody panics").write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.lock().expect("nobody panics").flush()
    }
}

#[test]
fn everything_works_as_without() {
    let identity = Identity::new();
    let server = identity.serve(ServerOptions::default());
    let (mut client, mut other) = (identity.connect(&server), identity.connect(&server));
    assert_eq!(client.ask("XADD s 1-1 f v"), "$3\r\n1-1\r\n");
    let large = "x".repeat(5_000_000);
    assert_eq!(client.ask(&format!("SET k {large}")), "+OK\r\n");
    assert_eq!(other.ask("GET k"), format!("$5000000\r\n{large}\r\n"));
    client.send(&["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]);
    other.await_blocked(1);
    other.ask("XADD s 2-1 f v");
    assert!(client.reply().ends_with(b"$3\r\n2-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n"));
    client.ask("SUBSCRIBE c");
    assert_eq!(other.ask("PUBLISH c hello"), ":1\r\n");
    assert!(client.reply().ends_with(b"hello\r\n"));
    let mut pipeline = Vec::new();
    for number in 0..20_000 {
        pipeline.extend_from_slice(format!("ECHO {number}\r\n").as_bytes());
    }
    other.send_raw(&pipeline);
    for number in 0..20_000 {
        assert!(other.reply().ends_with(format!("\r\n{number}\r\n").as_bytes()));
    }
    assert!(other.ask("CONFIG GET tls-port").contains(&server.address.port().to_string()));
    assert_eq!(other.ask("QUIT"), "+OK\r\n");
    assert_eq!(other.rest(), "", "it ends in the way of TLS");
}

#[test]
fn the_older_version_is_spoken_too() {
    let identity = Identity::new();
    let server = identity.serve(ServerOptions::default());
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        assert_eq!(identity.connect_with(&server, &[version]).ask("PING"), "+PONG\r\n");
    }
}

/// Whatever a plain connection gets before it is closed, it is no reply.
fn end_of(mut stream: TcpStream, sent: &[u8]) {
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    // It may be closed while we still send.
    let _ = stream.write_all(sent);
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received);
    assert!(!received.starts_with(b"+") && !received.starts_with(b"-"), "{received:?}");
}

#[test]
fn who_does_not_speak_tls_is_closed() {
    let identity = Identity::new();
    let server = identity.serve(ServerOptions::default());
    let mut client = identity.connect(&server);
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    for sent in
        [b"PING\r\n".to_vec(), b"*1\r\n$4\r\nPING\r\n".to_vec(), vec![0x16; 1000], vec![0xff; 100_000]]
    {
        end_of(TcpStream::connect(server.address).expect("the server listens"), &sent);
    }
    let hung_up = TcpStream::connect(server.address).expect("the server listens");
    drop(hung_up);
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    while !client.ask("INFO clients").contains("connected_clients:1\r\n") {
        std::thread::yield_now();
    }
}

#[test]
fn who_says_nothing_counts_as_a_client() {
    let identity = Identity::new();
    let mut server = identity.serve(ServerOptions { max_clients: 3, ..ServerOptions::default() });
    let mut client = identity.connect(&server);
    assert_eq!(client.ask("PING"), "+PONG\r\n");
    let connect = || TcpStream::connect(server.address).expect("the server listens");
    let silent = [connect(), connect()];
    while !client.ask("INFO clients").contains("connected_clients:3\r\n") {
        std::thread::yield_now();
    }
    end_of(connect(), b"");
    assert!(client.ask("INFO stats").contains("rejected_connections:1\r\n"));
    assert_eq!(client.ask("CLIENT KILL TYPE normal"), ":2\r\n");
    for stream in silent {
        end_of(stream, b"");
    }
    let _silent = connect();
    server.stop();
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let (identity, other) = (Identity::new(), Identity::new());
    let text = identity.file("text");
    fs::write(&text, "no PEM at all").expect("a file");
    let broken = identity.file("broken");
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n").expect("a file");
    let refusal = |certificate: &Path, key: &Path| {
        Tls::load(certificate, key).expect_err("it cannot be used").to_string()
    };
    let (certificate, key) = (identity.certificate(), identity.key());
    let missing = identity.file("missing");
    assert_eq!(
        refusal(&missing, &key),
        format!("{} cannot be read: No such file or directory (os error 2)", missing.display())
    );
    assert!(refusal(&certificate, &missing).starts_with(&format!("{} cannot be read", missing.display())));
    assert_eq!(refusal(&text, &key), format!("{} has no certificate in PEM form", text.display()));
    assert_eq!(refusal(&key, &key), format!("{} has no certificate in PEM form", key.display()));
    assert_eq!(
        refusal(&certificate, &certificate),
        format!("{} has no private key that is not encrypted itself in PEM form", certificate.display())
    );
    assert!(refusal(&broken, &key).starts_with(&format!("{} is damaged", broken.display())));
    let mixed = refusal(&certificate, &other.key());
    assert!(mixed.contains("cannot be used together") && mixed.contains("server.key"), "{mixed}");
    assert!(!mixed.contains("PRIVATE"));
}

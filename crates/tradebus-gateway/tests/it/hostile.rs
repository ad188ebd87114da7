//! What no client should send.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::support::{Open, PATIENCE, answer, open, open_with};

impl Open {
    async fn connect(&self) -> TcpStream {
        let address = self.gateway.url();
        TcpStream::connect(address.split("://").nth(1).unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn bodies_that_are_wrong_get_an_answer() {
    let open = open_with(|settings| settings.limits.body_bytes = 10_000).await;
    let post = |body: &str| {
        let request = open.request(Method::POST, "/api/v1/messages").body(body.to_owned());
        request.header("content-type", "application/json")
    };
    let deep = format!("{{\"topic\":\"t\",\"payload\":{}1{}}}", "[".repeat(2_000), "]".repeat(2_000));
    for body in ["", "{", "null", "5", "\"x\"", "[]", "[[]]", "{\"topic\":null}", "\u{feff}{}"] {
        assert_eq!(answer(post(body)).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(answer(post(&deep)).await.0, StatusCode::OK, "a payload is nobody's business");
    let (status, page) = open.get("/api/v1/streams/entries?stream=trader-TRADER-001:stream:normal").await;
    assert!(status == StatusCode::OK && page.to_string().contains("\"topic\":\"t\""), "{page}");
    let large = format!("{{\"topic\":\"t\",\"payload_text\":\"{}\"}}", "x".repeat(20_000));
    assert_eq!(answer(post(&large)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let many = json!(vec![json!({ "topic": "t" }); 1_001]).to_string();
    let limit = open_with(|settings| settings.limits.messages = 1_000).await;
    assert_eq!(
        limit.post("/api/v1/messages", serde_json::from_str(&many).unwrap()).await.0,
        StatusCode::BAD_REQUEST
    );
    limit.close().await;
    open.close().await;
}

#[tokio::test]
async fn unknown_routes_and_methods_are_named() {
    let open = open().await;
    let ask = async |method: Method, path: &str| answer(open.request(method, path)).await;
    assert_eq!(ask(Method::GET, "/api/v2/messages").await.0, StatusCode::NOT_FOUND);
    let (status, problem) = ask(Method::DELETE, "/api/v1/messages").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(
        problem["detail"].as_str().unwrap().contains("/api/v1/messages does not take DELETE"),
        "{problem}"
    );
    open.close().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let open = open_with(|settings| settings.limits.head_time = Duration::from_millis(200)).await;
    let mut stream = open.connect().await;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection ends").unwrap();
    let mut silent = open.connect().await;
    timeout(PATIENCE, silent.read_to_end(&mut answer)).await.expect("also one that says nothing").unwrap();
    open.close().await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let open = open_with(|settings| settings.limits.request_time = Duration::from_millis(200)).await;
    let mut stream = open.connect().await;
    let head = "POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("there is an answer").unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&answer));
    open.close().await;
}

#[tokio::test]
async fn what_is_no_http_is_closed() {
    let open = open().await;
    for bytes in [
        &b"*1\r\n$4\r\nPING\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        &[0xff; 4096],
    ] {
        let mut stream = open.connect().await;
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    }
    assert_eq!(open.get("/health/live").await.0, StatusCode::OK);
    open.close().await;
}

#[tokio::test]
async fn there_are_only_so_many_connections() {
    let open = open_with(|settings| settings.limits.connections = 2).await;
    let ask = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let (mut first, mut second) = (open.connect().await, open.connect().await);
    let mut answer = vec![0; 1024];
    for stream in [&mut first, &mut second] {
        stream.write_all(ask).await.unwrap();
        assert!(stream.read(&mut answer).await.unwrap() > 0, "it is in");
    }
    let mut third = open.connect().await;
    // It is closed, before or after that.
    let _ = third.write_all(ask).await;
    let read = timeout(PATIENCE, third.read(&mut answer)).await.expect("it is closed");
    assert!(!matches!(read, Ok(1..)), "it was let in");
    drop(first);
    loop {
        let mut stream = open.connect().await;
        let asked = stream
            .write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await;
        let mut answer = Vec::new();
        if asked.is_ok()
            && stream.read_to_end(&mut answer).await.is_ok()
            && answer.starts_with(b"HTTP/1.1 200")
        {
            break;
        }
    }
    open.close().await;
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server =
        rustls::ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let chain = vec![made.cert.der().clone()];
    let server = server.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let open = open_with(|settings| settings.tls = Some(Arc::new(server))).await;
    assert!(open.gateway.url().starts_with("https://"));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let mut stream = connector.connect("localhost".try_into().unwrap(), open.connect().await).await.unwrap();
    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Some servers end without saying goodbye.
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    open.close().await;
}

//! Stores that cannot be used from the start (N10), and what is said about it.

use std::io::{Read, Write};
use std::net::TcpListener;

use tradebus::{Bus, ConnectError, StoreError};

use crate::support::{RedisServer, config, free_port, within};

/// Why no bus can be made there.
async fn refused(url: &str) -> StoreError {
    let mut config = config(url);
    config.connection_timeout = 0.2;
    match within("an answer", Bus::connect(config)).await {
        Err(ConnectError::Store(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A server that answers whatever it is asked with `answer`, or not at all.
fn pretender(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            std::thread::spawn(move || {
                let mut asked = [0; 4096];
                // It stays until the other side leaves.
                while socket.read(&mut asked).is_ok_and(|read| read > 0) && socket.write_all(answer).is_ok() {
                }
            });
        }
    });
    format!("redis://127.0.0.1:{port}")
}

#[tokio::test]
async fn nobody_listens() {
    let port = free_port();
    let error = refused(&format!("redis://127.0.0.1:{port}")).await;
    assert!(matches!(error, StoreError::Connect { .. }), "{error}");
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
}

#[tokio::test]
async fn nobody_answers() {
    let error = refused(&pretender(b"")).await;
    assert!(matches!(error, StoreError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn no_redis() {
    let error = refused(&pretender(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")).await;
    assert!(matches!(error, StoreError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn too_old() {
    const OLD: &[u8] = b"+OK\r\n-ERR unknown\r\n-ERR unknown\r\n:7\r\n$22\r\nredis_version:6.0.16\r\n\r\n";
    let error = refused(&pretender(OLD)).await;
    assert!(matches!(&error, StoreError::TooOld { version, .. } if version == "6.0.16"), "{error}");
    assert!(error.to_string().contains("6.2 or newer"), "{error}");
}

#[tokio::test]
async fn wrong_password_or_none() {
    let server = RedisServer::start(&["--requirepass", "right"]);
    let port = server.port();
    for url in [format!("redis://127.0.0.1:{port}"), format!("redis://:hunter2@127.0.0.1:{port}")] {
        let error = refused(&url).await;
        assert!(matches!(error, StoreError::Login { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let bus = Bus::connect(config(&format!("redis://:right@127.0.0.1:{port}"))).await.unwrap();
    assert!(bus.health_check().await.connected);
    let open = RedisServer::start(&[]);
    let error = refused(&format!("redis://:right@127.0.0.1:{}", open.port())).await;
    assert!(matches!(error, StoreError::Login { .. }), "a password that is not asked for: {error}");
}

#[tokio::test]
async fn a_user_who_may_not_write() {
    let server = RedisServer::start(&[]);
    server.tell("ACL SETUSER bob on >pw ~* +@all -xadd");
    let bus = Bus::connect(config(&format!("redis://bob:pw@127.0.0.1:{}", server.port()))).await.unwrap();
    let refused = bus.publish(crate::support::numbered("t", 0)).await.unwrap();
    let error = within("a receipt", refused).await.unwrap_err().to_string();
    assert!(error.contains("NOPERM") && error.to_lowercase().contains("xadd"), "{error}");
}

//! A redis-server of a test's own, asked over the contract of the store.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tradebus::store::{self, ServerReply};
use tradebus::{BusConfig, StreamStore};
use tradebus_doctor::{Doctor, Report};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs on a free port in a directory of its own, keeps nothing, and ends with the test.
pub(crate) struct Redis {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Redis {
    pub(crate) async fn start(args: &[&str]) -> Self {
        // Another process may take a port between the look and the start: then another one is free.
        for _ in 0..20 {
            let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
            let process = Command::new("redis-server")
                .args([
                    "--port",
                    &port.to_string(),
                    "--bind",
                    "127.0.0.1",
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ])
                .args(args)
                .current_dir(&directory)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("these tests need `redis-server` on the PATH");
            let mut redis = Self { process, port, _directory: directory };
            if redis.answers().await {
                return redis;
            }
        }
        panic!("redis-server did not start on any of 20 ports with {args:?}");
    }

    /// Waits until it is this server that answers; false when it has ended instead.
    async fn answers(&mut self) -> bool {
        let id = format!("process_id:{}", self.process.id());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if let Ok(store) = store::open(&config(&self.url())).await {
                let info = store.ask_server(&["INFO", "server"]).await.unwrap().unwrap();
                return info.text().is_some_and(|info| info.lines().any(|line| line.trim() == id));
            }
            tokio::task::yield_now().await;
        }
        false
    }

    /// Stops the process in its tracks; connections stay open and silent.
    pub(crate) fn pause(&self) {
        let sent = Command::new("kill").args(["-STOP", &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn url_of(&self, user: &str) -> String {
        format!("redis://{user}@127.0.0.1:{}", self.port)
    }

    /// Asks something with the words of a line, as the user that may do all.
    pub(crate) async fn tell(&self, line: &str) -> ServerReply {
        let store = store::open(&config(&self.url())).await.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let reply = store.ask_server(&words).await.unwrap().unwrap();
        assert!(!matches!(reply, ServerReply::Refused(_)), "{line}: {reply:?}");
        reply
    }

    /// All keys, sorted.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let ServerReply::List(keys) = self.tell("KEYS *").await else { panic!("KEYS answers a list") };
        let mut keys: Vec<String> = keys.iter().map(|key| key.text().unwrap().to_owned()).collect();
        keys.sort();
        keys
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn config(store: &str) -> BusConfig {
    BusConfig { store: Some(store.into()), ..BusConfig::default() }
}

/// A quick examination, and the names of the checks as they were told.
pub(crate) async fn examine(config: BusConfig) -> Report {
    let mut told = Vec::new();
    let report = Doctor::new(config).quick(true).run(|check| told.push(check.clone())).await;
    assert_eq!(told, report.checks);
    let names: Vec<&str> = report.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, tradebus_doctor::NAMES);
    report
}

/// The names of the checks with this outcome.
pub(crate) fn with_status(report: &Report, status: tradebus_doctor::Status) -> Vec<&str> {
    report.checks.iter().filter(|check| check.status == status).map(|check| check.name.as_str()).collect()
}

/// Whether nothing of the doctor is left in a store.
pub(crate) async fn is_clean(store: &dyn StreamStore) -> bool {
    store.streams(b"tradebus-doctor").await.unwrap().is_empty()
}

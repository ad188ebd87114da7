//! A redis-server of a test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Client, Value};

/// Runs on a free port in a directory of its own, and is killed when it is dropped. Keeps nothing on disk unless its
/// arguments say so.
#[derive(Debug)]
pub(crate) struct RedisServer {
    process: Child,
    port: u16,
    dir: tempfile::TempDir,
    args: Vec<String>,
}

impl RedisServer {
    pub(crate) fn start(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        // Between finding a free port and taking it another test may take it.
        for _ in 0..10 {
            let port = free_port();
            let mut process = spawn(port, dir.path(), &args);
            if answers(port, &mut process) {
                return Self { process, port, dir, args };
            }
        }
        panic!("redis-server does not start with {args:?}");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Asks on a connection of its own.
    pub(crate) fn ask<W: AsRef<[u8]>>(&self, words: &[W]) -> Value {
        let answer = Client::connect(self.port).and_then(|mut client| client.ask(words));
        answer.unwrap_or_else(|error| panic!("redis-server on port {}: {error}", self.port))
    }

    /// The same with the words of a line.
    pub(crate) fn tell(&self, line: &str) -> Value {
        let words: Vec<&str> = line.split(' ').collect();
        match self.ask(&words) {
            Value::Error(error) => panic!("`{line}`: {error}"),
            answer => answer,
        }
    }

    /// `kill -9`, and gone when this returns.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("redis-server runs");
        self.process.wait().expect("redis-server ends");
    }

    /// Starts it again on the same port, with what it has on disk.
    pub(crate) fn restart(&mut self) {
        // A port that was just in use may need a moment.
        for _ in 0..50 {
            self.process = spawn(self.port, self.dir.path(), &self.args);
            if answers(self.port, &mut self.process) {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("redis-server does not start again on port {}", self.port);
    }

    /// Stops the process in its tracks; connections stay open and silent.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {signal} failed");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may have been killed by the test.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(port: u16, dir: &std::path::Path, args: &[String]) -> Child {
    let port = port.to_string();
    Command::new("redis-server")
        .args([
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
        ])
        .args(["--dir", &dir.to_string_lossy(), "--logfile", "redis.log"])
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("these tests need `redis-server` (6.2 or newer) on the PATH: {error}"))
}

/// Whether it answers in the end; false when it has ended instead.
fn answers(port: u16, process: &mut Child) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        if process.try_wait().expect("the process can be asked").is_some() {
            return false;
        }
        let pong = Client::connect(port).and_then(|mut client| client.ask(&["PING"]));
        match pong {
            Ok(Value::Status(pong)) if pong == "PONG" => return true,
            // A password is wanted: it is up.
            Ok(Value::Error(error)) if error.starts_with("NOAUTH") => return true,
            _ => sleep(Duration::from_millis(5)),
        }
    }
    panic!("redis-server on port {port} does not answer");
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

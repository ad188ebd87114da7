//! What the tests of the program share: the program itself, and servers for it to talk to.

mod node;
mod peer;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use node::{Node, serve};
pub(crate) use peer::{Peer, Reply, words};

/// Longest that anything here may take: only what is broken takes so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program, in an environment of its own.
pub(crate) fn tradebus() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradebus"));
    let is_own = |name: &str| name.starts_with("TRADEBUS_") || name.starts_with("OTEL_");
    let own = std::env::vars_os().filter(|(name, _)| is_own(&name.to_string_lossy()));
    for (name, _) in own {
        command.env_remove(name);
    }
    // Without a home there is no configuration of the user's, and the root of a temporary directory has none either.
    command.env_remove("RUST_LOG").env_remove("XDG_CONFIG_HOME").env("HOME", "/nonexistent");
    // Nodes of different tests would want the same address.
    command.env("TRADEBUS_HTTP", "none");
    command
}

/// What a finished command left.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn run(command: &mut Command) -> Finished {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The program with these arguments.
pub(crate) fn args(args: &[&str]) -> Finished {
    run(tradebus().args(args))
}

/// A command against a store, without the wait for one that is not there.
pub(crate) fn at(store: &str, rest: &[&str]) -> Command {
    let mut command = tradebus();
    command.args(rest).env("TRADEBUS_STORE", store);
    command
}

/// A Redis of its own, on a free port. Ends with the test.
pub(crate) struct Redis {
    child: Child,
    port: u16,
    password: Option<String>,
    directory: TempDir,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::with_password(None)
    }

    pub(crate) fn with_password(password: Option<&str>) -> Self {
        // Another process may take a port between the look and the start: then another one is free.
        for _ in 0..20 {
            let (port, directory) = (free_port(), tempfile::tempdir().unwrap());
            let child = server(port, password, &directory);
            let password = password.map(str::to_owned);
            let mut redis = Self { child, port, password, directory };
            if redis.answers() {
                return redis;
            }
        }
        panic!("redis-server did not start on any of 20 ports");
    }

    /// Ends the server and starts another one on the same port, without its data.
    pub(crate) fn restart(mut self) -> Self {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.child = server(self.port, self.password.as_deref(), &self.directory);
        assert!(self.answers(), "redis-server did not start again");
        self
    }

    /// Waits until it answers, or until it has ended.
    fn answers(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.is_ours() {
                return true;
            }
            thread::yield_now();
        }
        false
    }

    /// Whether it is our own server that answers: another one may have taken the port, and is not ours to write to.
    fn is_ours(&self) -> bool {
        let id = self.answer("INFO server", |line| line.starts_with("process_id:"));
        id.is_some_and(|line| line == format!("process_id:{}", self.child.id()))
    }

    /// The first line of the answer to a command.
    pub(crate) fn ask(&self, command: &str) -> Option<String> {
        self.answer(command, |_| true)
    }

    /// The first line of the answer to a command that is wanted.
    fn answer(&self, command: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
        if let Some(password) = &self.password {
            write!(stream, "AUTH {password}\r\n").ok()?;
            lines.next()?;
        }
        write!(stream, "{command}\r\nQUIT\r\n").ok()?;
        lines.find(|line| wanted(line))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

fn server(port: u16, password: Option<&str>, directory: &TempDir) -> Child {
    let mut command = Command::new("redis-server");
    command.current_dir(directory).args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.args(["--save", "", "--appendonly", "no"]).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(password) = password {
        command.args(["--requirepass", password]);
    }
    command.spawn().expect("redis-server is needed for this test, and must be in the PATH")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for what can only be asked.
#[track_caller]
pub(crate) fn waited(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + 2 * PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain until: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that takes connections and says `answer` to whatever comes; nothing at all if that is empty.
pub(crate) fn server_that_says(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if !answer.is_empty() {
                let mut asked = [0; 1024];
                let _ = stream.read(&mut asked);
                let _ = stream.write_all(answer.as_bytes());
            }
            open.push(stream);
        }
    });
    port
}

/// The program at work, with its output line by line.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self { stdin: child.stdin.take(), child, stdout, stderr }
    }

    /// The next line of standard output.
    #[track_caller]
    pub(crate) fn line(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).expect("a line of standard output")
    }

    /// The next line of standard output, if it is there already.
    pub(crate) fn try_line(&self) -> Option<String> {
        self.stdout.try_recv().ok()
    }

    /// The next line of standard error that holds a text.
    #[track_caller]
    pub(crate) fn error_with(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self
                .stderr
                .recv_timeout(left)
                .unwrap_or_else(|_| panic!("no line with {text:?} on standard error"));
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end; returns how it ended, and what was left of both outputs.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>, Vec<String>) {
        let deadline = Instant::now() + PATIENCE;
        // The outputs end with the program, so that nothing is asked again and again.
        let rest = |lines: &Receiver<String>| {
            let mut rest = Vec::new();
            while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                rest.push(line);
            }
            rest
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        assert!(Instant::now() < deadline, "the program did not end: {stdout:?} {stderr:?}");
        (self.child.wait().unwrap(), stdout, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if send.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receive
}

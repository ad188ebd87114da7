//! A client that shows replies as they came, and servers to talk to.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod scene;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use tradebus_engine::Engine;
use tradebus_engine::server::{Server, ServerOptions};

/// A reply that takes longer than this will not come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Where a test can connect to.
pub(crate) trait Target {
    fn connect(&self) -> Client;
}

/// A Redis port in this process.
pub(crate) struct TestServer {
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    pub(crate) fn start(options: ServerOptions) -> Self {
        Self::serve(Engine::new(), options)
    }

    pub(crate) fn serve(engine: Engine, options: ServerOptions) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let bound =
            runtime.block_on(Server::bind(engine.clone(), options, "127.0.0.1:0")).expect("a free port");
        let address = bound.local_addr();
        let run = async move {
            bound
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        };
        let thread = std::thread::spawn(move || runtime.block_on(run));
        Self { engine, address, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops it and waits until it has ended.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ended well");
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

impl Target for TestServer {
    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Client::over(stream.try_clone().expect("a second handle"), stream)
    }
}

/// A redis-server of the machine, on a socket of its own.
pub(crate) struct RealRedis {
    process: Child,
    directory: tempfile::TempDir,
}

impl RealRedis {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "no"])
            // It looks so many times a second for waits that are over.
            .args(["--hz", "500"])
            .current_dir(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server must be installed: replies are compared with its own");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let mut lines = output.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("ready to accept connections")), "redis-server did not start");
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.count());
        Self { process, directory }
    }
}

impl Drop for RealRedis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Target for RealRedis {
    fn connect(&self) -> Client {
        let stream =
            UnixStream::connect(self.directory.path().join("redis.sock")).expect("redis-server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Client::over(stream.try_clone().expect("a second handle"), stream)
    }
}

pub(crate) struct Client {
    reader: BufReader<Box<dyn Read>>,
    writer: Box<dyn Write>,
}

/// A request on the wire.
pub(crate) fn encode<A: AsRef<[u8]>>(args: &[A]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        let arg = arg.as_ref();
        request.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        request.extend_from_slice(arg);
        request.extend_from_slice(b"\r\n");
    }
    request
}

impl Client {
    pub(crate) fn over(reader: impl Read + 'static, writer: impl Write + 'static) -> Self {
        Self { reader: BufReader::new(Box::new(reader)), writer: Box::new(writer) }
    }

    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).expect("the server takes it");
    }

    pub(crate) fn send<A: AsRef<[u8]>>(&mut self, args: &[A]) {
        self.send_raw(&encode(args));
    }

    /// One whole reply, as it came.
    pub(crate) fn reply(&mut self) -> Vec<u8> {
        let mut reply = Vec::new();
        self.read_reply(&mut reply);
        reply
    }

    fn read_reply(&mut self, reply: &mut Vec<u8>) {
        let start = reply.len();
        self.reader.read_until(b'\n', reply).expect("a reply in time");
        let line = std::str::from_utf8(&reply[start..]).unwrap_or_default().trim_end();
        let kind = line.chars().next().unwrap_or_else(|| panic!("the server hung up after {reply:?}"));
        let number = || line[1..].parse::<i64>().expect("a length");
        match kind {
            '$' | '=' if number() >= 0 => {
                let mut text = vec![0; number() as usize + 2];
                self.reader.read_exact(&mut text).expect("the rest of the reply");
                reply.extend_from_slice(&text);
            }
            '*' | '~' | '>' => (0..number()).for_each(|_| self.read_reply(reply)),
            '%' => (0..number() * 2).for_each(|_| self.read_reply(reply)),
            _ => {}
        }
    }

    pub(crate) fn call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Vec<u8> {
        self.send(args);
        self.reply()
    }

    /// Calls with the words of a line and returns the reply as text.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        String::from_utf8_lossy(&self.call(&words)).into_owned()
    }

    /// Everything until the server closes the connection.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).expect("an end in time");
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Asks until so many clients are blocked.
    pub(crate) fn await_blocked(&mut self, clients: usize) {
        let wanted = format!("blocked_clients:{clients}\r\n");
        while !self.ask("INFO clients").contains(&wanted) {
            std::thread::yield_now();
        }
    }
}

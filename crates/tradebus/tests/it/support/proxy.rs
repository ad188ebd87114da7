//! A TCP proxy that breaks connections in every way that a network does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How many bytes a connection may carry before it is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    Unlimited,
    /// From the client: cuts commands in the middle.
    FromClient(u64, u64),
    /// From the server: cuts between a write and its reply.
    FromServer(u64, u64),
}

/// Stands in front of a server on a port of its own.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    rules: Arc<Rules>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Rules {
    target: u16,
    /// Rises with each call of `cut`: connections of before end.
    epoch: watch::Sender<u64>,
    /// Bytes are neither passed on nor read, so that buffers fill.
    silent: watch::Sender<bool>,
    budget: parking_lot::Mutex<Budget>,
    one_byte_at_a_time: AtomicBool,
    delay_ms: AtomicU64,
    cuts: AtomicU64,
}

impl Proxy {
    pub(crate) async fn start(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let rules = Arc::new(Rules {
            target,
            epoch: watch::Sender::new(0),
            silent: watch::Sender::new(false),
            budget: parking_lot::Mutex::new(Budget::Unlimited),
            one_byte_at_a_time: AtomicBool::new(false),
            delay_ms: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(listener, rules.clone()));
        Self { port, rules, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Cuts all connections; new ones are welcome.
    pub(crate) fn cut(&self) {
        self.rules.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// How long every further connection lives, in bytes.
    pub(crate) fn set_budget(&self, budget: Budget) {
        *self.rules.budget.lock() = budget;
    }

    /// Connections that have used up their budget.
    pub(crate) fn cuts(&self) -> u64 {
        self.rules.cuts.load(SeqCst)
    }

    /// Open, but nothing comes and nothing is taken; for new connections too.
    pub(crate) fn set_silent(&self, silent: bool) {
        self.rules.silent.send_replace(silent);
    }

    pub(crate) fn set_one_byte_at_a_time(&self) {
        self.rules.one_byte_at_a_time.store(true, SeqCst);
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        self.rules.delay_ms.store(delay.as_millis() as u64, SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, rules: Arc<Rules>) {
    // Dropping the set with the task ends the connections.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(carry(client, rules.clone()));
    }
}

async fn carry(client: TcpStream, rules: Arc<Rules>) {
    let mut epoch = rules.epoch.subscribe();
    let Ok(server) = TcpStream::connect(("127.0.0.1", rules.target)).await else { return };
    for socket in [&client, &server] {
        socket.set_nodelay(true).expect("a socket that is open");
    }
    let budget = *rules.budget.lock();
    let (up, down) = match budget {
        Budget::Unlimited => (u64::MAX, u64::MAX),
        Budget::FromClient(least, most) => (fastrand::u64(least..most), u64::MAX),
        Budget::FromServer(least, most) => (u64::MAX, fastrand::u64(least..most)),
    };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Whoever ends first takes the whole connection along.
    tokio::select! {
        () = pump(from_client, to_server, up, &rules) => {}
        () = pump(from_server, to_client, down, &rules) => {}
        _ = epoch.changed() => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut budget: u64, rules: &Rules) {
    let mut silent = rules.silent.subscribe();
    let mut chunk = vec![0; 16 << 10];
    loop {
        if silent.wait_for(|silent| !silent).await.is_err() {
            return;
        }
        let most = if rules.one_byte_at_a_time.load(SeqCst) { 1 } else { chunk.len() };
        let Ok(read @ 1..) = from.read(&mut chunk[..most]).await else { return };
        // What was read just before the silence began does not come through either.
        if silent.wait_for(|silent| !silent).await.is_err() {
            return;
        }
        let delay = rules.delay_ms.load(SeqCst);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        let allowed = read.min(usize::try_from(budget).unwrap_or(usize::MAX));
        if to.write_all(&chunk[..allowed]).await.is_err() {
            return;
        }
        if allowed < read {
            rules.cuts.fetch_add(1, SeqCst);
            return;
        }
        budget -= allowed as u64;
    }
}

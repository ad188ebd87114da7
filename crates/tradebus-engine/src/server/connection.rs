//! One client.

use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use smallvec::SmallVec;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tracing::{debug, warn};
use tradebus_resp::{ProtocolError, ReplyEncoder, RequestScanner};

use super::Shared;
use super::blocking::Outcome;
use super::clients::Client;
use super::dispatch::{self, Context};
use super::session::Session;
use crate::LogPosition;

/// What is read at once.
const READ_BYTES: usize = 64 * 1024;

/// Replies that gather before they are sent, while more requests wait.
const WRITE_BYTES: usize = 256 * 1024;

/// A blocked client may send on, but not without end: above this, its bytes wait in the network.
const READ_AHEAD_BYTES: usize = 1024 * 1024;

/// A buffer that grew larger is given back once it is empty.
const KEPT_BYTES: usize = 256 * 1024;

/// Why a connection ends, for the log.
type Reason = &'static str;

/// A connection, which owns all that belongs to it.
pub(super) struct Connection {
    server: Arc<Shared>,
    stream: TcpStream,
    client: Client,
    session: Session,
    scanner: RequestScanner,
    input: BytesMut,
    output: BytesMut,
    /// Up to here the log is settled, as far as this connection knows.
    settled: LogPosition,
}

impl Connection {
    pub(super) fn new(server: Arc<Shared>, stream: TcpStream, client: Client) -> Self {
        let authenticated = server.options.password.is_none();
        Self {
            session: Session::new(client.id(), authenticated),
            scanner: RequestScanner::new(server.options.request),
            server,
            stream,
            client,
            input: BytesMut::new(),
            output: BytesMut::new(),
            settled: LogPosition::default(),
        }
    }

    /// Answers the client until one side ends it.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<()>) -> Reason {
        let reason = loop {
            self.server.engine.has_room().await;
            let more = self.answer();
            if let Err(reason) = self.settle().await {
                break reason;
            }
            if let Err(reason) = self.write() {
                break reason;
            }
            if more && self.output.is_empty() {
                continue;
            }
            if self.session.closing && self.output.is_empty() {
                break "asked for or answered with a protocol error";
            }
            tokio::select! {
                _ = stopped.changed() => break "the server stops",
                outcome = Self::unblocked(&self.session) => self.end_wait(outcome),
                ready = self.stream.ready(self.interest()), if self.wants_io() => {
                    if ready.is_ok_and(|ready| ready.is_readable() || ready.is_read_closed())
                        && let Err(reason) = self.read()
                    {
                        break reason;
                    }
                }
            }
        };
        // What the client has sent and nobody read would make the system drop the last reply.
        let mut rest = [0; 4096];
        while self.stream.try_read(&mut rest).is_ok_and(|bytes| bytes > 0) {}
        reason
    }

    /// Waits until what the replies tell of is as safe as the store promises.
    async fn settle(&mut self) -> Result<(), Reason> {
        if self.output.is_empty() || self.session.position <= self.settled {
            return Ok(());
        }
        // Whether what cannot be written was stored is not known, and so is not said.
        let settled = self.server.engine.settled(self.session.position).await;
        settled.map_err(|_| "the log cannot be written")?;
        self.settled = self.session.position;
        Ok(())
    }

    fn reads(&self) -> bool {
        !self.session.closing && (self.session.blocked.is_none() || self.input.len() < READ_AHEAD_BYTES)
    }

    fn wants_io(&self) -> bool {
        self.reads() || !self.output.is_empty()
    }

    fn interest(&self) -> Interest {
        match (self.reads(), self.output.is_empty()) {
            (true, false) => Interest::READABLE | Interest::WRITABLE,
            (false, false) => Interest::WRITABLE,
            (_, true) => Interest::READABLE,
        }
    }

    /// Answers complete requests, up to one that waits. Returns whether it stopped before the last, to send what has
    /// gathered.
    fn answer(&mut self) -> bool {
        let start = self.output.len();
        while self.session.blocked.is_none() && !self.session.closing && !self.input.is_empty() {
            self.scanner.set_authenticated(self.session.authenticated);
            let request = match self.scanner.scan(&self.input) {
                Ok(None) => break,
                Ok(Some(request)) => request,
                Err(error) => {
                    self.refuse(error);
                    break;
                }
            };
            let wire_len = request.wire_len();
            if !request.is_empty() {
                let args: SmallVec<[&[u8]; 16]> = request.iter().collect();
                let mut context = Context {
                    db: self.server.engine.lock(),
                    server: &self.server,
                    out: ReplyEncoder::new(&mut self.output, self.session.protocol),
                    session: &mut self.session,
                };
                dispatch::dispatch(&mut context, &args);
                context.session.position = context.db.log_position();
            }
            self.input.advance(wire_len);
            if let Some(blocked) = &self.session.blocked {
                self.client.set_blocked(Some(Arc::clone(blocked.read())));
            }
            if self.output.len() - start > WRITE_BYTES {
                return true;
            }
        }
        if self.input.is_empty() && self.input.capacity() > KEPT_BYTES {
            self.input = BytesMut::new();
        }
        false
    }

    fn refuse(&mut self, error: ProtocolError) {
        debug!(client = self.client.id(), %error, "cannot be understood");
        self.session.closing = true;
        if let Some(reply) = error.reply() {
            self.server.stats.error();
            ReplyEncoder::new(&mut self.output, self.session.protocol).error(reply);
        }
    }

    async fn unblocked(session: &Session) -> Outcome {
        match &session.blocked {
            Some(blocked) => blocked.outcome().await,
            None => std::future::pending().await,
        }
    }

    fn end_wait(&mut self, outcome: Outcome) {
        self.client.set_blocked(None);
        self.session.blocked = None;
        let mut out = ReplyEncoder::new(&mut self.output, self.session.protocol);
        match outcome {
            Outcome::Served(reply, position) => {
                self.output.unsplit(reply);
                self.session.position = position;
            }
            Outcome::TimedOut => out.null_list(),
            Outcome::Failed(reason) => {
                self.server.stats.error();
                out.error(reason);
            }
        }
    }

    /// Sends what the network takes now.
    fn write(&mut self) -> Result<(), Reason> {
        // Before anything is sent: a reply that is too large was cut short, and must not be taken for a whole one.
        if self.output.len() > self.server.options.max_output_bytes {
            self.server.stats.slow_reader();
            warn!(
                client = self.client.id(),
                bytes = self.output.len(),
                "too many replies wait: disconnected"
            );
            return Err("too many replies waited");
        }
        while !self.output.is_empty() {
            match self.stream.try_write(&self.output) {
                Ok(bytes) => {
                    self.server.stats.sent(bytes);
                    self.output.advance(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err("the client is gone"),
            }
        }
        if self.output.capacity() > KEPT_BYTES {
            self.output = BytesMut::new();
        }
        Ok(())
    }

    /// Takes what has arrived.
    fn read(&mut self) -> Result<(), Reason> {
        if !self.reads() {
            return Ok(());
        }
        // Room for a large argument is made as it comes, not as it was promised.
        let missing = self.scanner.bytes_missing(self.input.len());
        self.input.reserve(missing.min(self.input.len()).max(READ_BYTES));
        match self.stream.try_read_buf(&mut self.input) {
            Ok(0) => Err("the client hung up"),
            Ok(bytes) => {
                self.server.stats.received(bytes);
                let queued = self.session.transaction.as_ref().map_or(0, super::session::Transaction::bytes);
                if self.input.len() + queued > self.server.options.max_input_bytes {
                    warn!(client = self.client.id(), "sends more than it may: disconnected");
                    return Err("too large a request or transaction");
                }
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err("the client is gone"),
        }
    }
}

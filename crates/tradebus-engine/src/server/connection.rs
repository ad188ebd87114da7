//! One client.

use std::sync::Arc;

use bytes::Buf;
use smallvec::SmallVec;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{debug, warn};
use tradebus_resp::{ProtocolError, ReplyEncoder, RequestScanner};

use super::Shared;
use super::blocking::Outcome;
use super::client::{Client, Reason};
use super::clients::Place;
use super::dispatch::{self, Context};
use super::pause::Pause;
use super::pubsub::Subscriptions;
use super::session::{Session, Waiting};
use super::wire::{Progress, Wire};
use crate::LogPosition;

/// Replies that gather before they are sent, while more requests wait.
const WRITE_BYTES: usize = 256 * 1024;

/// A client that waits may send on, but not without end: above this, its bytes wait in the network.
const READ_AHEAD_BYTES: usize = 1024 * 1024;

/// A connection, which owns all that belongs to it.
pub(super) struct Connection<S> {
    server: Arc<Shared>,
    wire: Wire<S>,
    session: Session,
    scanner: RequestScanner,
    /// Up to here the log is settled, as far as this connection knows.
    settled: LogPosition,
    output_peak: usize,
    place: Place,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(server: Arc<Shared>, stream: S, place: Place) -> Self {
        let authenticated = server.options.password.is_none();
        let subscriptions = Subscriptions::new(Arc::clone(&server.pubsub), Arc::clone(place.client()));
        Self {
            session: Session::new(Arc::clone(place.client()), subscriptions, authenticated),
            scanner: RequestScanner::new(server.options.request),
            server,
            wire: Wire::new(stream),
            settled: LogPosition::default(),
            output_peak: 0,
            place,
        }
    }

    /// Answers the client until one side ends it.
    pub(super) async fn run(mut self) -> Reason {
        let reason = loop {
            if let Err(reason) = self.round().await {
                break reason;
            }
        };
        self.wire.close().await;
        reason
    }

    fn client(&self) -> &Client {
        self.place.client()
    }

    /// Answers what has come, and waits for more.
    async fn round(&mut self) -> Result<(), Reason> {
        // Who always has something to do would never hear of it in what follows.
        if let Some(reason) = self.client().ends() {
            return Err(reason);
        }
        self.server.engine.has_room().await;
        if !self.session.subscriptions.is_empty() {
            self.place.client().outbox.take(&mut self.wire.output);
        }
        let more = self.answer();
        self.settle().await?;
        self.check_output()?;
        if !self.wire.is_sent() {
            self.wire.send(&self.server.stats).await.map_err(|_| "the client is gone")?;
        }
        self.client().figures.note_output(&self.wire.output, self.output_peak);
        if self.wire.is_sent() && self.session.closing {
            return Err("asked for or answered with a protocol error");
        }
        if self.wire.is_sent() && more {
            return Ok(());
        }
        self.wait().await
    }

    async fn wait(&mut self) -> Result<(), Reason> {
        let missing = self.scanner.bytes_missing(self.wire.input.len());
        let receives = !self.session.closing
            && (self.session.waiting.is_none() || self.wire.input.len() < READ_AHEAD_BYTES);
        let client = self.place.client();
        tokio::select! {
            biased;
            progress = self.wire.progress(receives, missing, &self.server.stats) => {
                match progress.map_err(|_| "the client is gone")? {
                    Progress::Received(0) => return Err("the client hung up"),
                    Progress::Received(_) => self.note_input()?,
                    Progress::Sent => {}
                }
            }
            outcome = waited(self.session.waiting.as_ref(), &self.server.pause) => self.end_wait(outcome),
            () = client.called() => {}
        }
        Ok(())
    }

    /// Waits until what the replies tell of is as safe as the store promises.
    async fn settle(&mut self) -> Result<(), Reason> {
        if self.wire.output.is_empty() || self.session.position <= self.settled {
            return Ok(());
        }
        // Whether what cannot be written was stored is not known, and so is not said.
        let settled = self.server.engine.settled(self.session.position).await;
        settled.map_err(|_| "the log cannot be written")?;
        self.settled = self.session.position;
        Ok(())
    }

    /// Answers complete requests, up to one that waits. Returns whether it stopped before the last, to send what has
    /// gathered.
    fn answer(&mut self) -> bool {
        let start = self.wire.output.len();
        let mut more = false;
        while self.may_go_on() && self.answer_next() {
            if self.wire.output.len() - start > WRITE_BYTES {
                more = true;
                break;
            }
        }
        self.session.tally.end(&self.server.stats);
        self.session.show();
        self.client().figures.note_input(&self.wire.input, self.server.tick());
        more
    }

    fn may_go_on(&self) -> bool {
        let session = &self.session;
        let ends = session.closing || self.client().ends().is_some();
        !ends && session.waiting.is_none() && !self.wire.input.is_empty()
    }

    /// Answers the next request; `false` if none is complete, or if it has to wait.
    fn answer_next(&mut self) -> bool {
        self.scanner.set_authenticated(self.session.authenticated);
        let request = match self.scanner.scan(&self.wire.input) {
            Ok(None) => return false,
            Ok(Some(request)) => request,
            Err(error) => {
                self.refuse(error);
                return false;
            }
        };
        let wire_len = request.wire_len();
        let mut answered = true;
        if !request.is_empty() {
            let args: SmallVec<[&[u8]; 16]> = request.iter().collect();
            let mut context = Context {
                db: self.server.engine.lock(),
                server: &self.server,
                out: ReplyEncoder::new(&mut self.wire.output, self.session.protocol()),
                session: &mut self.session,
            };
            answered = dispatch::dispatch(&mut context, &args);
            context.session.position = context.db.log_position();
        }
        if answered {
            self.wire.input.advance(wire_len);
        } else {
            self.session.set_waiting(Some(Waiting::ForThePause));
        }
        answered
    }

    fn refuse(&mut self, error: ProtocolError) {
        debug!(client = self.client().id, %error, "cannot be understood");
        self.session.closing = true;
        if let Some(reply) = error.reply() {
            self.server.stats.errors.add(&reply);
            ReplyEncoder::new(&mut self.wire.output, self.session.protocol()).error(reply);
        }
    }

    /// Goes on with the outcome of the last command, or with the one that could not begin.
    fn end_wait(&mut self, outcome: Option<Outcome>) {
        self.session.set_waiting(None);
        let mut out = ReplyEncoder::new(&mut self.wire.output, self.session.protocol());
        match outcome {
            None => {}
            Some(Outcome::Served(reply, position)) => {
                self.wire.output.unsplit(reply);
                self.session.position = position;
            }
            Some(Outcome::TimedOut) => out.null_list(),
            Some(Outcome::Failed(reason)) => {
                self.server.stats.errors.add(reason.as_bytes());
                if let Some(command) = self.session.last_command {
                    self.server.stats.by_command.of(command).failed.add(1);
                }
                out.error(reason);
            }
        }
    }

    /// Before anything is sent: a reply that is too large was cut short, and must not be taken for a whole one.
    fn check_output(&mut self) -> Result<(), Reason> {
        let bytes = self.wire.output.len();
        self.output_peak = self.output_peak.max(bytes);
        if bytes <= self.server.options.max_output_bytes {
            return Ok(());
        }
        self.client().end_as_slow(&self.server.stats);
        Err("too many replies waited")
    }

    /// Looks at how much the client has sent.
    fn note_input(&mut self) -> Result<(), Reason> {
        self.client().figures.note_input(&self.wire.input, self.server.tick());
        if self.wire.input.len() + self.session.kept_bytes() > self.server.options.max_input_bytes {
            warn!(client = self.client().id, "sends more than it may: disconnected");
            return Err("too large a request or transaction");
        }
        Ok(())
    }
}

/// The end of a wait; never, if there is none.
async fn waited(waiting: Option<&Waiting>, pause: &Pause) -> Option<Outcome> {
    match waiting {
        None => std::future::pending().await,
        Some(Waiting::ForEntries(blocked)) => Some(blocked.outcome().await),
        Some(Waiting::ForThePause) => {
            pause.over().await;
            None
        }
    }
}

//! A WebSocket: messages go out, and messages to be published come in.

use std::pin::pin;

use axum::extract::ws::{Message as Frame, WebSocket};
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt, StreamExt as _};
use serde_json::Value;
use tradebus::{Bus, Message, PublishError, Receipt};

use super::frames::{self, Said};
use super::source::{Next, Source};
use crate::guard::Pass;
use crate::problem::Problem;

/// Messages that are on their way to the store for one client; beyond, it is not listened to.
const MOST_UNDER_WAY: usize = 1_024;
/// Messages that go out together.
const BATCH: usize = 256;

/// Runs until the client, or the bus, has had enough.
pub(super) async fn run(mut socket: WebSocket, bus: Bus, mut source: Source, _pass: Pass) {
    let mut desk = Desk::new(bus);
    loop {
        tokio::select! {
            next = source.next() => match next {
                Some(Next::Message(delivery)) => {
                    if !send_batch(&mut socket, &mut source, frames::delivery(&delivery, None)).await {
                        return;
                    }
                }
                Some(Next::Skipped(messages)) => {
                    if !send(&mut socket, frames::skipped(messages)).await {
                        return;
                    }
                }
                Some(Next::End(reason)) => {
                    send(&mut socket, frames::end(&reason)).await;
                    close(&mut socket).await;
                    return;
                }
                None => return,
            },
            answer = desk.answer() => if !send(&mut socket, answer).await { return },
            said = socket.recv(), if desk.has_room() => {
                let answer = match heard(said) {
                    Heard::Said(Said::Publish { reference, message }) => desk.publish(reference, &message).await,
                    Heard::Said(_) => Some(frames::error(None, "without a group there is nothing to acknowledge")),
                    Heard::Nonsense(problem) => Some(frames::error(None, problem.detail())),
                    Heard::Nothing => None,
                    Heard::Gone => return,
                };
                if let Some(answer) = answer && !send(&mut socket, answer).await {
                    return;
                }
            }
        }
    }
}

/// Sends a message and those that are there already behind it.
async fn send_batch(socket: &mut WebSocket, source: &mut Source, first: String) -> bool {
    if socket.feed(Frame::Text(first.into())).await.is_err() {
        return false;
    }
    for _ in 1..BATCH {
        // What is there at once; polled once and no more.
        let next = {
            let mut next = pin!(source.next());
            futures_util::poll!(next.as_mut())
        };
        let frame = match next {
            std::task::Poll::Ready(Some(Next::Message(delivery))) => frames::delivery(&delivery, None),
            std::task::Poll::Ready(Some(Next::Skipped(messages))) => frames::skipped(messages),
            std::task::Poll::Ready(Some(Next::End(reason))) => frames::end(&reason),
            std::task::Poll::Ready(None) | std::task::Poll::Pending => break,
        };
        if socket.feed(Frame::Text(frame.into())).await.is_err() {
            return false;
        }
    }
    socket.flush().await.is_ok()
}

/// Sends a frame; `false` if the client is gone.
pub(super) async fn send(socket: &mut WebSocket, frame: String) -> bool {
    socket.send(Frame::Text(frame.into())).await.is_ok()
}

/// Says goodbye; who is gone does not hear it.
pub(super) async fn close(socket: &mut WebSocket) {
    let _ = SinkExt::close(socket).await;
}

/// What came from a client.
pub(super) enum Heard {
    Said(Said),
    Nonsense(Problem),
    /// A sign of life.
    Nothing,
    Gone,
}

pub(super) fn heard(frame: Option<Result<Frame, axum::Error>>) -> Heard {
    match frame {
        Some(Ok(Frame::Text(text))) => match Said::read(&text) {
            Ok(said) => Heard::Said(said),
            Err(problem) => Heard::Nonsense(problem),
        },
        Some(Ok(Frame::Binary(_))) => Heard::Nonsense(Problem::bad_request("send text frames with JSON")),
        Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => Heard::Nothing,
        Some(Ok(Frame::Close(_)) | Err(_)) | None => Heard::Gone,
    }
}

/// Publishes what a client sends, in its order, and answers when it is stored.
pub(super) struct Desk {
    bus: Bus,
    under_way: FuturesUnordered<futures_util::future::BoxFuture<'static, String>>,
}

impl Desk {
    pub(super) fn new(bus: Bus) -> Self {
        Self { bus, under_way: FuturesUnordered::new() }
    }

    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() < MOST_UNDER_WAY
    }

    /// Takes a message; a full tier makes the client wait. Answers at once if it is not taken.
    pub(super) async fn publish(
        &mut self,
        reference: Value,
        text: &serde_json::value::RawValue,
    ) -> Option<String> {
        let message: Message = match frames::message(text) {
            Ok(message) => message,
            Err(problem) => return Some(frames::error(Some(&reference), problem.detail())),
        };
        match self.bus.publish(message).await {
            Ok(receipt) => {
                self.under_way.push(Box::pin(settled(reference, receipt)));
                None
            }
            Err(error) => Some(frames::error(Some(&reference), &error.to_string())),
        }
    }

    /// The next answer; never, while nothing is under way. Cancel safe.
    pub(super) async fn answer(&mut self) -> String {
        match self.under_way.next().await {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

async fn settled(reference: Value, receipt: Receipt) -> String {
    let outcome: Result<_, PublishError> = receipt.await;
    match outcome {
        Ok(id) => frames::published(&reference, &id.to_string()),
        Err(error) => frames::error(Some(&reference), &error.to_string()),
    }
}

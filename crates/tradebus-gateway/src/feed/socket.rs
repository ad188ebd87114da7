//! A WebSocket: messages go out, and messages to be published come in.

use std::pin::pin;
use std::task::Poll;

use axum::extract::ws::{Message as Frame, WebSocket};
use futures_util::SinkExt;
use tradebus::Bus;

use super::desk::Desk;
use super::frames::{self, Said};
use super::pulse::{Lost, Pulse};
use super::source::{Next, Source};
use crate::guard::Pass;
use crate::problem::Problem;

/// Messages that go out together.
const BATCH: usize = 256;

/// Runs until the client, or the node, has had enough.
pub(super) async fn run(mut socket: WebSocket, bus: Bus, mut source: Source, _pass: Pass) {
    let (mut desk, mut pulse) = (Desk::new(bus), Pulse::new());
    loop {
        let goes_on = tokio::select! {
            next = source.next() => match next {
                Some(next) => send_batch(&mut socket, &mut source, next).await,
                None => return close(&mut socket).await,
            },
            answer = desk.answer() => send(&mut socket, answer).await,
            () = pulse.tick() => pulse.ask(&mut socket).await,
            frame = socket.recv(), if desk.has_room() => match pulse.note(frame) {
                Ok(None) => true,
                Ok(Some(Said::Publish(it))) => match desk.take(it.reference, &it.message) {
                    Some(answer) => send(&mut socket, answer).await,
                    None => true,
                },
                Ok(Some(Said::Settled(_))) => {
                    send(&mut socket, frames::error(None, "without a group there is nothing to acknowledge")).await
                }
                Err(Lost::Nonsense(problem)) => send(&mut socket, frames::error(None, problem.detail())).await,
                Err(Lost::Gone) => false,
            },
        };
        if !goes_on {
            return;
        }
    }
}

/// Sends what comes next, and what is there already behind it; `false` if the client is gone.
async fn send_batch(socket: &mut WebSocket, source: &mut Source, first: Next) -> bool {
    let mut next = first;
    for _ in 0..BATCH {
        if socket.feed(Frame::Text(frame(next).into())).await.is_err() {
            return false;
        }
        // What is there at once; polled once and no more.
        let mut following = pin!(source.next());
        match futures_util::poll!(following.as_mut()) {
            Poll::Ready(Some(one)) => next = one,
            Poll::Ready(None) | Poll::Pending => return socket.flush().await.is_ok(),
        }
    }
    socket.feed(Frame::Text(frame(next).into())).await.is_ok() && socket.flush().await.is_ok()
}

fn frame(next: Next) -> String {
    match next {
        Next::Message(delivery) => frames::delivery(&delivery, None),
        Next::Skipped(messages) => frames::skipped(messages),
        Next::End(reason) => frames::end(&reason),
    }
}

/// Sends a text; `false` if the client is gone.
pub(super) async fn send(socket: &mut WebSocket, text: String) -> bool {
    send_frame(socket, Frame::Text(text.into())).await
}

pub(super) async fn send_frame(socket: &mut WebSocket, frame: Frame) -> bool {
    socket.send(frame).await.is_ok()
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

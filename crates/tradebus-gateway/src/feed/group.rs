//! A WebSocket of a member of a consumer group: each message goes out with a tag, and is pending until the client has settled it.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::WebSocket;
use tradebus::{Bus, GroupDelivery, GroupSubscription};

use super::frames::{self, Said};
use super::socket::{Desk, Heard, close, heard, send};
use crate::guard::Pass;

/// Runs until the client, or the bus, has had enough. What it has not settled is delivered to the group again.
pub(super) async fn run(
    mut socket: WebSocket,
    bus: Bus,
    mut messages: GroupSubscription,
    prefetch: usize,
    _pass: Pass,
) {
    let (mut desk, mut pending) = (Desk::new(bus), Pending::default());
    loop {
        let frame = tokio::select! {
            delivery = messages.next(), if pending.open.len() < prefetch => {
                let Some(delivery) = delivery else {
                    send(&mut socket, frames::end("the bus was closed")).await;
                    close(&mut socket).await;
                    break;
                };
                Some(pending.give_out(delivery))
            },
            answer = desk.answer() => Some(answer),
            said = socket.recv(), if desk.has_room() => match heard(said) {
                Heard::Said(Said::Publish { reference, message }) => desk.publish(reference, &message).await,
                Heard::Said(said) => pending.settle(said),
                Heard::Nonsense(problem) => Some(frames::error(None, problem.detail())),
                Heard::Nothing => None,
                Heard::Gone => break,
            },
        };
        if let Some(frame) = frame
            && !send(&mut socket, frame).await
        {
            break;
        }
    }
    pending.hand_back();
    messages.close().await;
}

/// What the client has and has not settled, by tag.
#[derive(Default)]
struct Pending {
    open: HashMap<u64, GroupDelivery>,
    last: u64,
}

impl Pending {
    fn give_out(&mut self, delivery: GroupDelivery) -> String {
        self.last += 1;
        let frame = frames::delivery(&delivery, Some((self.last, delivery.deliveries())));
        self.open.insert(self.last, delivery);
        frame
    }

    /// Does what the client says; an answer only if it makes no sense.
    fn settle(&mut self, said: Said) -> Option<String> {
        let (Said::Ack { tag } | Said::Nack { tag, .. } | Said::Reject { tag, .. }) = said else {
            return None;
        };
        let Some(delivery) = self.open.remove(&tag) else {
            return Some(frames::error(None, &format!("there is no unsettled message with the tag {tag}")));
        };
        match said {
            Said::Nack { delay_ms, .. } => delivery.nack(delay_ms.map(Duration::from_millis)),
            Said::Reject { reason, .. } => delivery.reject(reason),
            _ => delivery.ack(),
        }
        None
    }

    /// Others may have what a client leaves behind, at once.
    fn hand_back(self) {
        for (_tag, delivery) in self.open {
            delivery.nack(Some(Duration::ZERO));
        }
    }
}

//! A WebSocket of a member of a consumer group: each message goes out with a tag, and is pending until the client has settled it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::WebSocket;
use tradebus::{Bus, GroupDelivery, GroupSubscription};

use super::desk::Desk;
use super::frames::{self, Said, Settled};
use super::pulse::{Lost, Pulse};
use super::socket::{close, send};
use crate::closing::Closing;
use crate::guard::Pass;

/// What a member needs.
pub(super) struct Membership {
    pub(super) messages: GroupSubscription,
    /// Messages that the client may have without having settled them.
    pub(super) prefetch: usize,
    pub(super) closing: Closing,
    pub(super) _pass: Pass,
}

/// Runs until the client, or the node, has had enough. What the client has not settled goes to the others of the group.
pub(super) async fn run(mut socket: WebSocket, bus: Bus, member: Membership) {
    let Membership { mut messages, prefetch, mut closing, _pass } = member;
    let (mut desk, mut pulse, mut pending) = (Desk::new(bus), Pulse::new(), Pending::default());
    loop {
        let frame = tokio::select! {
            delivery = messages.next(), if pending.open.len() < prefetch => match delivery {
                Some(delivery) => Some(pending.give_out(delivery)),
                None => break end(&mut socket, "the bus was closed").await,
            },
            () = closing.begun() => break end(&mut socket, Closing::REASON).await,
            answer = desk.answer() => Some(answer),
            () = pulse.tick() => {
                if !pulse.ask(&mut socket).await {
                    break;
                }
                None
            }
            frame = socket.recv(), if desk.has_room() => match pulse.note(frame) {
                Ok(None) => None,
                Ok(Some(Said::Publish(it))) => desk.take(it.reference, &it.message),
                Ok(Some(Said::Settled(it))) => pending.settle(it),
                Err(Lost::Nonsense(problem)) => Some(frames::error(None, problem.detail())),
                Err(Lost::Gone) => break,
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

async fn end(socket: &mut WebSocket, reason: &str) {
    send(socket, frames::end(reason)).await;
    close(socket).await;
}

/// What the client has and has not settled, by tag.
#[derive(Default)]
struct Pending {
    open: BTreeMap<u64, GroupDelivery>,
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
    fn settle(&mut self, said: Settled) -> Option<String> {
        let (Settled::Ack { tag } | Settled::Nack { tag, .. } | Settled::Reject { tag, .. }) = said;
        let Some(delivery) = self.open.remove(&tag) else {
            return Some(frames::error(None, &format!("there is no unsettled message with the tag {tag}")));
        };
        match said {
            Settled::Ack { .. } => delivery.ack(),
            Settled::Nack { delay_ms, .. } => delivery.nack(delay_ms.map(Duration::from_millis)),
            Settled::Reject { reason, .. } => delivery.reject(reason),
        }
        None
    }

    /// Others may have what a client leaves behind, at once. The first of it may be what ended the client: it counts as delivered.
    fn hand_back(self) {
        for (place, (_tag, delivery)) in self.open.into_iter().enumerate() {
            delivery.hand_back(place == 0);
        }
    }
}

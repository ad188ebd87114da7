//! How many messages a second get from a publisher to a subscriber, through the bus as it is configured.

use std::time::{Duration, Instant};

use tradebus::{Bus, Message, Subscription};

use super::traffic::{ended, subscribe, text};
use crate::finding::{Finding, Looked, Trouble};
use crate::patient::Patient;

const TOPIC: &str = "doctor.throughput";
/// Bytes of a payload.
const PAYLOAD: usize = 256;
/// Messages, and of a quick examination.
const MESSAGES: u64 = 20_000;
const QUICK: u64 = 2_000;
/// A slow store gets fewer: nothing more is published after this time.
const LONGEST: Duration = Duration::from_secs(4);
/// The payload that says that nothing comes behind it.
const END: &str = "end";

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let bus = patient.bus()?;
    let mut subscription = subscribe(&bus, TOPIC).await?;
    let messages = if patient.quick { QUICK } else { MESSAGES };
    let begun = Instant::now();
    let (sent, received) =
        tokio::join!(publish(&bus, messages, patient), receive(&mut subscription, patient));
    let took = begun.elapsed().as_secs_f64();
    let (sent, received) = (sent?, received?);
    let per_second = received as f64 / took;
    patient.messages_per_second = Some(per_second);
    let detail = format!("{received} messages of {PAYLOAD} bytes in {took:.2} s: {per_second:.0} a second");
    Ok(if received < sent {
        Finding::fail(
            format!("{detail}; {} of {sent} did not arrive", sent - received),
            "the store refused them or they were trimmed: look at the log of this program and of the server",
        )
    } else {
        Finding::pass(detail)
    })
}

/// Publishes for a while, and tells how many messages.
async fn publish(bus: &Bus, messages: u64, patient: &Patient) -> Result<u64, Trouble> {
    let (begun, payload) = (Instant::now(), "x".repeat(PAYLOAD));
    let mut sent = 0;
    while sent < messages && begun.elapsed() < LONGEST {
        patient.tally.attempted(1);
        // What becomes of it is seen at the other end.
        drop(bus.publish(Message::new(TOPIC, payload.clone())?).await?);
        sent += 1;
    }
    bus.publish(Message::new(TOPIC, END)?).await?.await?;
    Ok(sent)
}

/// Receives until the end, and tells how many messages.
async fn receive(subscription: &mut Subscription, patient: &Patient) -> Result<u64, Trouble> {
    let mut received = 0;
    loop {
        let delivery = subscription.next().await.ok_or_else(ended)?;
        if text(&delivery) == END {
            return Ok(received);
        }
        patient.tally.arrived(1);
        received += 1;
    }
}

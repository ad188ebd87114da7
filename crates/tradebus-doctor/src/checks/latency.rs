//! How long a message takes from a publisher to a subscriber, when it is alone on its way.

use std::time::{Duration, Instant};

use tradebus::Message;

use super::traffic::{next, subscribe};
use crate::finding::{Finding, Looked};
use crate::patient::Patient;
use crate::times::Times;

const TOPIC: &str = "doctor.latency";
/// Messages, and of a quick examination.
const MESSAGES: usize = 300;
const QUICK: usize = 50;
/// A slow store gets fewer.
const LONGEST: Duration = Duration::from_secs(4);

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let bus = patient.bus()?;
    let mut subscription = subscribe(&bus, TOPIC).await?;
    let messages = if patient.quick { QUICK } else { MESSAGES };
    let mut times = Times::default();
    let end = Instant::now() + LONGEST;
    while times.len() < messages && Instant::now() < end {
        let begun = Instant::now();
        patient.tally.attempted(1);
        let receipt = bus.publish(Message::new(TOPIC, "x")?).await?;
        next(&mut subscription, &patient.tally).await?;
        times.add(begun.elapsed());
        // Not before: it may come later than the message itself.
        receipt.await?;
    }
    let of = |percent| times.percentile_ms(percent).unwrap_or_default();
    let (mean, p50, p95) = (times.mean_ms().unwrap_or_default(), of(50), of(95));
    let count = times.len();
    patient.latency = times;
    Ok(Finding::pass(format!(
        "{count} messages, one at a time: {mean:.2} ms on average, half within {p50:.2} ms, 95 % within {p95:.2} ms"
    )))
}

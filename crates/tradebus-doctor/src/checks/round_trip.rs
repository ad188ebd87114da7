//! From a publisher to the store and to a subscriber, in each tier: the time until it is there, and known to be stored.

use std::time::Instant;

use tradebus::{Bus, Priority, Subscription};

use super::traffic::{next, store_all, subscribe};
use crate::finding::{Finding, Looked, Trouble};
use crate::tally::Tally;
use crate::times::Times;

const TOPIC: &str = "doctor.round_trip";
/// Messages of each tier, of which the middle one counts. Few: a tier may be set to send once a second.
const MESSAGES: usize = 3;

pub(super) async fn look(bus: &Bus, tally: &Tally) -> Looked {
    let mut subscription = subscribe(bus, TOPIC).await?;
    let mut told = Vec::new();
    for tier in Priority::ALL {
        match trips(bus, tally, &mut subscription, tier).await? {
            Ok(times) => told.push(format!("{tier} {:.2} ms", times.percentile_ms(50).unwrap_or_default())),
            Err(other) => {
                return Ok(Finding::fail(
                    format!("a message of the tier {tier} arrived in the tier {other}"),
                    "another program has changed the message: see who else writes to the store",
                ));
            }
        }
    }
    Ok(Finding::pass(format!("published and received: {}", told.join(", "))))
}

/// Sends messages of a tier, one after the other; the tier in which one arrived if that is another.
async fn trips(
    bus: &Bus,
    tally: &Tally,
    subscription: &mut Subscription,
    tier: Priority,
) -> Result<Result<Times, Priority>, Trouble> {
    let mut times = Times::default();
    for number in 0..MESSAGES {
        let begun = Instant::now();
        store_all(bus, tally, TOPIC, tier, [number.to_string()]).await?;
        let delivery = next(subscription, tally).await?;
        times.add(begun.elapsed());
        if delivery.priority != tier {
            return Ok(Err(delivery.priority));
        }
    }
    Ok(Ok(times))
}

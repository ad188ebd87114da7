//! Whether an urgent message overtakes those that wait.

use std::time::Duration;

use tradebus::{Bus, Delivery, Priority};

use super::traffic::{next, store_all, subscribe, text};
use crate::finding::{Finding, Looked};
use crate::tally::Tally;

const TOPIC: &str = "doctor.priority";
/// Messages that wait.
const BACKLOG: usize = 200;
/// How often it is looked whether all have come.
const LOOK_EVERY: Duration = Duration::from_millis(1);

pub(super) async fn look(bus: &Bus, tally: &Tally) -> Looked {
    let mut subscription = subscribe(bus, TOPIC).await?;
    store_all(bus, tally, TOPIC, Priority::Low, (0..BACKLOG).map(|number| number.to_string())).await?;
    store_all(bus, tally, TOPIC, Priority::Critical, ["urgent".to_owned()]).await?;
    // The tiers come on connections of their own, so that the order shows only when all of them are there.
    while subscription.queued() <= BACKLOG {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let mut arrived = Vec::with_capacity(BACKLOG + 1);
    while arrived.len() <= BACKLOG {
        arrived.push(next(&mut subscription, tally).await?);
    }
    Ok(judge(&arrived))
}

fn judge(arrived: &[Delivery]) -> Finding {
    let place = arrived.iter().position(|delivery| delivery.priority == Priority::Critical);
    if place != Some(0) {
        let place =
            place.map_or_else(|| "not at all".to_owned(), |place| format!("behind {place} messages of LOW"));
        return Finding::fail(format!("the CRITICAL message was handed out {place}"), REPORT);
    }
    let in_order =
        arrived.iter().skip(1).zip(0..).all(|(delivery, number)| text(delivery) == number.to_string());
    if !in_order {
        return Finding::fail(
            "the messages of LOW were not handed out in the order in which they were sent",
            REPORT,
        );
    }
    Finding::pass(format!("CRITICAL was handed out before {BACKLOG} messages of LOW that had come first"))
}

const REPORT: &str =
    "this is a fault of tradebus: please report it, with the output of tradebus doctor --json";

#[cfg(test)]
mod tests {
    use tradebus::{Delivery, EntryId, Message, Priority};

    use super::judge;
    use crate::report::Status;

    fn delivery(tier: Priority, payload: &str) -> Delivery {
        let message = Message::new("t", payload.to_owned()).unwrap().priority(tier);
        Delivery::new(EntryId::new(1, 0), "s", message)
    }

    #[test]
    fn by_the_order_in_which_they_came() {
        let (urgent, low) = (delivery(Priority::Critical, "urgent"), |text| delivery(Priority::Low, text));
        assert_eq!(judge(&[urgent.clone(), low("0"), low("1")]).status, Status::Pass);
        let late = judge(&[low("0"), urgent.clone(), low("1")]);
        assert!(late.status == Status::Fail && late.detail.contains("behind 1 "), "{late:?}");
        assert_eq!(judge(&[urgent, low("1"), low("0")]).status, Status::Fail);
        assert!(judge(&[low("0")]).detail.contains("not at all"));
    }
}

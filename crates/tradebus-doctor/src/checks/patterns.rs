//! Whether topics arrive at the patterns that they match, and at no other.

use tradebus::{Bus, Priority};

use super::traffic::{ended, store_all, subscribe, text};
use crate::finding::{Finding, Looked};
use crate::tally::Tally;

/// What is published, in this order.
const TOPICS: [&str; 5] = ["doctor.way.a", "doctor.way.b", "doctor.way.bb", "doctor.wax.a", "doctor.way"];
/// What is published last, and matches every pattern: behind it, nothing is to come.
const LAST: &str = TOPICS[0];
/// What says that it is the last.
const END: &str = "end";

/// Patterns, and the topics that are to arrive.
const PATTERNS: [(&str, &[&str]); 5] = [
    ("doctor.wa*", &TOPICS),
    ("doctor.way.*", &["doctor.way.a", "doctor.way.b", "doctor.way.bb"]),
    ("doctor.way.?", &["doctor.way.a", "doctor.way.b"]),
    ("doctor.wa?.a", &["doctor.way.a", "doctor.wax.a"]),
    ("doctor.way.a", &["doctor.way.a"]),
];

pub(super) async fn look(bus: &Bus, tally: &Tally) -> Looked {
    let mut subscriptions = Vec::new();
    for (pattern, _) in PATTERNS {
        subscriptions.push(subscribe(bus, pattern).await?);
    }
    // In one tier, so that they keep their order.
    for topic in TOPICS {
        store_all(bus, tally, topic, Priority::Normal, ["x".to_owned()]).await?;
    }
    store_all(bus, tally, LAST, Priority::Normal, [END.to_owned()]).await?;
    let mut wrong = Vec::new();
    for ((pattern, wanted), mut subscription) in PATTERNS.into_iter().zip(subscriptions) {
        let mut arrived = Vec::new();
        loop {
            let delivery = subscription.next().await.ok_or_else(ended)?;
            if text(&delivery) == END {
                break;
            }
            arrived.push(delivery.topic.to_string());
        }
        wrong.extend(difference(pattern, wanted, &arrived));
    }
    // The first pattern takes them all.
    tally.arrived(TOPICS.len() as u64 + 1);
    Ok(judge(&wrong))
}

/// What is wrong with what arrived at a pattern.
fn difference(pattern: &str, wanted: &[&str], arrived: &[String]) -> Option<String> {
    if arrived == wanted {
        return None;
    }
    Some(format!("`{pattern}` got [{}] in place of [{}]", arrived.join(", "), wanted.join(", ")))
}

fn judge(wrong: &[String]) -> Finding {
    if wrong.is_empty() {
        return Finding::pass(format!(
            "{} topics arrived at those of {} patterns (*, ?, exact) that they match, and at no other",
            TOPICS.len(),
            PATTERNS.len()
        ));
    }
    Finding::fail(
        wrong.join("; "),
        "this is a fault of tradebus: please report it, with the output of tradebus doctor --json",
    )
}

#[cfg(test)]
mod tests {
    use tradebus::Pattern;

    use super::{LAST, PATTERNS, TOPICS, difference, judge};
    use crate::report::Status;

    #[test]
    fn the_expectation_is_that_of_the_library() {
        for (pattern, wanted) in PATTERNS {
            let known = Pattern::new(pattern).unwrap();
            let matching: Vec<&str> =
                TOPICS.into_iter().filter(|topic| known.matches(topic.as_bytes())).collect();
            assert_eq!(matching, wanted, "{pattern}");
            assert!(known.matches(LAST.as_bytes()), "{pattern}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_is_told() {
        assert_eq!(difference("a", &["x"], &["x".to_owned()]), None);
        let wrong = difference("a", &["x"], &[]).unwrap();
        assert_eq!(wrong, "`a` got [] in place of [x]");
        assert_eq!(judge(&[wrong]).status, Status::Fail);
    }
}

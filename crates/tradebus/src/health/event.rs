//! The event of a changed state: a message of HIGH priority on `system.health.{client_name}`, its payload JSON, its type `HealthChanged`.
//!
//! | key | value |
//! | --- | --- |
//! | `state` | `healthy`, `degraded` or `unhealthy` |
//! | `previous` | the state before |
//! | `reasons` | what speaks against `healthy`: a list of sentences |
//! | `since`, `since_ns` | since when this is so: RFC 3339 in UTC, and nanoseconds since 1970 UTC |
//! | `at`, `at_ns` | when it was found out |
//! | `instance` | id of the bus that says so: `instance_id`, or one that was made at its start |

use jiff::Timestamp;
use serde::Serialize;

use super::{HealthState, HealthStatus};
use crate::topic::MAX_TOPIC_BYTES;
use crate::{Encoding, Message, Priority, Topic};

/// What the topics of these events start with.
const TOPICS: &str = "system.health.";

/// Name of the type of the payload.
const TYPE: &str = "HealthChanged";

/// Makes the events of one bus.
#[derive(Debug)]
pub(super) struct Events {
    topic: Topic,
    instance: String,
}

#[derive(Serialize)]
struct Payload<'a> {
    state: HealthStatus,
    previous: Option<HealthStatus>,
    reasons: &'a [String],
    since: String,
    since_ns: u64,
    at: String,
    at_ns: u64,
    instance: &'a str,
}

impl Events {
    /// The events of a client with this name.
    pub(super) fn new(client: &str, instance: String) -> Self {
        // What no topic may hold becomes an underscore; a configuration that was checked has no other such characters.
        let allowed = |c: char| !(c.is_whitespace() || c.is_control() || c == '*' || c == '?');
        let name = client.chars().map(|c| if allowed(c) { c } else { '_' });
        let mut topic: String = TOPICS.chars().chain(name).collect();
        topic.truncate(topic.floor_char_boundary(MAX_TOPIC_BYTES));
        let topic = Topic::new(topic).unwrap_or_else(|_| Topic::as_read(TOPICS));
        Self { topic, instance }
    }

    /// The event of a state that was found at this time.
    pub(super) fn event(&self, state: &HealthState, at_ns: u64) -> Message {
        let payload = Payload {
            state: state.status,
            previous: state.previous,
            reasons: &state.reasons,
            since: rfc3339(state.since),
            since_ns: state.since,
            at: rfc3339(at_ns),
            at_ns,
            instance: &self.instance,
        };
        let payload = serde_json::to_vec(&payload).unwrap_or_default();
        Message {
            topic: self.topic.clone(),
            payload: payload.into(),
            type_name: TYPE.into(),
            encoding: Encoding::Json,
            priority: Priority::High,
            ts: 0,
            headers: None,
        }
    }
}

fn rfc3339(ns: u64) -> String {
    Timestamp::from_nanosecond(ns.into()).map(|time| time.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Events, HealthState, HealthStatus};
    use crate::Priority;

    #[test]
    fn an_event_says_everything() {
        let state = HealthState {
            status: HealthStatus::Degraded,
            previous: Some(HealthStatus::Healthy),
            reasons: vec!["late".to_owned()],
            since: 1_700_000_000_000_000_001,
            failed_checks: 1,
        };
        let event = Events::new("desk", "x".to_owned()).event(&state, 1_700_000_001_500_000_000);
        assert_eq!((event.topic.as_str(), event.priority), ("system.health.desk", Priority::High));
        let payload: Value = serde_json::from_slice(&event.payload).unwrap();
        let expected = json!({
            "state": "degraded", "previous": "healthy", "reasons": ["late"],
            "since": "2023-11-14T22:13:20.000000001Z", "since_ns": 1_700_000_000_000_000_001_u64,
            "at": "2023-11-14T22:13:21.5Z", "at_ns": 1_700_000_001_500_000_000_u64, "instance": "x",
        });
        assert_eq!(payload, expected);
    }

    #[test]
    fn every_name_of_a_client_makes_a_topic() {
        let topic = |name: &str| Events::new(name, String::new()).topic.as_str().to_owned();
        assert_eq!(topic("a*b?c d"), "system.health.a_b_c_d");
        assert_eq!(topic(&"é".repeat(200)).len(), 254);
    }
}

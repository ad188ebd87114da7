//! A request, as a service gets it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::answer::{Answer, Data, ServiceError};
use crate::clock::now_ns;
use crate::{Encoding, Message, Priority, Topic};

/// Longest time that an answer may be kept in a cache, as a request may ask for: a year.
const LONGEST_TTL: Duration = Duration::from_hours(24 * 366);
/// Fields of the envelope of a request.
const FIELDS: [&str; 8] =
    ["request_id", "topic", "endpoint", "params", "priority", "callback_topic", "cache_ttl", "timestamp"];
/// Fields of a response that only the host sets.
const OWN: [&str; 7] =
    ["request_id", "success", "data", "error", "processing_time_ms", "cached", "timestamp"];

/// A request that is to be answered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// Id of the request, which the answer carries too.
    pub request_id: SmolStr,
    /// What is asked for.
    pub topic: Topic,
    /// The parameters.
    pub params: Map<String, Value>,
    /// Its tier, which the answer has too.
    pub priority: Priority,
    /// How old an answer out of a cache may be; zero asks for a fresh one, `None` leaves it to the service.
    pub cache_ttl: Option<Duration>,
    reply: Topic,
    /// When it came, in nanoseconds since 1970 UTC.
    pub(super) came: u64,
}

impl Call {
    /// The request in a message. Where it is none, the error is what its sender is to be told, if the call can be answered at all.
    pub(super) fn read(message: &Message) -> (Self, Result<(), ServiceError>) {
        let headers = message.headers.as_deref();
        let named = headers.and_then(|headers| headers.reply_to.as_deref());
        let default = || Topic::as_read(&format!("{}.response", message.topic));
        let mut call = Self {
            request_id: headers.and_then(|headers| headers.correlation_id.clone()).unwrap_or_default(),
            topic: message.topic.clone(),
            params: Map::new(),
            priority: message.priority,
            cache_ttl: None,
            reply: named.and_then(|topic| Topic::new(topic).ok()).unwrap_or_else(default),
            came: now_ns(),
        };
        let read = call.take_body(message, named.is_some());
        (call, read)
    }

    fn take_body(&mut self, message: &Message, reply_is_named: bool) -> Result<(), ServiceError> {
        let Some(Value::Object(mut body)) = body(message) else {
            return Err(ServiceError::bad_request(
                "the payload of a request is a JSON object with `request_id` and `params`",
            ));
        };
        match body.remove("request_id") {
            Some(Value::String(id)) if !id.is_empty() => self.request_id = id.into(),
            None | Some(Value::Null) if !self.request_id.is_empty() => {}
            given => return Err(wrong("request_id", given.as_ref(), "a text that is not empty")),
        }
        if !reply_is_named && let Some(topic) = body.get("callback_topic").filter(|topic| !topic.is_null()) {
            let named = topic.as_str().and_then(|topic| Topic::new(topic).ok());
            self.reply = named.ok_or_else(|| wrong("callback_topic", Some(topic), "a topic"))?;
        }
        self.cache_ttl = cache_ttl(body.get("cache_ttl"))?;
        self.params = match body.remove("params") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(params)) => params,
            given => return Err(wrong("params", given.as_ref(), "an object")),
        };
        match body.keys().find(|name| !FIELDS.contains(&&name[..])) {
            Some(name) => Err(ServiceError::bad_request(format!(
                "`{name}` is no field of a request (parameters go into `params`); there are {}",
                FIELDS.join(", ")
            ))),
            None => Ok(()),
        }
    }

    /// The message that answers it.
    pub(super) fn reply(&self, outcome: Result<Answer, ServiceError>) -> Message {
        let (success, cached) = match &outcome {
            Ok(answer) => (true, answer.cached.unwrap_or(false)),
            Err(_) => (false, false),
        };
        let (data, error, mut more) = match outcome {
            Ok(Answer { data, more, .. }) => (data, None, more),
            Err(error) => (Data::default(), Some(error), Map::new()),
        };
        more.retain(|name, _| !OWN.contains(&&name[..]));
        let written = serde_json::to_vec(&Reply {
            request_id: &self.request_id,
            success,
            data,
            error,
            processing_time_ms: now_ns().saturating_sub(self.came) as f64 / 1e6,
            cached,
            more,
            timestamp: Timestamp::now().to_string(),
        });
        // Values and texts can always be written.
        let message = Message::of(self.reply.clone(), written.unwrap_or_default());
        message.encoding(Encoding::Json).priority(self.priority).correlation_id(self.request_id.clone())
    }
}

/// An answer as it is written, see [`Response`](super::Response).
#[derive(Serialize)]
struct Reply<'a> {
    request_id: &'a str,
    success: bool,
    data: Data,
    error: Option<ServiceError>,
    processing_time_ms: f64,
    cached: bool,
    timestamp: String,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// The payload as a value.
fn body(message: &Message) -> Option<Value> {
    match serde_json::from_slice(&message.payload) {
        Ok(value) => Some(value),
        // Clients in Python may write MessagePack.
        Err(_) => message.payload_json().and_then(|json| serde_json::from_str(&json).ok()),
    }
}

fn cache_ttl(given: Option<&Value>) -> Result<Option<Duration>, ServiceError> {
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(None) };
    let ttl = given.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match ttl.filter(|ttl| *ttl <= LONGEST_TTL) {
        Some(ttl) => Ok(Some(ttl)),
        None => Err(wrong("cache_ttl", Some(given), "seconds from 0 to 31622400")),
    }
}

fn wrong(field: &str, given: Option<&Value>, allowed: &str) -> ServiceError {
    let given = given.map_or_else(|| "missing".to_owned(), |given| format!("{}", Short(given)));
    ServiceError::bad_request(format!("`{field}` is {given}: it must be {allowed}"))
}

/// A value as it is repeated to whoever gave it: cut where it is long.
struct Short<'a>(&'a Value);

impl std::fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self.0 {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            other => other.to_string(),
        };
        match text.char_indices().nth(80) {
            Some((end, _)) => write!(f, "{}...", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::super::answer::Response;
    use super::{Answer, Call, Duration, Message, Topic};

    fn call(body: &Value) -> (Call, Result<(), String>) {
        let (call, read) = Call::read(&Message::new("s.do", body.to_string()).unwrap());
        (call, read.map_err(|error| error.message))
    }

    #[test]
    fn the_envelope_is_read_and_the_answer_goes_where_it_is_wanted() {
        let body = json!({"request_id": "7", "params": {"a": 1}, "cache_ttl": 0, "callback_topic": "mine"});
        let (mut read, outcome) = call(&body);
        outcome.unwrap();
        assert_eq!((&read.request_id[..], read.params["a"].as_i64()), ("7", Some(1)));
        assert_eq!((read.cache_ttl, read.reply.as_str()), (Some(Duration::ZERO), "mine"));
        read.priority = crate::Priority::High;
        let answer = Answer { cached: Some(true), ..Answer::from(json!([1])) };
        let reply = read.reply(Ok(answer));
        assert_eq!((reply.topic.as_str(), reply.priority), ("mine", crate::Priority::High));
        assert_eq!(reply.headers.as_ref().unwrap().correlation_id.as_deref(), Some("7"));
        let response: Response = serde_json::from_slice(&reply.payload).unwrap();
        assert!(response.success && response.cached && response.processing_time_ms >= 0.0);
        assert_eq!(response.data, json!([1]));
    }

    #[test]
    fn headers_stand_in_for_the_envelope() {
        let reply = Topic::new("r").unwrap();
        let message = Message::new("s.do", "{}").unwrap().correlation_id("9").reply_to(&reply);
        let (call, read) = Call::read(&message);
        read.unwrap();
        assert_eq!((&call.request_id[..], call.reply.as_str()), ("9", "r"));
        let (call, _) = Call::read(&Message::new("s.do", r#"{"request_id":"1"}"#).unwrap());
        assert_eq!(call.reply.as_str(), "s.do.response");
    }

    #[rstest]
    #[case(json!([1]), "JSON object")]
    #[case(json!({}), "`request_id` is missing")]
    #[case(json!({"request_id": 7}), "`request_id` is 7")]
    #[case(json!({"request_id": "1", "params": [1]}), "`params` is a list: it must be an object")]
    #[case(json!({"request_id": "1", "cache_ttl": -1}), "`cache_ttl` is -1")]
    #[case(json!({"request_id": "1", "cache_ttl": 1e300}), "seconds from 0 to 31622400")]
    #[case(json!({"request_id": "1", "callback_topic": "a b"}), "`callback_topic` is \"a b\"")]
    #[case(json!({"request_id": "1", "q": "cpi"}), "`q` is no field of a request")]
    fn what_is_wrong_is_named(#[case] body: Value, #[case] said: &str) {
        let error = call(&body).1.unwrap_err();
        assert!(error.contains(said), "{error}");
    }

    proptest! {
        #[test]
        fn whatever_comes_gets_an_answer(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let (call, _) = Call::read(&Message::new("s.do", payload).unwrap());
            let reply = call.reply(Ok(Answer::default()));
            prop_assert!(serde_json::from_slice::<Response>(&reply.payload).is_ok());
        }
    }
}

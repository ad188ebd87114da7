//! Whoever waits for an answer: one subscription for all of a bus.

use std::future::IntoFuture as _;
use std::sync::{Arc, Weak};

use hashbrown::HashMap;
use parking_lot::Mutex;
use smol_str::SmolStr;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::timeout_at;
use uuid::Uuid;

use super::RequestError;
use super::answer::Response;
use super::envelope::Request;
use crate::config::BusConfig;
use crate::layout::{REPLY_PREFIX, reply_stream};
use crate::metrics::Meters;
use crate::publish::Publisher;
use crate::subscribe::{Subscription, Subscriptions};
use crate::{Delivery, Pattern, StreamKey, SubscribeOptions, Topic};

/// What a bus needs to ask.
#[derive(Debug)]
pub(crate) struct Desk {
    /// Where answers come.
    reply: Topic,
    stream: StreamKey,
    waiting: Arc<Waiting>,
    /// Answers are read: from the first request on.
    reading: OnceCell<()>,
    meters: Arc<Meters>,
}

/// What asking needs of the bus.
pub(crate) struct Asking<'a> {
    pub(crate) publisher: &'a Publisher,
    pub(crate) subscriptions: &'a Subscriptions,
}

/// Requests that are under way, by id.
#[derive(Debug, Default)]
struct Waiting(Mutex<HashMap<SmolStr, oneshot::Sender<Delivery>>>);

impl Desk {
    pub(crate) fn new(config: &BusConfig, meters: &Arc<Meters>) -> Self {
        let reply = format!("{REPLY_PREFIX}{}", Uuid::new_v4().simple());
        Self {
            reply: Topic::as_read(&reply),
            stream: reply_stream(&config.stream_base()),
            waiting: Arc::default(),
            reading: OnceCell::new(),
            meters: meters.clone(),
        }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, asking: Asking<'_>, request: &Request) -> Result<Response, RequestError> {
        let deadline = tokio::time::Instant::now() + request.timeout;
        let timed_out = || {
            self.meters.requests.timed_out.add(1);
            RequestError::TimedOut { topic: request.topic.clone(), after: request.timeout }
        };
        let asked = async {
            self.read_answers(asking.subscriptions).await?;
            let (id, answer) = self.expect();
            let expected = Expected { waiting: &self.waiting, id };
            let message = request.message(&expected.id, &self.reply, None).ttl(request.timeout);
            let receipt = asking.publisher.publish(message).await?;
            self.meters.requests.sent.add(1);
            let stored = receipt.into_future();
            tokio::select! {
                biased;
                answer = answer => answer.map_err(|_closed| RequestError::Closed),
                // A store that refuses the request ends the wait.
                Err(error) = stored => Err(error.into()),
            }
        };
        let delivery = timeout_at(deadline, asked).await.map_err(|_elapsed| timed_out())??;
        self.meters.requests.answered.add(1);
        serde_json::from_slice(&delivery.payload).map_err(|error| RequestError::Malformed {
            topic: request.topic.clone(),
            detail: error.to_string(),
        })
    }

    /// Asks for an answer that is published on `callback`. Returns the id of the request when it is stored.
    pub(crate) async fn ask_for(
        &self,
        publisher: &Publisher,
        request: &Request,
        callback: &Topic,
    ) -> Result<SmolStr, RequestError> {
        let id = new_id();
        publisher.publish(request.message(&id, callback, Some(callback))).await?.await?;
        self.meters.requests.sent.add(1);
        Ok(id)
    }

    /// Requests that wait for their answers.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.0.lock().len()
    }

    /// Nobody is answered any more.
    pub(crate) fn close(&self) {
        self.waiting.0.lock().clear();
    }

    fn expect(&self) -> (SmolStr, oneshot::Receiver<Delivery>) {
        let (id, (sender, receiver)) = (new_id(), oneshot::channel());
        self.waiting.0.lock().insert(id.clone(), sender);
        (id, receiver)
    }

    async fn read_answers(&self, subscriptions: &Subscriptions) -> Result<(), RequestError> {
        let read = || async {
            let pattern = Pattern::new(self.reply.as_str())
                .map_err(|error| RequestError::Unreadable(Arc::new(error.into())))?;
            let options = SubscribeOptions::default().stream(self.stream.clone());
            let subscription = subscriptions.subscribe(pattern, options).await;
            let subscription = subscription.map_err(|error| RequestError::Unreadable(Arc::new(error)))?;
            tokio::spawn(hand_out(subscription, Arc::downgrade(&self.waiting), self.meters.clone()));
            Ok(())
        };
        self.reading.get_or_try_init(read).await.copied()
    }
}

fn new_id() -> SmolStr {
    Uuid::new_v4().to_string().into()
}

/// Gives each answer to whoever waits for it.
async fn hand_out(mut answers: Subscription, waiting: Weak<Waiting>, meters: Arc<Meters>) {
    while let Some(answer) = answers.next().await {
        let Some(waiting) = waiting.upgrade() else { return };
        let id = answer.headers.as_ref().and_then(|headers| headers.correlation_id.clone());
        let waits = id.and_then(|id| waiting.0.lock().remove(&id));
        if waits.is_none_or(|waits| waits.send(answer).is_err()) {
            meters.requests.late.add(1);
        }
    }
    if let Some(waiting) = waiting.upgrade() {
        waiting.0.lock().clear();
    }
}

/// A request that is forgotten when nobody waits for it any more.
struct Expected<'a> {
    waiting: &'a Waiting,
    id: SmolStr,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.waiting.0.lock().remove(&self.id);
    }
}

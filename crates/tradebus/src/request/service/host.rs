//! Runs a service: takes its requests, and sees to it that each is answered.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::{Service, ServiceHealth, ServiceOptions};
use crate::config::HandlingOrder;
use crate::metrics::ServiceMeter;
use crate::otel::{Consumer, Processing, Tracer};
use crate::request::{Answer, Call, ErrorCode, ServiceError};
use crate::workers::panic_text;
use crate::{
    Bus, GroupDelivery, GroupSubscription, Message, Pattern, PatternError, PublishError, SubscribeError,
    SubscribeOptions, Topic, TopicError,
};

/// What the topic of a service ends with on which the host itself answers.
const HEALTH: &str = ".health.check";
/// Work that has panicked is begun again after this time.
const WORK_AGAIN: Duration = Duration::from_secs(1);

/// A service that runs. Dropping it ends the service in the background.
#[derive(Debug)]
#[must_use = "a service ends when it is dropped"]
pub struct ServiceTask {
    leaving: watch::Sender<bool>,
    health: watch::Receiver<ServiceHealth>,
    task: JoinHandle<()>,
}

impl ServiceTask {
    /// How the service is, as its host looks every [`ServiceOptions::health_interval`]. Healthy until it has looked.
    pub fn health(&self) -> watch::Receiver<ServiceHealth> {
        self.health.clone()
    }

    /// Takes no further requests, and waits until those that are being handled are answered. Requests that nobody has begun go to the other
    /// instances.
    pub async fn stop(mut self) {
        self.leaving.send_replace(true);
        // It ends by itself, also when the bus is closed.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ServiceTask {
    fn drop(&mut self) {
        self.leaving.send_replace(true);
    }
}

/// Why a service cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It has no routes.
    #[error("the service `{name}` has no topics")]
    NoRoutes {
        /// Its name.
        name: String,
    },
    /// Its name cannot be part of a topic.
    #[error("the name of the service: {0}")]
    Name(#[from] TopicError),
    /// Its topics are too long to be read together.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// Its requests cannot be read.
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
}

/// What a host works with.
pub(crate) struct Hosting {
    pub(crate) bus: Bus,
    pub(crate) meter: Arc<ServiceMeter>,
    pub(crate) tracer: Tracer,
}

/// Joins the group of the service, and starts it.
pub(crate) async fn serve(
    hosting: Hosting,
    service: Arc<dyn Service>,
    options: ServiceOptions,
) -> Result<ServiceTask, ServeError> {
    let topics: Vec<Topic> = service.routes().into_iter().map(|route| route.topic).collect();
    if topics.is_empty() {
        return Err(ServeError::NoRoutes { name: service.name().to_owned() });
    }
    let group = format!("service.{}", service.name());
    let health_topic = Topic::new(format!("{}{HEALTH}", service.name()))?;
    let read = [&topics[..], std::slice::from_ref(&health_topic)].concat();
    let pattern = Pattern::new(common_pattern(&read))?;
    let consumer = hosting.tracer.consumer(&pattern, Some(&group));
    let options_of_group = SubscribeOptions::group(group).ordering(HandlingOrder::None);
    let requests = hosting.bus.subscribe(pattern, options_of_group).await?;
    let leaving = watch::channel(false).0;
    let (health, seen) = watch::channel(ServiceHealth::healthy());
    let host = Arc::new(Host {
        health,
        bus: hosting.bus,
        meter: hosting.meter,
        consumer,
        health_topic,
        event_topic: Topic::new(format!("system.health.{}", service.name()))?,
        topics,
        limit: Arc::new(Semaphore::new(options.concurrency.max(1))),
        options,
        service,
    });
    let task = tokio::spawn(host.run(requests, leaving.subscribe()));
    Ok(ServiceTask { leaving, health: seen, task })
}

/// The pattern of all topics that begin as these do, up to the last dot that they share.
fn common_pattern(topics: &[Topic]) -> String {
    let Some((first, others)) = topics.split_first() else { return "*".to_owned() };
    if others.is_empty() {
        return first.to_string();
    }
    let shared = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let length = others.iter().map(|other| shared(first, other)).min().unwrap_or(0);
    let end = first.as_bytes()[..length].iter().rposition(|byte| *byte == b'.').map_or(0, |at| at + 1);
    format!("{}*", &first[..end])
}

struct Host {
    bus: Bus,
    meter: Arc<ServiceMeter>,
    /// By which traces name the service.
    consumer: Consumer,
    topics: Vec<Topic>,
    /// Of handlers that run.
    limit: Arc<Semaphore>,
    options: ServiceOptions,
    service: Arc<dyn Service>,
    /// The topic on which the host itself answers.
    health_topic: Topic,
    event_topic: Topic,
    /// What the last look found.
    health: watch::Sender<ServiceHealth>,
}

impl Host {
    async fn run(self: Arc<Self>, requests: GroupSubscription, leaving: watch::Receiver<bool>) {
        tokio::select! {
            () = self.clone().take_requests(requests, leaving) => {}
            () = self.tell_health() => {}
            () = self.work() => {}
        }
    }

    /// Never returns.
    async fn work(&self) {
        while let Err(panic) = AssertUnwindSafe(self.service.work(&self.bus)).catch_unwind().await {
            self.meter.broken.add(1);
            let panic = panic_text(&*panic);
            tracing::error!(service = self.service.name(), %panic, "the work of a service panicked; it is begun again");
            sleep(WORK_AGAIN).await;
        }
        std::future::pending::<()>().await;
    }

    /// Takes requests until the service is stopped or the bus closed, and waits for those that were begun.
    async fn take_requests(
        self: Arc<Self>,
        mut requests: GroupSubscription,
        mut leaving: watch::Receiver<bool>,
    ) {
        let mut at_work = JoinSet::new();
        loop {
            while at_work.try_join_next().is_some() {}
            // A permit first: what is not begun goes to other instances.
            let next = async {
                let permit = self.limit.clone().acquire_owned().await.ok()?;
                Some((permit, requests.next().await?))
            };
            tokio::select! {
                biased;
                _ = leaving.wait_for(|leaving| *leaving) => break,
                next = next => {
                    let Some((permit, delivery)) = next else { break };
                    at_work.spawn(self.clone().take(delivery, permit));
                }
            }
        }
        // What was not begun goes to other instances meanwhile.
        tokio::join!(requests.close(), async { while at_work.join_next().await.is_some() {} });
    }

    /// Answers a message, in a span that ends when it is settled.
    async fn take(self: Arc<Self>, delivery: GroupDelivery, permit: OwnedSemaphorePermit) {
        let span = self.consumer.process(&delivery, Some(delivery.deliveries()));
        span.within(self.answer(delivery, permit, &span)).await;
        span.end();
    }

    /// Answers a message, if it is a request.
    async fn answer(&self, delivery: GroupDelivery, permit: OwnedSemaphorePermit, span: &Processing) {
        let (call, read) = Call::read(&delivery);
        let wants_answer = delivery.headers.as_ref().is_some_and(|headers| headers.reply_to.is_some());
        let is_known = self.topics.contains(&call.topic) || call.topic == self.health_topic;
        if !is_known && !wants_answer {
            // Its own answers, and whatever else is said there.
            self.meter.ignored.add(1);
            return delivery.ack();
        }
        self.meter.active.fetch_add(1, Relaxed);
        let outcome = match read {
            Ok(()) if is_known => self.handle(&call).await,
            Ok(()) => Err(self.unknown_topic(&call)),
            Err(error) => Err(error),
        };
        self.meter.active.fetch_sub(1, Relaxed);
        self.note(&call, &outcome);
        if let Err(error) = &outcome {
            span.failed(&error.code, &error.message);
        }
        drop(permit);
        match self.publish(&call, outcome).await {
            Ok(()) => delivery.ack(),
            // Another instance answers, or this one when the store can be used.
            Err(error) => {
                tracing::warn!(service = self.service.name(), topic = %call.topic, %error, "an answer was not stored");
                delivery.nack(None);
            }
        }
    }

    /// Gets an answer to the store. One that cannot be sent as it is becomes an error, so that nobody waits in vain.
    async fn publish(&self, call: &Call, outcome: Result<Answer, ServiceError>) -> Result<(), PublishError> {
        let why = match self.bus.publish(call.reply(outcome)).await {
            Ok(receipt) => match receipt.await {
                Ok(_id) => return Ok(()),
                Err(error @ PublishError::Store(_)) => error,
                Err(error) => return Err(error),
            },
            Err(error @ PublishError::TooLarge { .. }) => error,
            Err(error) => return Err(error),
        };
        let error = ServiceError::new(ErrorCode::Internal, format!("the answer cannot be sent: {why}"));
        self.bus.publish(call.reply(Err(error))).await?.await.map(|_id| ())
    }

    async fn handle(&self, call: &Call) -> Result<Answer, ServiceError> {
        let limit = self.options.timeout;
        let handle = async {
            if call.topic == self.health_topic && !self.topics.contains(&call.topic) {
                return Ok(Answer::from(self.report(&self.look().await)));
            }
            self.service.handle(call).await
        };
        match timeout(limit, AssertUnwindSafe(handle).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => {
                self.meter.broken.add(1);
                let panic = panic_text(&*panic);
                tracing::error!(service = self.service.name(), topic = %call.topic, %panic, "a handler panicked; the service goes on");
                Err(ServiceError::new(ErrorCode::Internal, "the service has a defect; it was logged"))
            }
            Err(_elapsed) => {
                self.meter.broken.add(1);
                let ms = limit.as_millis();
                Err(ServiceError::new(ErrorCode::Timeout, format!("the service needed longer than {ms} ms")))
            }
        }
    }

    fn note(&self, call: &Call, outcome: &Result<Answer, ServiceError>) {
        let meter = &self.meter;
        meter.note_answered(call.came);
        match outcome {
            Ok(Answer { cached: Some(true), .. }) => meter.hits.add(1),
            Ok(Answer { cached: Some(false), .. }) => meter.misses.add(1),
            Ok(_) => {}
            Err(error) => {
                meter.failed.add(1);
                tracing::debug!(service = self.service.name(), topic = %call.topic, %error, "a request was not fulfilled");
            }
        }
    }

    fn unknown_topic(&self, call: &Call) -> ServiceError {
        let known: Vec<&str> = self.topics.iter().map(Topic::as_str).collect();
        let message = format!("`{}` is no topic of this service; there are {}", call.topic, known.join(", "));
        ServiceError::new(ErrorCode::UnknownTopic, message)
    }

    async fn look(&self) -> ServiceHealth {
        let look = AssertUnwindSafe(self.service.health()).catch_unwind();
        match timeout(self.options.timeout, look).await {
            Ok(Ok(health)) => health,
            Ok(Err(panic)) => {
                ServiceHealth::unhealthy(format!("looking at its health panicked: {}", panic_text(&*panic)))
            }
            Err(_elapsed) => ServiceHealth::unhealthy("looking at its health takes too long"),
        }
    }

    fn report(&self, health: &ServiceHealth) -> Value {
        json!({
            "service": self.service.name(),
            "status": health.status,
            "reasons": health.reasons,
            "metrics": self.meter.read(),
            "timestamp": Timestamp::now().to_string(),
        })
    }

    /// Publishes the health at the beginning, and whenever it has changed.
    async fn tell_health(&self) {
        let mut looks = interval(self.options.health_interval.max(Duration::from_millis(1)));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut known = None;
        loop {
            looks.tick().await;
            let health = self.look().await;
            if known.as_ref() == Some(&health) {
                continue;
            }
            self.health.send_replace(health.clone());
            let event = Message::of(self.event_topic.clone(), self.report(&health).to_string());
            if let Err(error) = self.bus.publish(event).await {
                tracing::debug!(service = self.service.name(), %error, "the health was not published");
            }
            known = Some(health);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Topic, common_pattern};

    #[rstest]
    #[case(&[], "*")]
    #[case(&["a.b"], "a.b")]
    #[case(&["data.sets.get", "data.sets.search"], "data.sets.*")]
    #[case(&["data.get", "data.getter"], "data.*")]
    #[case(&["a.x", "b.x"], "*")]
    #[case(&["dé.x", "dè.x"], "*")]
    fn topics_share_a_pattern(#[case] topics: &[&str], #[case] pattern: &str) {
        let topics: Vec<Topic> = topics.iter().map(|topic| Topic::new(topic).unwrap()).collect();
        assert_eq!(common_pattern(&topics), pattern);
    }
}

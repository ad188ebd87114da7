//! Workers that scale with the load, and what they do not disturb.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use futures_util::FutureExt;
use parking_lot::Mutex;
use rstest::rstest;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tradebus::{Bus, BusConfig, Delivery, HandlingOrder, Message, Priority, Scaling, SubscribeOptions};

use super::publish;
use crate::support::{Arrivals, Backend, Kind, number_of, numbered, until, within};

/// Topics between which the load is spread: more than there can be workers.
const TOPICS: u64 = 200;
/// What handling one message takes.
const COST: Duration = Duration::from_millis(20);

fn scaling(config: &mut BusConfig) {
    (config.min_workers, config.max_workers) = (1, 50);
    (config.scale_up_threshold, config.scale_down_threshold) = (0.8, 0.3);
}

/// Publishes at a rate that can be changed, message n to topic n % `TOPICS`.
struct Load {
    per_second: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<u64>,
}

impl Load {
    fn start(bus: &Bus) -> Self {
        let (per_second, stopped) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let task = tokio::spawn(load(bus.clone(), per_second.clone(), stopped.clone()));
        Self { per_second, stopped, task }
    }

    fn set(&self, per_second: usize) {
        self.per_second.store(per_second, SeqCst);
    }

    /// Returns how many were published in all.
    async fn stop(self) -> u64 {
        self.stopped.store(true, SeqCst);
        within("the load to stop", self.task).await.unwrap()
    }
}

async fn load(bus: Bus, per_second: Arc<AtomicUsize>, stopped: Arc<AtomicBool>) -> u64 {
    let (mut ticks, mut due, mut count) = (interval(Duration::from_millis(5)), 0.0, 0);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        ticks.tick().await;
        due += per_second.load(SeqCst) as f64 * 0.005;
        while due >= 1.0 {
            if stopped.load(SeqCst) && count % TOPICS == 0 {
                return count;
            }
            due -= 1.0;
            let topic = format!("t{}", count % TOPICS);
            drop(bus.publish(numbered(&topic, count / TOPICS)).await.unwrap());
            count += 1;
        }
    }
}

/// The load that `rate` is, in workers, and the counts of workers that are right for it.
fn right_count(rate: usize) -> std::ops::RangeInclusive<u64> {
    let load = rate as f64 * COST.as_secs_f64();
    // A sleep takes up to a millisecond longer than it says, and on a busy machine some more.
    let most = load * 1.25;
    ((load / 0.8) as u64).max(1)..=((most / 0.3).ceil() as u64).min(50)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_count_of_workers_follows_the_load_and_topics_keep_their_order(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(scaling).await;
    let arrivals = Arc::<Mutex<Arrivals>>::default();
    let handler = {
        let arrivals = arrivals.clone();
        move |delivery: Delivery| {
            let arrivals = arrivals.clone();
            async move {
                sleep(COST).await;
                arrivals.lock().note(&delivery);
                Ok::<(), String>(())
            }
        }
    };
    let mut task = bus.subscribe_with("*", SubscribeOptions::default(), handler).await.unwrap();
    let load = Load::start(&bus);
    for rate in [250, 1_000, 50] {
        let right = right_count(rate);
        load.set(rate);
        // It may go beyond, to make up for what has gathered; then it comes to what is right, and one second's messages later it is so still.
        let what = format!("{right:?} workers for {rate} messages/s");
        let is_right = || {
            let metrics = bus.metrics();
            right.contains(&metrics.worker_count) && metrics.worker_utilization < 0.8
        };
        until(&what, is_right).await;
        let received = bus.metrics().messages_received + rate as u64;
        until("messages of a second are taken", || bus.metrics().messages_received >= received).await;
        until(&what, is_right).await;
    }
    load.set(0);
    until("nothing to do, and one worker", || bus.metrics().worker_count == 1).await;
    assert!(bus.metrics().scale_ups >= 2 && bus.metrics().scale_downs >= 2, "{:?}", bus.metrics());
    assert_scalings(&bus.scalings());
    load.set(1_000);
    let count = load.stop().await;
    until("all are taken", || bus.metrics().messages_received == count).await;
    let _ = bus.close().await;
    within("the handler to finish", task.finished()).await;
    arrivals.lock().assert_exact(TOPICS as usize, count / TOPICS);
    assert_eq!(bus.metrics().worker_count, 0);
}

/// One message of many hangs, and one panics: those of their topics go on when they have been given up, all others at once.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_among_many_holds_up_only_its_topic(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.min_workers = 2).await;
    let arrivals = Arc::<Mutex<Vec<(String, u64)>>>::default();
    let handler = {
        let arrivals = arrivals.clone();
        move |delivery: Delivery| {
            let arrivals = arrivals.clone();
            async move {
                let (topic, number) = (delivery.topic.to_string(), number_of(&delivery));
                match (topic.as_str(), number) {
                    ("t1", 3) => std::future::pending().await,
                    ("t2", 3) => panic!("on purpose"),
                    ("t3", 3) => return Err("on purpose"),
                    _ => arrivals.lock().push((topic, number)),
                }
                Ok(())
            }
        }
    };
    let options = SubscribeOptions::default().handler_timeout(Duration::from_secs(2));
    let mut task = bus.subscribe_with("*", options, handler).await.unwrap();
    for number in 0..1_000 {
        for topic in ["t0", "t1", "t2", "t3"] {
            drop(bus.publish(numbered(topic, number)).await.unwrap());
        }
    }
    until("the message that hangs is given up", || bus.metrics().handler_timeouts == 1).await;
    until("all are taken", || bus.metrics().messages_received == 4_000).await;
    let _ = bus.close().await;
    within("the handler to finish", task.finished()).await;
    let arrivals = arrivals.lock();
    for topic in ["t0", "t1", "t2", "t3"] {
        let numbers = arrivals.iter().filter(|(of, _)| of == topic).map(|(_, number)| *number);
        let wanted = (0..1_000).filter(|number| topic == "t0" || *number != 3);
        assert!(numbers.eq(wanted), "{topic}");
    }
    let metrics = bus.metrics();
    assert_eq!((metrics.handler_errors, metrics.handler_timeouts), (3, 1));
}

/// A handler that ends only when it is let, and says what it has begun.
#[derive(Clone)]
struct Gated {
    begun: Arc<Mutex<Vec<String>>>,
    finished: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Gated {
    fn new() -> Self {
        Self { begun: Arc::default(), finished: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    fn handler(
        &self,
    ) -> impl Fn(Delivery) -> futures_util::future::BoxFuture<'static, Result<(), String>> + Send + Sync + 'static
    {
        let this = self.clone();
        move |delivery| {
            let this = this.clone();
            Box::pin(async move {
                this.begun.lock().push(delivery.topic.to_string());
                let permit = this.gate.acquire().await.map_err(|error| error.to_string())?;
                permit.forget();
                this.finished.fetch_add(1, SeqCst);
                Ok(())
            })
        }
    }

    fn begun(&self) -> usize {
        self.begun.lock().len()
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_order_one_topic_is_handled_side_by_side(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.max_workers = 6).await;
    let gated = Gated::new();
    let options = SubscribeOptions::default().ordering(HandlingOrder::None);
    let task = bus.subscribe_with("t", options, gated.handler()).await.unwrap();
    publish(&bus, "t", 0..100).await;
    until("all workers have begun", || gated.begun() == 6).await;
    gated.gate.add_permits(100);
    until("all are handled", || gated.finished.load(SeqCst) == 100).await;
    within("the handler to stop", task.stop()).await;
}

/// All workers are at hand with LOW messages, and far more of them wait: the alert is the next that is begun.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_critical_message_is_the_next_that_is_begun(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(1, 40)] topics: u64,
    #[values(HandlingOrder::Topic, HandlingOrder::None)] ordering: HandlingOrder,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| (config.min_workers, config.max_workers) = (4, 4)).await;
    let gated = Gated::new();
    let options = SubscribeOptions::default().ordering(ordering);
    let task = bus.subscribe_with("*", options, gated.handler()).await.unwrap();
    for n in 0..2_000 {
        let low = numbered(&format!("bulk{}", n % topics), n).priority(Priority::Low);
        drop(bus.publish(low).await.unwrap());
    }
    let at_hand = if topics == 1 && ordering == HandlingOrder::Topic { 1 } else { 4 };
    until("the workers have begun", || gated.begun() == at_hand).await;
    let alert = Message::new("alert", "now").unwrap().priority(Priority::Critical);
    bus.publish(alert).await.unwrap().await.unwrap();
    until("the alert has arrived", || bus.metrics().tiers[0].delivery_latency.count == 1 || at_hand == 4)
        .await;
    if at_hand == 4 {
        until("all have arrived", || bus.metrics().pattern_matches == 2_001).await;
        gated.gate.add_permits(1);
    }
    until("the next has begun", || gated.begun() == at_hand + 1).await;
    assert_eq!(gated.begun.lock()[at_hand], "alert");
    gated.gate.close();
    within("the handlers to stop", task.stop()).await;
}

/// Stopped in the middle: what has begun is finished, nothing else begins.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_in_the_middle_finishes_what_has_begun(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| (config.min_workers, config.max_workers) = (8, 8)).await;
    let gated = Gated::new();
    let task = bus.subscribe_with("*", SubscribeOptions::default(), gated.handler()).await.unwrap();
    for n in 0..5_000 {
        drop(bus.publish(numbered(&format!("t{}", n % 100), n)).await.unwrap());
    }
    gated.gate.add_permits(1_000);
    until("they are at it", || gated.finished.load(SeqCst) == 1_000 && gated.begun() == 1_008).await;
    let mut stopping = pin!(task.stop());
    assert!(stopping.as_mut().now_or_never().is_none(), "eight handlers run");
    gated.gate.add_permits(1_000);
    within("the handlers to stop", stopping).await;
    let begun = gated.begun();
    assert_eq!((begun, gated.finished.load(SeqCst)), (1_008, 1_008));
    assert_eq!(bus.metrics().worker_count, 0);
    publish(&bus, "t", 0..10).await;
    assert_eq!(gated.begun(), begun, "the subscription has ended");
}

/// The handlers of two subscriptions together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_handlers_run_than_the_bus_allows() {
    let backend = Backend::start(Kind::Embedded).await;
    let configure = |config: &mut BusConfig| (config.min_workers, config.max_concurrent_handlers) = (4, 3);
    let bus = backend.bus(configure).await;
    let (running, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let (running, most) = (running.clone(), most.clone());
        let handler = move |_| {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                sleep(Duration::from_millis(1)).await;
                running.fetch_sub(1, SeqCst);
                Ok::<(), String>(())
            }
        };
        tasks.push(bus.subscribe_with("*", SubscribeOptions::default(), handler).await.unwrap());
    }
    for n in 0..200 {
        drop(bus.publish(numbered(&format!("t{n}"), n)).await.unwrap());
    }
    let receipt = bus.publish(numbered("end", 0)).await.unwrap();
    within("all to be stored", receipt).await.unwrap();
    until("all have arrived", || bus.metrics().pattern_matches == 402).await;
    let _ = bus.close().await;
    for task in &mut tasks {
        within("a handler to finish", task.finished()).await;
    }
    assert_eq!(most.load(SeqCst), 3);
}

/// Each change leads to the count from which the next one starts, and says why it was made.
fn assert_scalings(newest_first: &[Scaling]) {
    assert!((4..=32).contains(&newest_first.len()), "{newest_first:#?}");
    for pair in newest_first.windows(2) {
        assert_eq!(pair[1].to, pair[0].from, "{newest_first:#?}");
        assert!(pair[1].ts < pair[0].ts, "{newest_first:#?}");
    }
    for scaling in newest_first {
        assert!(scaling.from != scaling.to && !scaling.reason.is_empty(), "{scaling:?}");
        assert!(scaling.pool.contains('*') && (0.0..=1.0).contains(&scaling.utilization), "{scaling:?}");
    }
}

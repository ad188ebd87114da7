//! Stores that something is wrong with.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tradebus::{Answer, Bus, Call, Route, Service, ServiceError, ServiceOptions};
use tradebus_doctor::{Doctor, NAMES, Status};

use crate::support::{Redis, config, examine, free_port, with_status};

#[tokio::test]
async fn where_nobody_answers_the_rest_is_skipped() {
    let report = examine(config(&format!("redis://127.0.0.1:{}", free_port()))).await;
    assert_eq!(with_status(&report, Status::Fail), ["connection"]);
    assert_eq!(with_status(&report, Status::Skip).len(), NAMES.len() - 1);
    assert!(!report.is_good() && report.check("connection").unwrap().advice.contains("--store"));
    let summary = report.summary;
    assert_eq!((summary.messages_per_second, summary.avg_latency_ms, summary.error_rate), (None, None, None));
}

#[tokio::test]
async fn what_cannot_be_used_is_a_failure_and_no_panic() {
    let missing = "file:/nonexistent/tradebus-doctor";
    for (store, word) in
        [(missing, "no such directory"), ("carrier-pigeon:", "`store`"), ("redis://[", "`store`")]
    {
        let report = examine(config(store)).await;
        let connection = report.check("connection").unwrap();
        assert!(
            connection.status == Status::Fail && connection.detail.contains(word),
            "{store}: {connection:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_throws_streams_away_fails() {
    let redis = Redis::start(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]).await;
    let report = examine(config(&redis.url())).await;
    let eviction = report.check("eviction").unwrap();
    assert!(eviction.status == Status::Fail && eviction.detail.contains("allkeys-lru"), "{eviction:?}");
    assert!(eviction.advice.contains("noeviction") && !report.is_good());
    // The others are made all the same.
    assert_eq!(report.check("latency").unwrap().status, Status::Pass);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_that_are_missing_are_named() {
    let redis = Redis::start(&[]).await;
    // One may ask what it may do, the other may not: it is tried.
    for admin in ["+acl", "-acl"] {
        redis
            .tell(&format!(
                "ACL SETUSER bob reset on >word ~* &* +@all -@admin {admin} -xtrim -xgroup|setid -info"
            ))
            .await;
        let report = examine(config(&redis.url_of("bob:word"))).await;
        let acl = report.check("acl").unwrap();
        assert_eq!(acl.status, Status::Fail, "{admin}: {acl:?}");
        assert!(acl.detail.contains("xtrim") && acl.detail.contains("xgroup|setid"), "{admin}: {acl:?}");
        assert!(!acl.detail.contains("xadd") && acl.advice.contains("+xtrim"), "{admin}: {acl:?}");
        assert_eq!(report.check("trimming").unwrap().status, Status::Fail, "{admin}");
        assert_eq!(report.check("groups").unwrap().status, Status::Pass, "{admin}: {report:#?}");
        assert_eq!(report.check("cleanup").unwrap().status, Status::Pass, "{admin}: {report:#?}");
        assert_eq!(redis.keys().await, [""; 0], "{admin}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_of_its_own_it_sends_nothing() {
    let redis = Redis::start(&[]).await;
    for admin in ["+acl", "-acl"] {
        redis.tell(&format!("ACL SETUSER bob reset on >word ~trader-* &* +@all -@admin {admin}")).await;
        let report = examine(config(&redis.url_of("bob:word"))).await;
        let acl = report.check("acl").unwrap();
        assert!(acl.status == Status::Warn && acl.advice.contains("~tradebus-doctor:*"), "{admin}: {acl:?}");
        assert_eq!(report.check("throughput").unwrap().status, Status::Skip, "{admin}: {report:#?}");
        redis
            .tell(&format!(
                "ACL SETUSER bob reset on >word ~other-* ~tradebus-doctor:* &* +@all -@admin {admin}"
            ))
            .await;
        let report = examine(config(&redis.url_of("bob:word"))).await;
        let acl = report.check("acl").unwrap();
        assert!(
            acl.status == Status::Fail && acl.detail.contains("trader-TRADER-001:stream"),
            "{admin}: {acl:?}"
        );
    }
    assert_eq!(redis.keys().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_it_finds_nothing_left() {
    let redis = Redis::start(&[]).await;
    let (stop, mut stopped) = mpsc::channel(1);
    let each = |check: &tradebus_doctor::Check| {
        // Behind this one, there are streams.
        if check.name == "priority" {
            let _ = stop.try_send(());
        }
    };
    let until = async move {
        let _ = stopped.recv().await;
    };
    let report = Doctor::new(config(&redis.url())).run_until(until, each).await;
    assert_eq!(report.checks.len(), NAMES.len());
    assert_eq!(report.check("latency").unwrap().status, Status::Skip, "{report:#?}");
    assert_eq!(report.check("cleanup").unwrap().status, Status::Pass, "{report:#?}");
    assert_eq!(redis.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_server_that_falls_silent_does_not_hold_it_up() {
    let redis = Redis::start(&[]).await;
    let each = |check: &tradebus_doctor::Check| {
        if check.name == "clock" {
            redis.pause();
            // Whatever is waited for from here on is over at once.
            tokio::time::pause();
        }
    };
    let report = Doctor::new(config(&redis.url())).run(each).await;
    assert_eq!(with_status(&report, Status::Fail), ["round_trip", "cleanup"], "{report:#?}");
    let last = report.check("latency").unwrap();
    assert!(last.status == Status::Skip && last.detail.contains("does not answer"), "{last:?}");
    let cleanup = report.check("cleanup").unwrap();
    assert!(cleanup.detail.contains("tradebus-doctor:") && cleanup.advice.contains("DEL"), "{cleanup:?}");
}

struct Weather;

#[async_trait]
impl Service for Weather {
    fn name(&self) -> &'static str {
        "weather"
    }

    fn routes(&self) -> Vec<Route> {
        vec![Route::new("weather.get", "the weather").unwrap()]
    }

    async fn handle(&self, _: &Call) -> Result<Answer, ServiceError> {
        Err(ServiceError::not_found("there is none"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_asked_where_they_are_at_work() {
    let redis = Redis::start(&[]).await;
    let mut config = config(&redis.url());
    config.services.insert("weather".to_owned(), serde_json::json!({}));
    let report = examine(config.clone()).await;
    let services = report.check("services").unwrap();
    assert!(services.status == Status::Warn && services.detail.contains("weather"), "{services:?}");
    assert_eq!(redis.keys().await, [""; 0]);

    let node = Bus::connect(config.clone()).await.unwrap();
    let service = node.serve(Arc::new(Weather), ServiceOptions::default()).await.unwrap();
    let report = examine(config).await;
    assert_eq!(report.check("services").unwrap().detail, "healthy: weather", "{report:#?}");
    service.stop().await;
    let _ = node.close().await;
    assert!(redis.keys().await.iter().all(|key| key.starts_with("trader-")));
}

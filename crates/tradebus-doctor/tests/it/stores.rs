//! Stores that work.

use tradebus::store;
use tradebus::{Bus, Layout, Message, Mode};
use tradebus_doctor::Status;
use tradebus_engine::server::{Server, ServerOptions};
use tradebus_engine::{Engine, LogOptions};

use crate::support::{Redis, config, examine, is_clean, with_status};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_server_is_well_and_has_the_same_keys_as_before() {
    let redis = Redis::start(&[]).await;
    let config = config(&redis.url());
    let bus = Bus::connect(config.clone()).await.unwrap();
    bus.publish(Message::new("orders.a", "1").unwrap()).await.unwrap().await.unwrap();
    let _ = bus.close().await;
    let before = redis.keys().await;

    let report = examine(config).await;
    assert!(report.is_good(), "{report:#?}");
    // It keeps nothing on disk, and nobody has configured a service.
    assert_eq!(with_status(&report, Status::Warn), ["persistence"], "{report:#?}");
    assert_eq!(with_status(&report, Status::Skip), ["services"], "{report:#?}");
    assert_eq!((report.summary.error_rate, report.summary.total), (Some(0.0), 15));
    assert!(report.summary.messages_per_second.is_some_and(|rate| rate > 0.0));
    assert!(report.summary.avg_latency_ms.is_some() && report.summary.p95_latency_ms.is_some());
    assert_eq!(redis.keys().await, before);
    assert_eq!(before, ["trader-TRADER-001:stream:normal"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_memory_is_well() {
    // In a task of its own, as a host would run it.
    let report = tokio::spawn(examine(config("memory:"))).await.unwrap();
    assert!(report.is_good(), "{report:#?}");
    assert_eq!(with_status(&report, Status::Warn), ["persistence"], "{report:#?}");
    assert_eq!(report.summary.error_rate, Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_on_disk_is_well_and_empty_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let report = examine(config(&format!("file:{}", directory.path().display()))).await;
    assert!(report.is_good(), "{report:#?}");
    assert_eq!(report.check("persistence").unwrap().status, Status::Pass);

    let (engine, _) = Engine::open(&LogOptions::new(directory.path())).unwrap();
    let mut keys = 0;
    engine.lock().scan(0, usize::MAX, |_, _| keys += 1);
    assert_eq!(keys, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_of_the_engine_is_well_and_empty_afterwards() {
    let engine = Engine::new();
    let server = Server::bind(engine.clone(), ServerOptions::default(), "127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", server.local_addr());
    let port = tokio::spawn(server.run(std::future::pending()));

    let report = examine(config(&url)).await;
    assert!(report.is_good(), "{report:#?}");
    assert!(report.check("server").unwrap().detail.contains("the port of tradebus"), "{report:#?}");
    assert_eq!(report.check("acl").unwrap().status, Status::Pass, "{report:#?}");
    let mut keys = 0;
    engine.lock().scan(0, usize::MAX, |_, _| keys += 1);
    assert_eq!(keys, 0);
    port.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_ways_to_publish_are_examined_too() {
    let redis = Redis::start(&[]).await;
    for (mode, layout) in [(Mode::Basic, Layout::Single), (Mode::Buffered, Layout::Topic)] {
        let mut config = config(&redis.url());
        (config.mode, config.layout, config.max_payload_bytes) = (mode, layout, 16);
        let report = examine(config).await;
        assert!(report.is_good(), "{mode:?} {layout:?}: {report:#?}");
    }
    assert!(is_clean(&*store::open(&config(&redis.url())).await.unwrap()).await);
}

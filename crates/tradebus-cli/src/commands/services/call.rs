//! `tradebus services call`: asks a service of the configuration, without a node.

use std::time::Duration;

use tradebus::{Bus, Topic};

use crate::cli::Global;
use crate::commands::request::{self, Asked};
use crate::failure::{Failure, Outcome};
use crate::settings;
use crate::shutdown::Shutdown;

const EXAMPLES: &str = "\
Examples:
  tradebus services call weather.forecast.get '{\"office\":\"OKX\",\"x\":33,\"y\":37}'
  tradebus services call weather.forecast.get '{\"office\":\"OKX\",\"x\":33,\"y\":37}' --json | jq .processing_time_ms
  tradebus services call weather.health.check

The service runs in this process, over a store in memory: nothing of a running node is used, and its cache is empty.";

/// Try a service of the configuration, without a node.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    asked: Asked,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let mut config = settings::load(global)?.config;
    config.store = Some("memory:".to_owned().into());
    let mut shutdown = Shutdown::listen()?;
    let bus = Bus::connect(config.clone()).await?;
    let services = super::prepare(&config, bus.store(), None)?;
    let answers = |topic: &Topic| {
        let topics = services.iter().flat_map(tradebus_services::running::Prepared::routes);
        let health = services.iter().any(|it| topic.as_str() == format!("{}.health.check", it.name()));
        health || topics.into_iter().any(|route| route.topic == *topic)
    };
    if !answers(args.asked.topic()) {
        return Err(Failure::NotFound(format!(
            "no service answers `{}`: tradebus services ls lists the topics",
            args.asked.topic()
        )));
    }
    let mut tasks = Vec::new();
    for service in services {
        tasks.push(service.start(&bus).await.map_err(super::wrong)?);
    }
    let outcome = tokio::select! {
        outcome = request::ask(&args.asked, &bus) => outcome,
        () = shutdown.requested() => Ok(()),
    };
    // What is under way is of no more use.
    let stopping = futures_util::future::join_all(tasks.into_iter().map(tradebus::ServiceTask::stop));
    let _ = tokio::time::timeout(Duration::from_secs(1), stopping).await;
    let _ = bus.close().await;
    outcome
}

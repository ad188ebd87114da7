//! `tradebus bench`: messages through the real path, counted and timed.
//!
//! Every message carries its number and the time at which it was meant to be published, so that losses, repeats and
//! reordering are found, and a publisher that falls behind its rate does not flatter the latencies.

mod baseline;
mod load;
mod measure;
mod receive;
mod report;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use tradebus::{Bus, BusConfig, Priority};

use self::baseline::Baseline;
use self::load::Plan;
use self::measure::Measured;

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// How many messages a second: first published only, then published and received.
    Throughput {
        #[command(flatten)]
        load: LoadArgs,
        /// Messages a second; 0 is flat out.
        #[arg(long, default_value_t = 0)]
        rate: u64,
        /// Also run `redis-benchmark -P 256 -c 8` with the same entries on the same server, before and after, and compare.
        #[arg(long)]
        baseline: bool,
    },
    /// How long from publishing to the subscriber, at a given rate.
    Latency {
        #[command(flatten)]
        load: LoadArgs,
        /// Messages a second.
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
        rate: u64,
        /// Flood the LOW tier as fast as it goes while measuring the others.
        #[arg(long)]
        flood: bool,
    },
}

#[derive(Debug, clap::Args)]
struct LoadArgs {
    /// How many messages.
    #[arg(long, short = 'n', default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    messages: u64,
    /// Size of a payload in bytes, 16 at least.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(16..))]
    size: u32,
    /// How many topics.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    topics: u32,
    /// Tiers of the messages, in turn; name one twice to give it twice the share.
    #[arg(long, value_delimiter = ',', default_value = "normal")]
    tiers: Vec<Priority>,
    /// Seed of topics and payloads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Runs a benchmark on the store of the configuration.
///
/// # Errors
///
/// When the store cannot be used, a message was lost, or the report cannot be written.
pub async fn run(args: Args, mut config: BusConfig) -> anyhow::Result<()> {
    // Streams of its own, so that nobody's data is in the way or in danger.
    config.streams_prefix = format!("bench-{:08x}", fastrand::u32(..));
    let (report, file) = match args.what {
        What::Throughput { load, rate, baseline } => {
            let plan = Plan::new(load.messages, load.size, load.topics, load.tiers, load.seed, rate);
            (throughput(&config, &plan, baseline).await?, load.json)
        }
        What::Latency { load, rate, flood } => {
            let mut plan = Plan::new(load.messages, load.size, load.topics, load.tiers, load.seed, rate);
            plan.flood = flood;
            (latency(&config, &plan).await?, load.json)
        }
    };
    print!("{}", report.text());
    if let Some(file) = file {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let bad: Vec<&Measured> = report.runs.iter().filter(|run| run.lost + run.errors > 0).collect();
    ensure!(
        bad.is_empty(),
        "messages were lost: {}",
        bad.iter().map(|run| run.name).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

async fn throughput(config: &BusConfig, plan: &Plan, compare: bool) -> anyhow::Result<report::Report> {
    let mut baseline = if compare { Some(Baseline::of(config)?) } else { None };
    if let Some(baseline) = &mut baseline {
        baseline.run(plan)?;
    }
    let mut runs = Vec::new();
    for (name, receive) in [("publish", false), ("publish and receive", true)] {
        let bus = Bus::connect(config.clone()).await?;
        runs.push(measure::run(name, &bus, plan, receive).await?);
        clean_up(&bus, config).await?;
    }
    if let Some(baseline) = &mut baseline {
        baseline.run(plan)?;
    }
    Ok(report::Report::new(config, plan, runs, baseline))
}

async fn latency(config: &BusConfig, plan: &Plan) -> anyhow::Result<report::Report> {
    let bus = Bus::connect(config.clone()).await?;
    let run = measure::run("latency", &bus, plan, true).await?;
    clean_up(&bus, config).await?;
    Ok(report::Report::new(config, plan, vec![run], None))
}

/// Removes the streams of the run.
async fn clean_up(bus: &Bus, config: &BusConfig) -> anyhow::Result<()> {
    let _ = bus.close().await;
    for stream in bus.store().streams(config.stream_base().as_bytes()).await? {
        bus.store().remove(&stream).await?;
    }
    Ok(())
}

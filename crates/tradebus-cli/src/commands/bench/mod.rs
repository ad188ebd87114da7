//! `tradebus bench`: messages through the real path, counted and timed.
//!
//! Every message carries its number and the time at which it was meant to be published, so that losses, repeats and
//! reordering are found, and a publisher that falls behind its rate does not flatter the latencies.

mod bare;
mod baseline;
mod compare;
mod load;
mod measure;
mod receive;
mod report;
mod send;
mod setting;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tradebus::{Bus, BusConfig, Priority, StreamKey, store};

use self::baseline::Baseline;
use self::load::Plan;
use self::receive::Receiving;
use self::report::Report;
use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::settings;

const THROUGHPUT_EXAMPLES: &str = "\
Examples:
  tradebus bench throughput --baseline                    beside redis-benchmark, on the same server
  tradebus bench throughput --store memory: -n 5000000    the embedded engine
  tradebus bench throughput --group                       with handlers of a consumer group
  tradebus bench throughput --tiers critical,normal,low --size 1000 --json figures.json";

const LATENCY_EXAMPLES: &str = "\
Examples:
  tradebus bench latency                                  10,000 messages a second
  tradebus bench latency --tiers critical --flood         while the LOW tier is always full
  tradebus bench latency --rate 50000 -n 500000 --json figures.json";

const COMPARE_EXAMPLES: &str = "\
Examples:
  tradebus bench compare                                  on the Redis of the settings
  tradebus bench compare --store memory: -n 500000        the embedded engine
  tradebus bench compare --callers 8 --rounds 4 --json figures.json";

/// Measure: messages through the real path, counted and timed.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(after_long_help = THROUGHPUT_EXAMPLES)]
    /// How many messages a second: first published only, then published and received.
    Throughput {
        #[command(flatten)]
        messages: Messages,
        #[command(flatten)]
        load: LoadArgs,
        /// Messages a second; 0 is flat out.
        #[arg(long, default_value_t = 0)]
        rate: u64,
        /// Also run `redis-benchmark -P 256 -c 8` with the same entries on the same server, before and after, and compare.
        #[arg(long)]
        baseline: bool,
        /// Also let handlers of a consumer group take and acknowledge the messages, and compare that with a bare loop over the store that appends, reads
        /// and acknowledges a thousand entries at a time.
        #[arg(long)]
        group: bool,
    },
    #[command(after_long_help = LATENCY_EXAMPLES)]
    /// How long from publishing to the subscriber, at a given rate.
    Latency {
        #[command(flatten)]
        messages: Messages,
        #[command(flatten)]
        load: LoadArgs,
        /// Messages a second.
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
        rate: u64,
        /// Flood the LOW tier as fast as it goes while measuring the others.
        #[arg(long)]
        flood: bool,
    },
    #[command(after_long_help = COMPARE_EXAMPLES)]
    /// The basic bus (each message is written by itself and waited for) beside the buffered one, on the same store, in turn.
    Compare {
        #[command(flatten)]
        compare: compare::Args,
        #[command(flatten)]
        load: LoadArgs,
    },
}

#[derive(clap::Args)]
struct Messages {
    /// How many messages.
    #[arg(long, short = 'n', default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    messages: u64,
}

/// What the messages are like, and where the figures go.
#[derive(clap::Args)]
struct LoadArgs {
    /// Size of a payload in bytes, 16 at least.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(16..=512 << 20))]
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
pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    let mut config = settings::load(global)?.config;
    // Streams of its own, so that nobody's data is in the way or in danger.
    config.streams_prefix = format!("bench-{:08x}", fastrand::u32(..));
    match args.what {
        What::Throughput { messages, load, rate, baseline, group } => {
            let plan = load.plan(messages.messages, rate, false);
            let report = throughput(&config, &plan, baseline, group).await?;
            show(&report, &report.text(), load.json.as_deref(), &report.bad())
        }
        What::Latency { messages, load, rate, flood } => {
            let report = latency(&config, &load.plan(messages.messages, rate, flood)).await?;
            show(&report, &report.text(), load.json.as_deref(), &report.bad())
        }
        What::Compare { compare, load } => {
            let plan = load.plan(compare.messages, 0, false);
            let comparison = compare::run(&config, &plan, &compare).await?;
            show(&comparison, &comparison.text(), load.json.as_deref(), &comparison.bad())
        }
    }
}

/// Prints a report, writes its figures to a file if that is asked for, and fails if runs of it lost messages.
fn show(report: &impl Serialize, text: &str, file: Option<&Path>, bad: &[String]) -> Outcome {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::output(&error))?;
    if let Some(file) = file {
        write_json(report, file)?;
    }
    if bad.is_empty() {
        Ok(())
    } else {
        Err(Failure::failed(format!("messages were lost: {}", bad.join(", "))))
    }
}

fn write_json(report: &impl Serialize, file: &Path) -> Outcome {
    let cannot =
        |error: &dyn std::fmt::Display| Failure::failed(format!("cannot write {}: {error}", file.display()));
    let text = serde_json::to_string_pretty(report).map_err(|error| cannot(&error))?;
    std::fs::write(file, text + "\n").map_err(|error| cannot(&error))
}

impl LoadArgs {
    fn plan(&self, messages: u64, rate: u64, flood: bool) -> Plan {
        let plan = Plan::new(messages, self.size, self.topics, self.tiers.clone(), self.seed, rate);
        Plan { flood, ..plan }
    }
}

async fn throughput(config: &BusConfig, plan: &Plan, compare: bool, group: bool) -> Outcome<Report> {
    let mut baseline = if compare { Some(Baseline::of(config)?) } else { None };
    if let Some(baseline) = &mut baseline {
        baseline.run(plan)?;
    }
    let mut runs = Vec::new();
    let store = store::open(config).await?;
    let bare_stream = StreamKey::from(&format!("{}:bare", config.stream_base())[..]);
    let mut bare_loop = Vec::new();
    if group {
        bare_loop.push(bare::run(&*store, &bare_stream, plan).await?);
    }
    let kinds = [Receiving::None, Receiving::Subscription, Receiving::Group];
    for receiving in kinds.into_iter().filter(|kind| group || *kind != Receiving::Group) {
        let bus = Bus::with_store(config.clone(), store.clone())?;
        runs.push(measure::run(receiving.name(), &bus, plan, receiving).await?);
        clean_up(&bus, config).await?;
    }
    if group {
        bare_loop.push(bare::run(&*store, &bare_stream, plan).await?);
    }
    store.close().await;
    if let Some(baseline) = &mut baseline {
        baseline.run(plan)?;
    }
    let mut report = Report::new(config, plan, runs, baseline);
    report.bare_loop_per_second = bare_loop;
    Ok(report)
}

async fn latency(config: &BusConfig, plan: &Plan) -> Outcome<Report> {
    let store = store::open(config).await?;
    let bus = Bus::with_store(config.clone(), store.clone())?;
    let run = measure::run("latency", &bus, plan, Receiving::Subscription).await?;
    clean_up(&bus, config).await?;
    store.close().await;
    Ok(Report::new(config, plan, vec![run], None))
}

/// Removes the streams of the run.
async fn clean_up(bus: &Bus, config: &BusConfig) -> Outcome {
    let _ = bus.close().await;
    for stream in bus.store().streams(config.stream_base().as_bytes()).await? {
        bus.store().remove(&stream).await?;
    }
    Ok(())
}

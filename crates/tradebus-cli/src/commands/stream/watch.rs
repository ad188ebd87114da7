//! `tradebus stream watch`: what comes and what is read, at each look.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use tradebus::{GroupSample, ManageError, StreamKey, StreamManager, StreamSample, StreamState};

use crate::cli::Global;
use crate::entry::put_stream;
use crate::failure::{Outcome, say};
use crate::human::{self, UNKNOWN, or_unknown};
use crate::listing::{Column, Listing};
use crate::shutdown::Shutdown;
use crate::streams::{key_parser, with_manager};

const EXAMPLES: &str = "\
Examples:
  tradebus stream watch                                           the streams of the bus, each second
  tradebus stream watch trader-TRADER-001:stream:critical --interval 0.2
  tradebus stream watch --count 2 --json | jq -c '[.stream, .added_per_second, .lag]'

LAG is what the slowest group has not been delivered yet, PENDING what all groups have been delivered and have not acknowledged.
Rates are known from the second look on, where the store tells how many entries were added (Redis from 7.0 on).";

/// Watch streams: length, rates of adding and reading, lag.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Streams to watch [default: those of the bus, also those that appear later]
    #[arg(value_name = "KEY", value_parser = key_parser())]
    streams: Vec<StreamKey>,

    /// Seconds between two looks, fractions too.
    #[arg(long, value_name = "S", default_value = "1", value_parser = parse_interval, allow_negative_numbers = true)]
    interval: Duration,

    /// End after so many looks.
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    count: Option<u64>,

    /// Print one JSON object a stream and look.
    #[arg(long)]
    json: bool,
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.01..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "allowed are 0.01 to 86400 seconds".to_owned())
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let mut shutdown = Shutdown::listen()?;
    let watching = with_manager(global, async |manager| args.watch(manager).await);
    tokio::select! {
        watched = watching => watched,
        () = shutdown.requested() => Ok(()),
    }
}

impl Args {
    async fn watch(&self, manager: &StreamManager) -> Outcome {
        for stream in &self.streams {
            // A name that is mistyped would be watched for ever.
            manager.describe(stream).await?;
        }
        let wanted = (!self.streams.is_empty()).then(|| self.streams.clone());
        let mut watch = manager.watch(wanted);
        let mut ticks = interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut listing = Listing::new(self.json, &COLUMNS);
        let mut looks = 0;
        while self.count.is_none_or(|count| looks < count) {
            ticks.tick().await;
            looks += 1;
            match watch.sample().await {
                Ok(samples) => print(&samples, &mut listing).await?,
                // It may be back at the next look; one that is the last has failed.
                Err(ManageError::Store(error)) if error.is_transient() && self.count != Some(looks) => {
                    say(&format!("{error}; looking again"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        listing.finish().await?;
        Ok(())
    }
}

async fn print(samples: &[StreamSample], listing: &mut Listing) -> Outcome {
    let now = Timestamp::now();
    if samples.is_empty() {
        say("there are no streams yet");
    }
    for sample in samples {
        listing.add(|| object(sample, now), || cells(sample, now)).await?;
    }
    listing.flush().await
}

const COLUMNS: [Column; 9] = [
    Column::Left("TIME"),
    Column::Left("STREAM"),
    Column::Right("LENGTH"),
    Column::Right("MEMORY"),
    Column::Right("ADDED"),
    Column::Right("READ"),
    Column::Right("LAG"),
    Column::Right("PENDING"),
    Column::Left("LAST ID"),
];

fn cells(sample: &StreamSample, now: Timestamp) -> Vec<String> {
    let time = now.strftime("%H:%M:%S").to_string();
    let Some(state) = &sample.state else {
        let gone = vec![time, sample.stream.to_string(), "gone".to_owned()];
        return gone.into_iter().chain(COLUMNS[3..].iter().map(|_| UNKNOWN.to_owned())).collect();
    };
    let reads = state.groups.iter().filter_map(|group| state.read_per_second(group));
    let pending: u64 = state.groups.iter().map(|group| group.info.pending).sum();
    vec![
        time,
        sample.stream.to_string(),
        state.info.len.to_string(),
        or_unknown(state.info.memory_bytes, human::bytes),
        or_unknown(state.added_per_second(), human::rate),
        or_unknown(reads.reduce(|one, other| one + other), human::rate),
        or_unknown(state.most_lag(), |lag| lag.to_string()),
        if state.groups.is_empty() { UNKNOWN.to_owned() } else { pending.to_string() },
        state.info.last_id.to_string(),
    ]
}

fn object(sample: &StreamSample, now: Timestamp) -> Value {
    let mut object = match &sample.state {
        None => json!({ "length": null }),
        Some(state) => json!({
            "length": state.info.len,
            "memory_bytes": state.info.memory_bytes,
            "last_generated_id": state.info.last_id.to_string(),
            "since_ms": state.since.map(|since| since.as_millis() as u64),
            "added": state.added,
            "added_per_second": state.added_per_second(),
            "lag": state.most_lag(),
            "groups": groups(state),
        }),
    };
    object["ts"] = (now.as_nanosecond() as u64).into();
    put_stream(&mut object, &sample.stream);
    object
}

fn groups(state: &StreamState) -> Value {
    let group = |group: &GroupSample| {
        json!({
            "group": group.info.name,
            "consumers": group.info.consumers,
            "pending": group.info.pending,
            "lag": group.info.lag,
            "read": group.read,
            "read_per_second": state.read_per_second(group),
        })
    };
    state.groups.iter().map(group).collect()
}

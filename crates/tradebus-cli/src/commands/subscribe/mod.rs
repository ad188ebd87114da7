//! `tradebus sub`: prints messages as they arrive.

mod format;
mod messages;
mod past;
mod standing;

use std::time::Duration;

use futures_util::FutureExt as _;
use tradebus::config::SubscriptionPolicy;
use tradebus::{Bus, GroupOptions, Merged, Pattern, StartFrom, StreamKey, SubscribeOptions};

use self::format::Format;
use self::messages::Messages;
use self::past::Past;
use crate::cli::Global;
use crate::failure::{Failure, Outcome, say};
use crate::output::Output;
use crate::settings;
use crate::shutdown::Shutdown;

const EXAMPLES: &str = "\
Examples:
  tradebus sub 'data.quotes.*' --policy conflate       only the newest quote of each instrument, if they come too fast
  tradebus sub 'events.*' 'risk.*' --from 10m --json | jq .payload
  tradebus sub '*' --stream trader-TRADER-001:stream --count 1 --timeout 5
  tradebus sub 'events.order.*' --group audit          several of these share the messages; each is acknowledged once it is printed
  tradebus sub 'orders.*' --group gateway --single-active     one gets them all, others stand by
  tradebus sub '*' --replay --from 1h --to 50m --speed 10     ten minutes of the past in one, all streams merged by time

Patterns: * is any run of bytes (dots too), ? exactly one; the whole topic must match. Quote them from the shell.
With --replay, it ends when the past is printed. Without --count, --timeout ends with 0; with it, with 1 if fewer messages came.";

/// Print messages whose topics match a pattern, as they arrive.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Topic patterns, such as 'data.quotes.*'; a message that matches several is printed once.
    #[arg(required = true, value_name = "PATTERN", value_parser = parse_pattern)]
    patterns: Vec<Pattern>,

    /// Where to start: latest, earliest, behind an entry id, or so long ago (10m, 1h30m).
    #[arg(long, value_name = "START", default_value = "latest", value_parser = parse_start, allow_hyphen_values = true)]
    from: StartFrom,

    #[command(flatten)]
    past: Past,

    /// Share the messages with the other consumers of this group; --from counts where the group is new.
    #[arg(long, short, value_name = "GROUP")]
    group: Option<String>,

    /// Name of this consumer; one that was there before goes on with what it had [default: a name of its own]
    #[arg(long, value_name = "CONSUMER", requires = "group")]
    consumer: Option<String>,

    /// Get all messages of the group as long as no other consumer does; otherwise stand by, and take over when that one is gone. All consumers
    /// of the group have to be given this.
    #[arg(long, requires = "group")]
    single_active: bool,

    /// Read this stream instead of those of the bus; again for more.
    #[arg(long = "stream", value_name = "KEY")]
    streams: Vec<String>,

    /// What happens if messages come faster than they are printed [default: as configured]
    #[arg(long, value_name = "POLICY", conflicts_with = "group")]
    policy: Option<Policy>,

    /// End after so many messages.
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    count: Option<u64>,

    /// End after so many seconds, fractions too.
    #[arg(long, value_name = "S", value_parser = parse_seconds, allow_negative_numbers = true)]
    timeout: Option<Duration>,

    /// Print one JSON object a message.
    #[arg(long)]
    json: bool,

    /// Print payloads only, each with a line end behind it.
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

/// The policies of a subscription, as they are spelled in the configuration.
#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Policy {
    /// Reading waits; nothing is lost that the stream keeps.
    Wait,
    /// The oldest are dropped, and counted.
    DropOldest,
    /// Only the newest message of each topic is kept.
    Conflate,
}

fn parse_pattern(text: &str) -> Result<Pattern, tradebus::PatternError> {
    text.parse()
}

fn parse_start(text: &str) -> Result<StartFrom, tradebus::ParseStartError> {
    text.parse()
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.0..=1e9).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "allowed are 0 to 1000000000 seconds".to_owned())
}

/// Why printing ended.
enum Ended {
    /// All that was wanted has come, or the bus is closed.
    Complete,
    TimedOut,
    Asked,
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    let config = settings::load(global)?.config;
    let mut shutdown = Shutdown::listen()?;
    settings::note_store_in_memory(&config);
    // The time counts from here: also a store that does not answer is not waited for.
    let mut time_is_up = std::pin::pin!(end_of_time(args.timeout));
    let subscribed = tokio::select! {
        subscribed = args.subscribe(config) => Some(subscribed?),
        () = &mut time_is_up => None,
        () = shutdown.requested() => return Ok(()),
    };
    let Some((bus, mut messages)) = subscribed else { return args.verdict(&Ended::TimedOut, 0) };

    let mut output = Output::new();
    let mut printed = 0;
    let ended = tokio::select! {
        complete = args.print(&mut messages, &mut output, &mut printed) => complete?,
        () = &mut time_is_up => Ended::TimedOut,
        () = shutdown.requested() => Ended::Asked,
    };
    let finished = output.finish().await;
    if finished.is_ok() {
        messages.written();
    }
    // Who asks for the end need not read the rest.
    if !matches!(ended, Ended::Asked) {
        finished?;
    }
    tell_losses(&bus, &messages);
    // A consumer of a group leaves with what it did not begin.
    drop(messages);
    let _ = bus.close().await;
    args.verdict(&ended, printed)
}

async fn end_of_time(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => tokio::time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

impl Args {
    async fn subscribe(&self, config: tradebus::BusConfig) -> Outcome<(Bus, Messages)> {
        if let (Some(_), [_, second, ..]) = (&self.group, &self.patterns[..]) {
            return Err(Failure::usage(format!(
                "a group takes one pattern, and '{second}' is a second one: use a group for each, or a wider pattern"
            )));
        }
        if self.past.replay {
            return self.replay(config).await;
        }
        let bus = Bus::connect(config).await?;
        if let Some(group) = &self.group {
            let share = bus.subscribe(self.patterns[0].clone(), self.group_options(group)).await?;
            if self.single_active {
                tokio::spawn(standing::tell(share.activity()));
            }
            return Ok((bus, Messages::share(share)));
        }
        let mut subscriptions = Vec::new();
        for pattern in &self.patterns {
            subscriptions.push(bus.subscribe(pattern.clone(), self.options()).await?);
        }
        Ok((bus, Messages::All(Merged::new(subscriptions))))
    }

    async fn replay(&self, config: tradebus::BusConfig) -> Outcome<(Bus, Messages)> {
        let (first, others) =
            self.patterns.split_first().ok_or_else(|| Failure::usage("a pattern is needed"))?;
        let mut options = self.past.options(self.from)?;
        for other in others {
            options = options.also(other.clone());
        }
        for stream in &self.streams {
            options = options.stream(StreamKey::new(stream));
        }
        let bus = Bus::connect(config).await?;
        let replay = bus.replay(first.clone(), options).await.map_err(past::failure)?;
        Ok((bus, Messages::Past(Box::new(replay))))
    }

    fn group_options(&self, group: &str) -> GroupOptions {
        let mut options = SubscribeOptions::group(group).from(self.from);
        if let Some(consumer) = &self.consumer {
            options = options.consumer(consumer);
        }
        if self.single_active {
            options = options.single_active();
        }
        for stream in &self.streams {
            options = options.stream(StreamKey::new(stream));
        }
        options
    }

    fn options(&self) -> SubscribeOptions {
        let mut options = SubscribeOptions::default().from(self.from);
        for stream in &self.streams {
            options = options.stream(StreamKey::new(stream));
        }
        match self.policy {
            Some(Policy::Wait) => options.policy(SubscriptionPolicy::Wait),
            Some(Policy::DropOldest) => options.policy(SubscriptionPolicy::DropOldest),
            Some(Policy::Conflate) => options.policy(SubscriptionPolicy::Conflate),
            None => options,
        }
    }

    /// Prints what arrives, until the count is reached.
    async fn print(&self, messages: &mut Messages, output: &mut Output, printed: &mut u64) -> Outcome<Ended> {
        let format = Format::new(self.json, self.raw);
        while self.count.is_none_or(|count| *printed < count) {
            let buffer = output.buffer();
            let next = messages.print_next(|it| format.write(it, buffer)).now_or_never();
            let came = if let Some(came) = next {
                came?
            } else {
                // Nothing waits: what was printed is to be seen now.
                output.flush().await?;
                messages.written();
                let buffer = output.buffer();
                messages.print_next(|it| format.write(it, buffer)).await?
            };
            if !came {
                break;
            }
            *printed += 1;
            if output.is_large() || messages.wants_flush() {
                output.flush().await?;
                messages.written();
            }
        }
        Ok(Ended::Complete)
    }

    fn verdict(&self, ended: &Ended, printed: u64) -> Outcome {
        match (ended, self.count, self.timeout) {
            (Ended::TimedOut, Some(count), Some(timeout)) if printed < count => Err(Failure::failed(
                format!("timed out after {} s: {printed} of {count} messages arrived", timeout.as_secs_f64()),
            )),
            _ => Ok(()),
        }
    }
}

/// Says what was not printed although it matched, or could not be read.
fn tell_losses(bus: &Bus, messages: &Messages) {
    let malformed: u64 = bus.metrics().malformed.iter().map(|(_, count)| count).sum();
    let losses = [
        ("messages dropped, as the policy says", messages.dropped()),
        ("entries skipped because they are no messages", malformed),
    ];
    let losses: Vec<String> = losses
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{what}: {count}"))
        .collect();
    if !losses.is_empty() {
        say(&format!("note: {}", losses.join("; ")));
    }
}

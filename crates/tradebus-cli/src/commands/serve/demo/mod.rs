//! A live synthetic market feed, and a subscriber that measures what arrives of it.

mod account;
mod feed;
mod instrument;
mod market;
mod measure;
mod payload;
mod screen;

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tradebus::config::{Loaded, Source};
use tradebus::{SubscribeOptions, Subscription};

use self::feed::{Fed, Feed};
use self::market::Market;
use self::measure::Measure;
use self::screen::Screen;
use super::node::Node;
use crate::failure::{Failure, Outcome, say};
use crate::pace::parse_rate;
use crate::shutdown::Shutdown;

/// Entries of a stream that the demo leaves behind, unless somebody has said otherwise.
const STREAM_LENGTH: u64 = 100_000;
/// How long what is stored may take to arrive, when the feed has stopped.
const LAST_ARRIVALS: Duration = Duration::from_secs(2);

/// What the feed is like.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Messages a second of the feed.
    #[arg(long, value_name = "N", default_value = "2000", value_parser = parse_rate, requires = "demo", allow_negative_numbers = true)]
    rate: f64,

    /// Start of the random walk: the same seed gives the same market.
    #[arg(long, value_name = "N", default_value = "1", requires = "demo")]
    seed: u64,
}

/// Keeps the streams of the demo short, unless their length is configured.
pub(super) fn bound_streams(loaded: &mut Loaded) {
    let length = "default_stream_config.max_length";
    if loaded.sources.get(length) == Source::Default {
        loaded.config.default_stream_config.max_length = STREAM_LENGTH;
    }
}

/// Runs the feed until the program is asked to end, and shows once a second what was measured in that second.
pub(super) async fn run(options: &Options, node: Node, mut shutdown: Shutdown) -> Outcome {
    greet(options, &node);
    let bus = &node.bus;
    let mut messages = bus.subscribe("*", SubscribeOptions::default()).await?;
    let market = Market::new(options.seed);
    let mut measure = Measure::new(&market);
    let mut screen = Screen::new();
    let (stop, stopped) = watch::channel(false);
    let feed = tokio::spawn(
        Feed::new(bus.clone(), market, options.rate).run(stopped, node.config.shutdown_timeout()),
    );

    let second = Duration::from_secs(1);
    let mut seconds = interval_at(Instant::now() + second, second);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let shown = loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => break Ok(()),
            _ = seconds.tick() => {
                if let Err(error) = screen.show(&measure.reading(&bus.metrics())).await {
                    break Err(error);
                }
            }
            delivery = messages.next() => match delivery {
                Some(delivery) => measure.count(&delivery),
                None => break Err(Failure::failed("the bus was closed")),
            },
        }
    };
    let _ = stop.send(true);
    let fed = drain(feed, &mut messages, &mut measure).await?;
    shown?;
    say(&fed.farewell(measure.received()));
    match fed.unconfirmed {
        0 => node.close().await,
        // The time for the end is up: closing would wait for the same messages once more.
        lost => Err(super::not_confirmed(lost)),
    }
}

fn greet(options: &Options, node: &Node) {
    let version = env!("CARGO_PKG_VERSION");
    let (rate, store) = (options.rate, node.description());
    say(&format!(
        "tradebus {version}: a synthetic market, {rate} messages a second in four tiers, over {store}."
    ));
    if let Some(page) = node.page() {
        say(&format!("See it in a browser: {page}"));
    }
    match node.url_for_others() {
        // Where a client with no settings looks first.
        Some(url) if url.starts_with("redis://127.0.0.1:6379") => {
            say(
                "Next, in another terminal: tradebus sub 'risk.*' 'events.*', or redis-cli --scan. Ctrl-C ends.",
            );
        }
        Some(url) => {
            say(&format!("Next, in another terminal: tradebus sub 'risk.*' --store {url}. Ctrl-C ends."));
        }
        None => say("Next: --resp 127.0.0.1:7000 lets other programs see it. Ctrl-C ends."),
    }
}

/// Takes what still arrives until the feed has stopped and all of it is here, or nothing comes any more.
async fn drain(
    mut feed: tokio::task::JoinHandle<Fed>,
    messages: &mut Subscription,
    measure: &mut Measure,
) -> Outcome<Fed> {
    let fed = loop {
        tokio::select! {
            fed = &mut feed => break fed.map_err(|error| Failure::failed(format!("the feed broke: {error}")))?,
            Some(delivery) = messages.next() => measure.count(&delivery),
        }
    };
    while measure.received() < fed.stored {
        match timeout(LAST_ARRIVALS, messages.next()).await {
            Ok(Some(delivery)) => measure.count(&delivery),
            Ok(None) | Err(_) => break,
        }
    }
    Ok(fed)
}

//! `tradebus top`: what a node does, live in the terminal.
//!
//! [`source`] is where snapshots come from, [`clean`] makes them fit to be shown, [`model`] knows what is looked at, [`keys`] changes that, and
//! [`screen`] draws it; [`json_lines`] writes the snapshots as lines instead.

mod clean;
mod history;
mod json_lines;
mod keys;
mod live;
mod model;
mod order;

mod screen;
mod source;

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::shutdown::Shutdown;
use crate::terminal;

use self::source::{Endpoint, Feed};

const EXAMPLES: &str = "\
Examples:
  tradebus top                                              the node of this machine
  tradebus top --http http://127.0.0.1:8787                 any node, through its gateway
  tradebus top --http https://desk.example --token-file token --ca-file desk.pem
  tradebus top --store redis://127.0.0.1:6379               a store itself: streams, groups, rates, dead letters
  tradebus top --once --json | jq '.tiers[] | {tier, published, fill}'

Without --http it looks directly at the store that the configuration names; where none is named, at the gateway of this machine
(http://127.0.0.1:8787) if one answers there. What waits in the queues of other processes, and how long their messages take, is not
in the store: only their gateways know. At a store, --once takes two looks, a second apart, since one tells no rates.

Keys: q quits, Tab or 1 to 4 switch views, arrows, PageUp, PageDown, Home and End move, < > and r sort, Enter opens, p pauses, ? helps.";

/// Watch a node live: rates, latencies, queues, workers, streams, services, health.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Gateway of the node, such as `http://127.0.0.1:8787`.
    #[arg(long, value_name = "URL", value_parser = Endpoint::parse)]
    #[arg(help = "Gateway of the node, such as http://127.0.0.1:8787")]
    http: Option<Endpoint>,

    /// File with the token that the gateway wants.
    #[arg(long, value_name = "FILE", env = "TRADEBUS_HTTP_TOKEN_FILE")]
    token_file: Option<PathBuf>,

    /// Authorities that vouch for a gateway at https://, a PEM file [default: those that the system trusts]
    #[arg(long, value_name = "FILE", requires = "http")]
    ca_file: Option<PathBuf>,

    /// Print one snapshot and end.
    #[arg(long, requires = "json")]
    once: bool,

    /// Print each snapshot as a JSON object on a line of its own, instead of drawing.
    #[arg(long)]
    json: bool,

    /// Seconds between two snapshots.
    #[arg(long, value_name = "S", default_value = "1", value_parser = parse_interval, allow_negative_numbers = true)]
    interval: Duration,
}

/// Nodes take snapshots each second.
fn parse_interval(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (1.0..=3_600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "allowed are 1 to 3600 seconds".to_owned())
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    if !args.json && !terminal::can_be_drawn_on() {
        return Err(Failure::usage(
            "tradebus top draws on a terminal, and standard output is none: --json prints each snapshot on a line, --once --json one",
        ));
    }
    let mut shutdown = Shutdown::listen()?;
    let mut feed = tokio::select! {
        feed = args.open(global) => feed?,
        () = shutdown.requested() => return Ok(()),
    };
    let outcome = if args.json {
        json_lines::run(&mut feed, &mut shutdown, args.once).await
    } else {
        live::run(&mut feed, &mut shutdown).await
    };
    feed.close().await;
    outcome
}

impl Args {
    async fn open(&self, global: &Global) -> Outcome<Feed> {
        source::open(
            global,
            source::Wanted {
                endpoint: self.http.as_ref(),
                token_file: self.token_file.as_deref(),
                ca_file: self.ca_file.as_deref(),
                interval: self.interval,
                // Points of charts are as far apart as snapshots.
                with_past: !self.json && self.interval == Duration::from_secs(1),
                with_rates: self.once,
            },
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::parse_interval;

    #[test]
    fn an_interval_is_a_second_at_least() {
        assert!(
            parse_interval("1").is_ok() && parse_interval("2.5").is_ok() && parse_interval("3600").is_ok()
        );
        for text in ["0", "0.5", "-1", "NaN", "inf", "soon", "3601", ""] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
    }
}

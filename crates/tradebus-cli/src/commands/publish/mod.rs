//! `tradebus pub`: publishes one message, or one a line.

mod input;
mod receipts;

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, Sender};
use tradebus::{Bus, BusConfig, Encoding, Message, Priority, Receipt, Topic};

use self::input::Input;
use self::receipts::{Printed, Printer};
use crate::cli::Global;
use crate::failure::{Failure, Outcome, refusal};
use crate::lines::Piece;
use crate::pace::{Pace, parse_rate};
use crate::settings;
use crate::shutdown::Shutdown;

/// Messages that may be on their way while the next ones are published.
const WINDOW: usize = 32 << 10;

const EXAMPLES: &str = "\
Examples:
  tradebus pub risk.alerts.LIMIT '{\"gross\":1e6}' --priority critical
  tradebus pub data.quotes.SIM.EURUSD --lines quotes.jsonl --rate 500 --type QuoteTick
  tradebus pub orders.cancel '{\"id\":7}' --at 2026-11-25T21:59:30Z
  journalctl -f -o json | tradebus pub logs.host --lines - --priority low

A line is taken as it is, without its line end. Ctrl-C and SIGTERM end the input; what was taken is stored first.";

/// Publish one message, or one a line, and print the ids of the entries.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Topic: 1 to 255 bytes without white space, `*` and `?`.
    #[arg(help = "Topic: 1 to 255 bytes without white space, * and ?", value_parser = parse_topic)]
    topic: Topic,

    /// Payload; `-` reads standard input to its end; none is an empty payload.
    #[arg(help = "Payload; - reads standard input to its end; none is an empty payload")]
    payload: Option<String>,

    /// Tier: low, normal, high, critical, or 0 to 3.
    #[arg(long, short, value_name = "P", default_value_t)]
    priority: Priority,

    /// Name of the payload's type, such as `QuoteTick`.
    #[arg(long = "type", short = 't', value_name = "T", default_value = "", hide_default_value = true)]
    #[arg(help = "Name of the payload's type, such as QuoteTick")]
    type_name: String,

    /// Encoding of the payload: json, msgpack, sbe or capnp [default: as configured]
    #[arg(long, short, value_name = "E")]
    encoding: Option<Encoding>,

    /// Header; again for more. `correlation_id`, `reply_to` and `traceparent` are those of the bus.
    #[arg(long = "header", short = 'H', value_name = "K=V", value_parser = parse_header)]
    #[arg(help = "Header; again for more (correlation_id, reply_to and traceparent are those of the bus)")]
    headers: Vec<(String, String)>,

    /// Time after which the message is of no more use (500ms, 10s, 1h): who has not got it by then does not get it.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    ttl: Option<Duration>,

    /// Deliver the message after this time (500ms, 10s, 1h): until then the store keeps it.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    delay: Option<Duration>,

    /// Deliver the message at this time: RFC 3339 (2026-11-25T22:00:00Z), or nanoseconds since 1970; a time that is past is no delay.
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "delay")]
    at: Option<u64>,

    /// Publish one message for each line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with = "payload")]
    #[arg(help = "Publish one message for each line of this file; - is standard input")]
    lines: Option<String>,

    /// Messages a second, fractions too; what falls behind is made up for [default: as fast as they can be stored]
    #[arg(long, value_name = "N", value_parser = parse_rate, allow_negative_numbers = true)]
    rate: Option<f64>,

    /// Publish the message so many times; with --lines, at most so many lines.
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    #[arg(help = "Publish the message so many times; with --lines, at most so many lines")]
    count: Option<u64>,

    /// Print one JSON object for each message: id, topic, priority.
    #[arg(long)]
    json: bool,
}

fn parse_topic(text: &str) -> Result<Topic, tradebus::TopicError> {
    Topic::new(text)
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a header is NAME=VALUE".to_owned()),
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let span: Option<jiff::SignedDuration> = text.parse().ok();
    span.and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| "a duration is a number with a unit, such as 500ms, 10s or 1h".to_owned())
}

fn parse_time(text: &str) -> Result<u64, String> {
    let moment: Option<jiff::Timestamp> = text.parse().ok();
    let since_1970 = moment.and_then(|moment| u64::try_from(moment.as_nanosecond()).ok());
    since_1970.or_else(|| text.parse().ok()).ok_or_else(|| {
        "a time is like 2026-11-25T22:00:00Z or 2026-11-25T22:00:00+01:00, or nanoseconds since 1970"
            .to_owned()
    })
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    let config = settings::load(global)?.config;
    let mut shutdown = Shutdown::listen()?;
    let template = args.template(&config)?;
    let limit = config.max_payload_bytes;
    let opened = tokio::select! {
        input = Input::open(args.payload.as_deref(), args.lines.as_deref(), args.count, limit) => Some(input?),
        () = shutdown.requested() => None,
    };
    // Asked to end before there was anything to publish.
    let Some(input) = opened else { return Ok(()) };
    let bus = tokio::select! {
        bus = Bus::connect(config.clone()) => bus?,
        () = shutdown.requested() => return Ok(()),
    };
    settings::note_store_in_memory(&config);

    let (accepted, receipts) = mpsc::channel(WINDOW);
    let printer = tokio::spawn(Printer::new(&template, args.json).run(receipts));
    let (pace, times) = (args.rate.map(Pace::new), Times { ttl: args.ttl, delay: args.delay, at: args.at });
    let mut session = Session { bus, template, times, pace, refused: 0 };
    let fed = tokio::select! {
        fed = session.feed(input, accepted) => fed,
        () = shutdown.requested() => Ok(()),
    };
    session.end(printer, shutdown).await.and(fed)
}

impl Args {
    fn template(&self, config: &BusConfig) -> Outcome<Message> {
        let message = Message::new(self.topic.clone(), Bytes::new());
        let mut message = message
            .map_err(|error| Failure::usage(error.to_string()))?
            .priority(self.priority)
            .type_name(self.type_name.as_str())
            .encoding(self.encoding.unwrap_or_else(|| config.encoding()));
        for (name, value) in &self.headers {
            let value = value.as_str().into();
            match name.as_str() {
                "correlation_id" => message.headers_mut().correlation_id = Some(value),
                "reply_to" => message.headers_mut().reply_to = Some(value),
                "traceparent" => message.headers_mut().traceparent = Some(value),
                other => message.headers_mut().other.push((other.into(), value)),
            }
        }
        Ok(message)
    }
}

/// What publishes.
struct Session {
    bus: Bus,
    template: Message,
    times: Times,
    pace: Option<Pace>,
    refused: u64,
}

/// What is counted from the moment at which a message is published, and when it is delivered.
#[derive(Clone, Copy)]
struct Times {
    ttl: Option<Duration>,
    delay: Option<Duration>,
    at: Option<u64>,
}

impl Times {
    fn put(self, mut message: Message) -> Message {
        if let Some(ttl) = self.ttl {
            message = message.ttl(ttl);
        }
        if let Some(delay) = self.delay {
            message = message.delay(delay);
        }
        match self.at {
            Some(at) => message.deliver_at(at),
            None => message,
        }
    }
}

impl Session {
    /// Publishes the input to its end. Whoever drops this call has published what has a receipt, and nothing else.
    async fn feed(&mut self, mut input: Input, accepted: Sender<Receipt>) -> Outcome {
        while let Some(piece) = input.next().await? {
            // Taken before the message is published, so that no message is without one.
            let Ok(place) = accepted.reserve().await else { break };
            if let Some(pace) = &mut self.pace {
                pace.turn().await;
            }
            let payload = match piece {
                Piece::Payload(payload) => payload,
                Piece::TooLarge(what) => {
                    self.refuse(&what);
                    continue;
                }
            };
            let mut message = self.template.clone();
            message.payload = payload;
            match self.bus.publish(self.times.put(message)).await {
                Ok(receipt) => place.send(receipt),
                Err(refusal) => self.refuse(&refusal.to_string()),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, why: &str) {
        self.refused += 1;
        refusal(self.refused, why);
    }

    /// Waits until everything is stored and printed, or until asked to end; then until the bus is closed.
    async fn end(
        self,
        mut printer: tokio::task::JoinHandle<Outcome<Printed>>,
        mut shutdown: Shutdown,
    ) -> Outcome {
        let printed = tokio::select! {
            biased;
            printed = &mut printer => Some(printed),
            () = shutdown.requested() => None,
        };
        let closed = self.bus.close().await;
        let printed = match printed {
            Some(printed) => printed,
            None => printer.await,
        };
        let printed =
            printed.map_err(|error| Failure::failed(format!("the ids could not be printed: {error}")))??;
        let missing = self.refused + printed.refused;
        if closed.unconfirmed > 0 {
            return Err(Failure::failed(format!(
                "{} messages were accepted, but the store did not confirm them in time: they may be stored or not",
                closed.unconfirmed
            )));
        }
        match missing {
            0 => Ok(()),
            _ => Err(Failure::failed(format!(
                "not published: {missing} of {} messages",
                missing + printed.stored
            ))),
        }
    }
}

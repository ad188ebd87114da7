//! `tradebus request`: asks a service and prints the answer.

use std::time::Duration;

use serde_json::Value;
use tradebus::{Bus, Priority, Request, RequestError, Response, Topic};

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::shutdown::Shutdown;
use crate::{output, settings};

const EXAMPLES: &str = "\
Examples:
  tradebus request desk.limits.get '{\"desk\":\"rates\"}'            prints the data of the answer
  tradebus request desk.limits.get --timeout 2 --json | jq .processing_time_ms
  tradebus request desk.report.make --callback reports.done     prints the id of the request; the answer comes on that topic
  tradebus request desk.health.check                            how a service is

Exit codes: 0 answered, 1 not fulfilled, or it cannot be asked, 6 nobody answered in time, 7 the service has not found it.";

/// Ask a service and print its answer.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    asked: Asked,

    /// Do not wait: have the answer published on this topic, and print the id of the request.
    #[arg(long, value_name = "TOPIC", value_parser = parse_topic, conflicts_with_all = ["timeout", "json"])]
    callback: Option<Topic>,
}

/// What is asked, and how the answer is printed.
#[derive(clap::Args)]
pub(crate) struct Asked {
    /// Topic of what is asked for.
    #[arg(value_parser = parse_topic)]
    topic: Topic,

    /// Parameters: a JSON object [default: none]
    #[arg(value_name = "PARAMS-JSON", value_parser = parse_params)]
    params: Option<Value>,

    /// Seconds to wait for the answer, fractions too.
    #[arg(long, value_name = "S", default_value = "30", value_parser = parse_timeout, allow_negative_numbers = true)]
    timeout: Duration,

    /// Tier of the request and of its answer: low, normal, high, critical, or 0 to 3.
    #[arg(long, short, value_name = "P", default_value_t)]
    priority: Priority,

    /// Longest age of an answer out of a cache, in seconds; 0 asks for a fresh one [default: as the service has it]
    #[arg(long, value_name = "S", value_parser = parse_ttl, allow_negative_numbers = true)]
    cache_ttl: Option<Duration>,

    /// Print the whole answer as one JSON object, also when the request was not fulfilled.
    #[arg(long)]
    json: bool,
}

fn parse_topic(text: &str) -> Result<Topic, tradebus::TopicError> {
    Topic::new(text)
}

pub(crate) fn parse_params(text: &str) -> Result<Value, String> {
    let params: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    if params.is_object() {
        Ok(params)
    } else {
        Err("parameters are a JSON object, such as {\"q\":\"cpi\"}".to_owned())
    }
}

pub(crate) fn parse_timeout(text: &str) -> Result<Duration, String> {
    seconds(text, 0.001, 86_400.0)
}

fn parse_ttl(text: &str) -> Result<Duration, String> {
    seconds(text, 0.0, 31_622_400.0)
}

fn seconds(text: &str, least: f64, most: f64) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (least..=most).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| format!("allowed are {least} to {most} seconds"))
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    let config = settings::load(global)?.config;
    let mut shutdown = Shutdown::listen()?;
    settings::note_store_in_memory(&config);
    let bus = tokio::select! {
        bus = Bus::connect(config) => bus?,
        () = shutdown.requested() => return Ok(()),
    };
    let outcome = tokio::select! {
        outcome = args.ask(&bus) => outcome,
        () = shutdown.requested() => Ok(()),
    };
    let _ = bus.close().await;
    outcome
}

/// Asks, and prints the answer.
pub(crate) async fn ask(asked: &Asked, bus: &Bus) -> Outcome {
    asked.print(bus.request_with(&asked.request()?).await.map_err(failure)?)
}

impl Args {
    async fn ask(&self, bus: &Bus) -> Outcome {
        let Some(callback) = &self.callback else { return ask(&self.asked, bus).await };
        let id = bus.request_to(&self.asked.request()?, callback).await.map_err(failure)?;
        output::print(&id)
    }
}

impl Asked {
    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    fn request(&self) -> Outcome<Request> {
        let params = self.params.clone().unwrap_or(Value::Null);
        let request =
            Request::new(self.topic.clone(), params).map_err(|error| Failure::usage(error.to_string()))?;
        let request = request.priority(self.priority).timeout(self.timeout);
        Ok(match self.cache_ttl {
            Some(ttl) => request.cache_ttl(ttl),
            None => request,
        })
    }

    fn print(&self, response: Response) -> Outcome {
        if self.json {
            let text =
                serde_json::to_string(&response).map_err(|error| Failure::failed(error.to_string()))?;
            output::print(&text)?;
        }
        match response.into_data() {
            Ok(_) if self.json => Ok(()),
            Ok(data) => output::print(&pretty(&data)?),
            Err(error) if error.code == "not_found" => Err(Failure::NotFound(error.message)),
            Err(error) => Err(Failure::failed(error.to_string())),
        }
    }
}

/// For people; a text is printed as it is.
fn pretty(data: &Value) -> Outcome<String> {
    match data {
        Value::String(text) => Ok(text.clone()),
        data => serde_json::to_string_pretty(data).map_err(|error| Failure::failed(error.to_string())),
    }
}

pub(crate) fn failure(error: RequestError) -> Failure {
    match error {
        RequestError::TimedOut { .. } => Failure::NoReply(error.to_string()),
        error => Failure::failed(error.to_string()),
    }
}

//! `tradebus services load`: has a service load a search into its catalogue on disk, and shows how far it is.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;
use tradebus::{Bus, Request, SubscribeOptions, Subscription};

use crate::cli::Global;
use crate::commands::request;
use crate::failure::{Failure, Outcome, say};
use crate::output;
use crate::progress::Progress;
use crate::settings;
use crate::shutdown::Shutdown;

const EXAMPLES: &str = "\
Examples:
  tradebus services load datagov                                            the whole catalogue of Data.gov
  tradebus services load datagov '{\"org_slug\":\"dol-bls\"}'                   what one organization has
  tradebus services load datagov '{\"q\":\"price index\",\"max_records\":5000}'   with a bar, since the end is known
  tradebus services load datagov --json | jq .records                       one line a page
  tradebus request datagov.analytics.trading_relevant '{\"local\":true}'       a ranking of what was loaded

The service of a running node loads, and goes on when this command ends. The same again follows it, takes up what has failed or
stopped, or loads anew what is done; \"restart\":true begins with the first page.
Exit codes: 0 loaded, stopped by max_records or left running, 1 it failed, 6 no service answers.";

/// Have a service load a search into its catalogue on disk, and follow its progress.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The service.
    #[arg(value_parser = ["datagov"])]
    service: String,

    /// What is loaded: a JSON object with filters, `per_page`, `max_records`, `restart` [default: everything]
    #[arg(value_name = "PARAMS-JSON", value_parser = request::parse_params)]
    #[arg(
        help = "What is loaded: a JSON object with filters, per_page, max_records, restart [default: everything]"
    )]
    params: Option<Value>,

    /// Seconds to wait for the service to begin, fractions too.
    #[arg(long, value_name = "S", default_value = "30", value_parser = request::parse_timeout, allow_negative_numbers = true)]
    timeout: Duration,

    /// Print the messages of the walk, one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// After so long without a message, the service is asked how the walk is.
const QUIET: Duration = Duration::from_secs(15);

/// What the service says, at first and then after each page.
#[derive(Debug, Deserialize)]
struct Told {
    load: String,
    state: String,
    records: u64,
    pages: u64,
    #[serde(default)]
    resumed: bool,
    #[serde(default)]
    new: u64,
    #[serde(default)]
    replaced: u64,
    #[serde(default)]
    unreadable: u64,
    message: Option<String>,
}

pub(super) async fn run(args: Args, global: &Global) -> Outcome {
    let config = settings::load(global)?.config;
    let mut shutdown = Shutdown::listen()?;
    settings::note_store_in_memory(&config);
    let bus = tokio::select! {
        bus = Bus::connect(config) => bus?,
        () = shutdown.requested() => return Ok(()),
    };
    let outcome = tokio::select! {
        outcome = args.follow(&bus) => outcome,
        () = shutdown.requested() => {
            say("the service goes on loading: the same command follows it again");
            Ok(())
        }
    };
    let _ = bus.close().await;
    outcome
}

impl Args {
    async fn follow(&self, bus: &Bus) -> Outcome {
        // Before it is asked for, so that nothing is missed.
        let pattern = format!("data.{}.load.*", self.service);
        let mut messages = bus.subscribe(pattern.as_str(), SubscribeOptions::default()).await?;
        let begun = self.begin(bus).await?;
        if begun.resumed {
            say(&format!("`{}` goes on after {} datasets", begun.load, begun.records));
        }
        if begun.state != "running" {
            return self.verdict(&begun);
        }
        let total = self.params.as_ref().and_then(|params| params["max_records"].as_u64());
        let mut progress = Progress::new("datasets", total);
        progress.reach(begun.records);
        loop {
            let told = match timeout(QUIET, self.next(&mut messages, &begun.load)).await {
                Ok(told) => told?,
                // Its last message may be lost, or the service gone.
                Err(_quiet) => self.look(bus, &begun.load).await?,
            };
            if told.state != "running" {
                drop(progress);
                return self.verdict(&told);
            }
            if let Some(message) = told.message.filter(|_| told.records == 0) {
                say(&message);
            }
            progress.reach(told.records);
        }
    }

    async fn begin(&self, bus: &Bus) -> Outcome<Told> {
        let params = self.params.clone().unwrap_or(Value::Null);
        let request = Request::new(format!("{}.datasets.load", self.service), params)
            .map_err(|error| Failure::usage(error.to_string()))?;
        let response = bus.request_with(&request.timeout(self.timeout)).await.map_err(request::failure)?;
        let data = response.into_data().map_err(|error| Failure::failed(error.to_string()))?;
        if self.json && data["state"] != "running" {
            output::print(&data.to_string())?;
        }
        serde_json::from_value(data)
            .map_err(|error| Failure::failed(format!("the answer cannot be read: {error}")))
    }

    /// How the walk is, as the catalogue has it.
    async fn look(&self, bus: &Bus, load: &str) -> Outcome<Told> {
        let topic = format!("{}.catalogue.get", self.service);
        let response =
            bus.request(topic.as_str(), Value::Null, self.timeout).await.map_err(request::failure)?;
        let data = response.into_data().map_err(|error| Failure::failed(error.to_string()))?;
        let walks: Vec<Told> = serde_json::from_value(data["walks"].clone())
            .map_err(|error| Failure::failed(format!("the answer cannot be read: {error}")))?;
        let walk = walks.into_iter().find(|walk| walk.load == load);
        walk.ok_or_else(|| Failure::failed(format!("the catalogue knows nothing of the walk `{load}`")))
    }

    /// The next message of this walk, which is printed if that is wanted.
    async fn next(&self, messages: &mut Subscription, load: &str) -> Outcome<Told> {
        while let Some(message) = messages.next().await {
            // Anybody may publish on its topic.
            let Ok(told) = serde_json::from_slice::<Told>(&message.payload) else { continue };
            if told.load != load {
                continue;
            }
            if self.json {
                output::print(&String::from_utf8_lossy(&message.payload))?;
            }
            return Ok(told);
        }
        Err(Failure::failed("the bus was closed; the service goes on loading"))
    }

    fn verdict(&self, told: &Told) -> Outcome {
        if told.state == "failed" {
            return Err(Failure::failed(told.message.clone().unwrap_or_else(|| "it failed".to_owned())));
        }
        if let Some(message) = &told.message {
            say(message);
        }
        if self.json {
            return Ok(());
        }
        let Told { state, records, pages, new, replaced, unreadable, .. } = told;
        output::print(&format!(
            "{state}: {records} datasets ({new} new, {replaced} replaced), {unreadable} unreadable, {pages} pages"
        ))
    }
}

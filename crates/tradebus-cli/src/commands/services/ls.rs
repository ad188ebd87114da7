//! `tradebus services ls`: which services are configured, and what they answer.

use std::fmt::Write as _;

use serde_json::json;

use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::{output, settings, terminal};

const EXAMPLES: &str = "\
Examples:
  tradebus services ls
  tradebus services ls --config deploy/tradebus.toml
  tradebus services ls --json | jq -r .topic";

/// List the services of the configuration with their topics.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Print one JSON object a topic: service, topic, about.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    let services = super::prepare_apart(&settings::load(global)?.config)?;
    if services.is_empty() {
        say("no services are configured: see `services` in docs/configuration.md");
        return Ok(());
    }
    let mut text = String::new();
    for service in &services {
        for route in service.routes() {
            let (name, topic, about) = (service.name(), route.topic.as_str(), route.about);
            // Writing to memory cannot fail.
            if args.json {
                let _ = writeln!(text, "{}", json!({ "service": name, "topic": topic, "about": about }));
            } else {
                let mut line = format!("{name:16} {topic:40} ");
                line.push_str(&about);
                terminal::push_visible(&mut text, line.trim_end());
                text.push('\n');
            }
        }
    }
    output::print(&text)
}

//! `tradebus services check`: whether the services of a configuration can be started.

use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::settings;

const EXAMPLES: &str = "\
Examples:
  tradebus services check
  tradebus services check --config deploy/tradebus.toml
  tradebus services check && tradebus serve

Ends with 2 if a setting makes no sense or a secret cannot be read.";

/// Check the services of the configuration: settings, templates, secrets. Nothing is connected to.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, global: &Global) -> Outcome {
    let services = super::prepare_apart(&settings::load(global)?.config)?;
    let topics: usize = services.iter().map(|service| service.routes().len()).sum();
    say(&format!("services: {}, with {topics} topics, all of them valid", services.len()));
    Ok(())
}

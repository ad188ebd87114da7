//! `tradebus services check`: whether the services of a configuration can be started.

use crate::cli::Global;
use crate::failure::{Outcome, say};
use crate::settings;

/// Check the services of the configuration: settings, templates, secrets. Nothing is connected to.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_args: &Args, global: &Global) -> Outcome {
    let services = super::prepare_apart(&settings::load(global)?.config)?;
    let topics: usize = services.iter().map(|service| service.routes().len()).sum();
    say(&format!("services: {}, with {topics} topics, all of them valid", services.len()));
    Ok(())
}

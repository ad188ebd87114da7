//! `tradebus services`: the services of a configuration.

mod call;
mod check;
mod load;
mod ls;

use std::sync::Arc;

use tradebus::{BusConfig, EmbeddedStore, StreamStore};
use tradebus_services::running::{Prepared, ServicesSettings, StartError};
use tradebus_services::standin::Standin;

use crate::cli::Global;
use crate::failure::{Failure, Outcome};

/// Look at the services that are configured, and try them.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Ls(ls::Args),
    Check(check::Args),
    Call(call::Args),
    Load(load::Args),
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    match args.what {
        What::Ls(args) => ls::run(&args, global),
        What::Check(args) => check::run(&args, global),
        What::Call(args) => call::run(args, global).await,
        What::Load(args) => load::run(args, global).await,
    }
}

/// Makes the services of a configuration over a store; a stand-in, if there is one, answers for those that are not configured.
pub(crate) fn prepare(
    config: &BusConfig,
    store: &Arc<dyn StreamStore>,
    standin: Option<&Standin>,
) -> Outcome<Vec<Prepared>> {
    let mut settings = ServicesSettings::read(&config.services).map_err(wrong)?;
    if let Some(standin) = standin {
        settings.stand_in(standin);
    }
    settings.prepare(store, &config.stream_base()).map_err(wrong)
}

/// The same over nothing, to look at them.
fn prepare_apart(config: &BusConfig) -> Outcome<Vec<Prepared>> {
    let store: Arc<dyn StreamStore> = Arc::new(EmbeddedStore::in_memory());
    prepare(config, &store, None)
}

/// What is wrong with the services of a configuration, if anything: where, and what.
pub(crate) fn problem(config: &BusConfig) -> Option<(String, String)> {
    let store: Arc<dyn StreamStore> = Arc::new(EmbeddedStore::in_memory());
    let read = ServicesSettings::read(&config.services);
    let error = read.and_then(|settings| settings.prepare(&store, &config.stream_base())).err()?;
    let path = match &error {
        StartError::Table { path, .. } => format!("services.{path}"),
        StartError::Settings { name, .. } | StartError::Twice { name } => format!("services.{name}"),
        _ => "services".to_owned(),
    };
    Some((path, error.to_string()))
}

pub(crate) fn wrong(error: StartError) -> Failure {
    match error {
        StartError::Serve { .. } => Failure::failed(error.to_string()),
        error => Failure::usage(error.to_string()),
    }
}

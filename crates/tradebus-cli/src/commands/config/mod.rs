//! `tradebus config`: what can be set, what is set, and whether it makes sense.

mod check;
mod migrate;
mod presets;
mod show;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Outcome;
use crate::output;

const SCHEMA_EXAMPLES: &str = "\
Examples:
  tradebus config schema > tradebus.schema.json
  tradebus config schema | jq '.properties | keys'
  tradebus config schema | jq .properties.max_workers";

/// Show, check and describe the configuration.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Presets(presets::Args),
    Show(show::Args),
    Check(check::Args),
    Migrate(migrate::Args),
    /// Print the JSON Schema of the configuration, for editors and checkers.
    #[command(after_long_help = SCHEMA_EXAMPLES)]
    Schema,
}

pub(crate) fn run(args: Args, global: &Global) -> Outcome {
    match args.command {
        Command::Presets(args) => presets::run(&args),
        Command::Show(args) => show::run(&args, global),
        Command::Check(args) => check::run(args, global),
        Command::Migrate(args) => migrate::run(&args),
        Command::Schema => output::print(&format!("{:#}", tradebus::config::schema())),
    }
}

//! `tradebus group`: the consumer groups of streams, and what is pending in them.

mod claim;
mod consumers;
mod create;
mod info;
mod ls;
mod pending;
mod reset;
mod rm;
pub(super) mod show;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Outcome;

/// Look after consumer groups: list, show, create, remove, reset, what is pending and for whom.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Ls(ls::Args),
    Info(info::Args),
    Create(create::Args),
    Rm(rm::Args),
    Reset(reset::Args),
    Consumers(consumers::Args),
    Pending(pending::Args),
    Claim(claim::Args),
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    match args.command {
        Command::Ls(args) => ls::run(args, global).await,
        Command::Info(args) => info::run(args, global).await,
        Command::Create(args) => create::run(args, global).await,
        Command::Rm(args) => rm::run(args, global).await,
        Command::Reset(args) => reset::run(args, global).await,
        Command::Consumers(args) => consumers::run(args, global).await,
        Command::Pending(args) => pending::run(args, global).await,
        Command::Claim(args) => claim::run(args, global).await,
    }
}

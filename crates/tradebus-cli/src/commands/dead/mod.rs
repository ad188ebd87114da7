//! `tradebus dead`: messages that consumer groups could not handle.

mod drop;
mod ls;
mod redrive;
mod show;
mod which;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Outcome;

/// Look after dead letters: list, show, put back, drop.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Ls(ls::Args),
    Show(show::Args),
    Redrive(redrive::Args),
    Drop(drop::Args),
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    match args.command {
        Command::Ls(args) => ls::run(args, global).await,
        Command::Show(args) => show::run(args, global).await,
        Command::Redrive(args) => redrive::run(args, global).await,
        Command::Drop(args) => drop::run(args, global).await,
    }
}

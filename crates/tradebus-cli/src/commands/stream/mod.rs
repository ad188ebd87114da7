//! `tradebus stream`: what streams there are, what is in them, and how long they may be.

mod add;
mod info;
mod ls;
mod rm;
mod show;
mod tail;
mod trim;
mod watch;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Outcome;

/// Look after streams: list, show, read, add, trim, remove, watch.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Ls(ls::Args),
    Info(info::Args),
    Tail(tail::Args),
    Add(add::Args),
    Trim(trim::Args),
    Rm(rm::Args),
    Watch(watch::Args),
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    match args.command {
        Command::Ls(args) => ls::run(args, global).await,
        Command::Info(args) => info::run(args, global).await,
        Command::Tail(args) => tail::run(args, global).await,
        Command::Add(args) => add::run(args, global).await,
        Command::Trim(args) => trim::run(args, global).await,
        Command::Rm(args) => rm::run(args, global).await,
        Command::Watch(args) => watch::run(args, global).await,
    }
}

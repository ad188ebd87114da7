//! The commands, each in a file or folder of its own.

mod bench;
mod config;
mod dead;
mod doctor;
mod group;
mod publish;
mod request;
mod serve;
mod services;
mod stream;
mod subscribe;
mod top;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Outcome;

/// What the program can do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Serve(serve::Args),
    Pub(publish::Args),
    Sub(subscribe::Args),
    Request(request::Args),
    Services(services::Args),
    Stream(stream::Args),
    Group(group::Args),
    Dead(dead::Args),
    Doctor(doctor::Args),
    Top(top::Args),
    Bench(bench::Args),
    Config(config::Args),
}

impl Command {
    /// What is logged unless somebody says otherwise.
    pub(crate) fn default_log(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info",
            // Refused messages are named by the command itself.
            Self::Pub(_) => "warn,tradebus::connectivity=info,tradebus::publish::lane=off",
            // That the store is back is as good to know as that it was away.
            Self::Sub(_) => "warn,tradebus::connectivity=info",
            _ => "warn",
        }
    }

    pub(crate) async fn run(self, global: &Global) -> Outcome {
        match self {
            Self::Serve(args) => serve::run(args, global).await,
            Self::Pub(args) => publish::run(args, global).await,
            Self::Sub(args) => subscribe::run(args, global).await,
            Self::Request(args) => request::run(args, global).await,
            Self::Services(args) => services::run(args, global).await,
            Self::Stream(args) => stream::run(args, global).await,
            Self::Group(args) => group::run(args, global).await,
            Self::Dead(args) => dead::run(args, global).await,
            Self::Doctor(args) => doctor::run(args, global).await,
            Self::Top(args) => top::run(args, global).await,
            Self::Bench(args) => bench::run(args, global).await,
            Self::Config(args) => config::run(args, global),
        }
    }
}

//! `tradebus serve`: runs a node, with a synthetic market feed if one is wanted.

mod address;
mod demo;
mod embedded;
mod health;
mod http_port;
mod node;
mod redis_port;

use crate::cli::Global;
use crate::failure::{Failure, Outcome, say};
use crate::settings;
use crate::shutdown::Shutdown;

use self::node::Node;

const EXAMPLES: &str = "\
Examples:
  tradebus serve --demo                                    a live synthetic market feed over a store in memory
  tradebus serve --store file:data                         a node that keeps its streams in the directory data
  tradebus serve --demo --store redis://127.0.0.1:6379     the same over Redis: see it with tradebus sub 'data.*'
  tradebus serve --demo --rate 20000 --seed 7              ten times as much of another market
  tradebus serve --http 0.0.0.0:8787 --http-token-file token --http-host desk.example     the page for others, with a token

Without --store (and without a store in the configuration) the store is the embedded engine, in memory; with
--store file:DIRECTORY it is durable. It answers the Redis protocol at 127.0.0.1:6379 (--resp): tradebus, redis-cli and
other clients of Redis Streams find it there. A browser finds the page at http://127.0.0.1:8787 (--http), programs the
HTTP API and the metrics; an address that others can reach needs --http-token-file.
Ctrl-C and SIGTERM stop the feed, store what was accepted, and say what became of it.";

/// Run a node; --demo adds a live synthetic market feed.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Run a live synthetic market feed in all four tiers, and show what it measures.
    #[arg(long)]
    demo: bool,

    #[command(flatten)]
    port: redis_port::PortOptions,

    #[command(flatten)]
    http: http_port::HttpOptions,

    #[command(flatten)]
    embedded: embedded::StoreOptions,

    #[command(flatten)]
    feed: demo::Options,
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    let mut shutdown = Shutdown::listen()?;
    let mut loaded = settings::load(global)?;
    if args.demo {
        demo::bound_streams(&mut loaded);
    }
    let node = tokio::select! {
        node = Node::start(loaded, &args) => node?,
        () = shutdown.requested() => return Ok(()),
    };
    if args.demo {
        return demo::run(&args.feed, node, shutdown).await;
    }
    say(&format!("tradebus {} runs over {}", env!("CARGO_PKG_VERSION"), node.description()));
    if let Some(page) = node.page() {
        say(&format!("The page is at {page}"));
    }
    if let Some(url) = node.url_for_others() {
        say(&format!(
            "Other programs find it at {url}. Ctrl-C ends it; --demo adds a synthetic market feed."
        ));
    }
    health::watch(&node, shutdown).await;
    node.close().await
}

fn not_confirmed(lost: u64) -> Failure {
    Failure::failed(format!(
        "messages that the store did not confirm in time: {lost}; they may be stored or not"
    ))
}

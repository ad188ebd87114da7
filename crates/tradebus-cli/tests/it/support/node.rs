//! A node over a directory.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{Peer, Running, tradebus};

/// A node at work.
pub(crate) struct Node {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Node {
    pub(crate) fn start(directory: &Path, fsync: &str) -> Self {
        let mut command = tradebus();
        Self::serve(command.args(serve(directory)).env("TRADEBUS_FSYNC", fsync))
    }

    /// Starts what ends in running a node, and waits until it answers.
    pub(crate) fn serve(command: &mut Command) -> Self {
        let running = Running::start(command);
        let line = running.error_with("Other programs find it at");
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("redis://")).expect("a URL");
        let address = url.trim_end_matches('.').parse().expect("an address");
        Self { running, address }
    }

    pub(crate) fn connect(&self) -> Peer {
        Peer::connect(self.address).expect("the node listens")
    }
}

/// The arguments of a node over a directory, at any port that is free.
pub(crate) fn serve(directory: &Path) -> [String; 5] {
    let store = format!("file:{}", directory.display());
    ["serve".to_owned(), "--store".to_owned(), store, "--resp".to_owned(), "127.0.0.1:0".to_owned()]
}

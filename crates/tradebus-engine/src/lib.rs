//! The embedded stream store of tradebus: streams in the manner of Redis, inside the process.
//!
//! [`Engine`] is the store, shared and cheap to clone. [`Engine::lock`] gives a [`Db`], through which everything is
//! read and written; what is done under one `Db` happens at once, and who listens to a stream ([`Engine::listen`]) is
//! woken when it is dropped. A stream keeps its entries in blocks (`stream/block.rs` describes them to the byte). [`server`] answers
//! the Redis protocol for it.

mod db;
mod engine;
mod error;
mod glob;
mod id;
mod keyspace;
mod listen;
pub mod server;
mod stream;

pub use db::Db;
pub use engine::Engine;
pub use error::StreamError;
pub use glob::matches as glob_matches;
pub use id::{EntryId, ParseIdError};
pub use keyspace::KeyType;
pub use listen::{Listener, ListenerWaker};
pub use stream::{Fields, NewId, NodeLimits, SetId, StreamInfo, Trim};

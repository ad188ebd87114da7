//! The embedded stream store of tradebus: streams in the manner of Redis, inside the process.
//!
//! [`Engine`] is the store, shared and cheap to clone. [`Engine::lock`] gives the [`Db`], through which everything is
//! read and changed; what is done under one lock happens at once, and who listens to a stream ([`Engine::listen`]) is
//! woken when it is dropped. A stream keeps its entries in blocks (`stream/block.rs` describes them to the byte) and its consumer
//! groups beside them. A store that is [opened](Engine::open) from a directory logs its changes there (`log/mod.rs` describes the
//! files). [`server`] answers the Redis protocol for it.

mod db;
mod engine;
mod error;
mod glob;
mod id;
mod keyspace;
mod listen;
mod log;
mod number;
pub mod server;
mod stream;
mod value;
mod varint;

#[cfg(fuzzing)]
pub mod fuzzing;

pub use db::{
    Db, ExpiryCondition, GroupStart, Lifetime, Locked, Member, Moves, SetCondition, SetExpiry, SetText,
};
pub use engine::Engine;
pub use error::DbError;
pub use glob::matches as glob_matches;
pub use id::{EntryId, ParseIdError};
pub use listen::{Listener, ListenerWaker};
pub use log::{Damage, Fsync, LogError, LogOptions, LogPosition, OpenError, Recovered, UnknownFsync};
pub use stream::{
    AutoClaim, AutoClaimed, Claim, Consumer, Fields, Group, NewId, NodeLimits, Pending, SetId, StreamInfo,
    Trim,
};
pub use value::KeyType;

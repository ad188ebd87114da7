//! The routes below `/api/v1`.

pub(crate) mod config;
pub(crate) mod dead;
pub(crate) mod economics;
pub(crate) mod health;
pub(crate) mod live;
pub(crate) mod messages;
pub(crate) mod metrics;
pub(crate) mod requests;
pub(crate) mod streams;

mod entry;
mod incoming;

pub(crate) use self::incoming::Incoming;

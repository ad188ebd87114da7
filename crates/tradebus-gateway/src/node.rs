//! The node that a gateway shows.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tradebus::config::Loaded;
use tradebus::{Bus, Route, ServiceHealth, StreamManager};

use crate::closing::Closing;
use crate::guard::Turnstile;
use crate::live::Live;
use crate::settings::Limits;

/// What a gateway is given to show.
pub struct Node {
    /// The bus through which everything goes.
    pub bus: Bus,
    /// Its configuration, and where that comes from.
    pub config: Loaded,
    /// The services that run in this process.
    pub services: Vec<ServiceEntry>,
}

/// A service that runs in this process.
#[derive(Debug, Clone)]
pub struct ServiceEntry {
    /// Its name.
    pub name: String,
    /// What it answers.
    pub routes: Vec<Route>,
    /// How it is.
    pub health: watch::Receiver<ServiceHealth>,
}

/// What the routes share.
pub(crate) struct Shared {
    pub(crate) bus: Bus,
    pub(crate) streams: StreamManager,
    /// Values and sources, without secrets.
    pub(crate) shown_config: Value,
    pub(crate) live: Live,
    pub(crate) subscriptions: Arc<Turnstile>,
    pub(crate) closing: Closing,
    pub(crate) limits: Limits,
}

//! How topics are spread over streams.

use tradebus::{BusConfig, Layout};

/// The layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    Lanes,
    Shards,
    Single,
    Topic,
}

impl Spread {
    pub(crate) fn configure(self, config: &mut BusConfig) {
        (config.layout, config.shards) = match self {
            Self::Lanes => (Layout::Lanes, 0),
            Self::Shards => (Layout::Lanes, 3),
            Self::Single => (Layout::Single, 0),
            Self::Topic => (Layout::Topic, 0),
        };
    }
}

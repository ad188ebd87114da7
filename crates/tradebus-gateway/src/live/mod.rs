//! What a node does, second by second.

mod snapshot;

pub use snapshot::{
    EventView, GroupView, HealthView, NodeView, Percentiles, ProcessView, Rates, RouteView, ScalingView,
    ServiceView, Snapshot, StreamView, StreamsView, TierView, Totals, WorkersView,
};

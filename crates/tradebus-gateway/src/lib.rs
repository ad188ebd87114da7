//! A tradebus node over HTTP: an API, live feeds, metrics, and a page that shows what the node does.

pub mod exposition;
pub mod live;

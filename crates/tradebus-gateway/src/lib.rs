//! A tradebus node over HTTP: an API, live feeds, metrics, and a page that shows what the node does.
//!
//! ```text
//! connection -> door -> guard -> route -> api | feed | page -> bus
//!               limits  names,   (openapi)
//!                       token
//! ```
//!
//! | step | where |
//! | --- | --- |
//! | connections, how many and how long | `door` |
//! | who may come in, and how often | `guard` |
//! | which address leads where | `routes`, `openapi` |
//! | one answer to one request | `api` |
//! | messages as they arrive | `feed` |
//! | what the node does, second by second | [`live`] |
//! | what it says to Prometheus | [`exposition`] |
//! | the page | `page` |
//! | what is said when it goes wrong | `problem` |
//!
//! [`Gateway::open`] opens one over a [`Node`]. It uses only what the crate `tradebus` offers everybody.

mod api;
mod body;
mod closing;
mod door;
pub mod exposition;
mod feed;
mod gateway;
mod guard;
pub mod live;
mod node;
mod openapi;
mod page;
mod problem;
mod query;
mod routes;
mod settings;

pub use gateway::{Gateway, GatewayError};
pub use node::{Node, ServiceEntry};
pub use rustls::ServerConfig as TlsConfig;
pub use settings::{GatewaySettings, Limits};

//! The native part of the Python package `tradebus`. What users see is the typed layer over it, in `tradebus/`.
//!
//! | step | where |
//! | --- | --- |
//! | the threads of the core | `runtime`: one Tokio runtime a process |
//! | from the core to an event loop | `mailbox`: one wake-up for whatever has happened meanwhile; `operation`: what is awaited; `waiter`: loop or thread |
//! | payloads | `payload`: Python values to JSON and `MessagePack`, and back |
//! | publishing | `bus`, `outgoing`, `receipt` |
//! | receiving | `inlet`: batches of what is ready; `message` |
//! | asking and answering | `service`, `answering` |
//! | the rest | `config`, `streams`, `doctor`, `logs`, `program`, `failure` |
//!
//! No thread of the core ever calls Python: what it has to say lies in a mailbox until the loop, or whoever waits, fetches it.

mod answering;
mod bus;
mod config;
mod doctor;
mod failure;
mod inlet;
mod logs;
mod mailbox;
mod message;
mod operation;
mod outgoing;
mod payload;
mod program;
mod receipt;
mod runtime;
mod service;
mod streams;
mod subscribing;
mod waiter;

/// The native part of tradebus.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use super::answering::{Call, ServiceHost};
    #[pymodule_export]
    use super::bus::{Bus, connect};
    #[pymodule_export]
    use super::config::{Config, config_schema, load_config, migrate_config};
    #[pymodule_export]
    use super::doctor::run_doctor;
    #[pymodule_export]
    use super::inlet::Subscription;
    #[pymodule_export]
    use super::logs::{close_log, leave_log_to_program, next_log_records};
    #[pymodule_export]
    use super::message::Message;
    #[pymodule_export]
    use super::operation::Operation;
    #[pymodule_export]
    use super::program::run_program;
    #[pymodule_export]
    use super::receipt::Receipt;
    #[pymodule_export]
    use super::runtime::{after_fork, close_all};
    #[pymodule_export]
    use super::service::ServiceTask;
    #[pymodule_export]
    use super::streams::{Streams, connect_streams};
    #[pymodule_export]
    use super::subscribing::Matcher;

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}

//! The integration tests, in one binary so that linking is paid once.

#[path = "../fixtures/mod.rs"]
mod fixtures;
mod support;

mod conformance;
mod delayed;
mod examples;
mod faults;
mod groups;
mod health;
mod manage;
mod metrics;
mod nautilus;
mod priority;
mod publish;
mod replay;
mod request;
mod subscribe;

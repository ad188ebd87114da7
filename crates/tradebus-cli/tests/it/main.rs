//! The program as it is used: its commands, and its nodes under everything that can happen to them. One binary, so that linking is
//! paid once.

mod bench;
mod clients;
mod config;
mod doctor;
mod durable;
mod groups;
mod http;
mod manage;
mod publish;
mod request;
mod serve;
mod services;
mod subscribe;
mod support;
mod top;
#[cfg(feature = "otlp")]
mod traces;
mod usage;

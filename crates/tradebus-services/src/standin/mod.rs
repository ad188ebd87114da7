//! A stand-in for the two data services, in this process: Data.gov (both ways in) and `DBnomics` on a loopback port.
//!
//! Tests and the demo ask it as they would ask the real ones. Names, codes and ids are those of the real services where
//! they are public facts; **the values are demo data**, computed by a formula (`dbnomics/values.rs`), and stand for
//! nothing. What it answers follows the facts that are written beside each rule; where none was known, it says so.
//!
//! A request meets the parts in this order: it is noted (`seen`), a fault that was asked for may take its place
//! (`fault`), its path tells the route (`route`), and the room of that service answers (`datagov`, `dbnomics`).

mod datagov;
mod dbnomics;
mod fault;
mod pairs;
mod reply;
mod route;
mod seen;
mod server;
mod state;
#[cfg(test)]
mod tests;

pub use datagov::{DEMO_KEY, STANDIN_KEY};
pub use fault::{Fault, Times};
pub use route::Route;
pub use seen::Seen;
pub use server::Standin;

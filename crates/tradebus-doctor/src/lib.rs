//! End-to-end checks of a deployment: the server, its settings and rights, and messages on their way.
//!
//! A [`Doctor`] takes the configuration of a bus, looks at the store that it names, and sends messages of its own through it. It finishes whatever
//! hangs, within about a minute, and hands over a [`Report`]: one [`Check`] after the other, and a [`Summary`] with what was measured.
//!
//! It leaves no traces: its messages lie in streams whose keys begin with `tradebus-doctor:`, which it removes in the end. The streams, groups and
//! dead letters of the bus are not touched, with one exception: each service that is configured, and at work, is asked for its health.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use tradebus::BusConfig;
//! use tradebus_doctor::{Doctor, Status};
//!
//! let config = BusConfig { store: Some("memory:".into()), ..BusConfig::default() };
//! let report = Doctor::new(config).quick(true).run(|check| println!("{}: {}", check.name, check.detail)).await;
//!
//! assert!(report.is_good());
//! assert_eq!(report.check("priority").unwrap().status, Status::Pass);
//! # }
//! ```
//!
//! | room | what happens there |
//! | --- | --- |
//! | `doctor`, `examination` | the order of the checks, their time limits, what comes after a failure |
//! | `checks` | each check in a file of its own: what it looks at, and the verdict |
//! | `patient`, `scratch` | the store, and the bus with streams of its own on it |
//! | `server` | what a server says about itself |
//! | `finding`, `report` | the outcome |

mod checks;
mod doctor;
mod examination;
mod finding;
mod patient;
mod report;
mod scratch;
mod server;
mod tally;
mod times;

pub use checks::NAMES;
pub use doctor::Doctor;
pub use report::{Check, Report, Status, Summary};

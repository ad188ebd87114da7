//! Workers: they take messages from a queue and run a handler over them.
//!
//! A [pool](pool) has between `min_workers` and `max_workers` [workers](worker), each with one message at hand. They take small
//! [chunks](chunk) for themselves from what they [share](shared): there is no dispatcher between the queue and a worker, and one
//! lock a chunk. [Order](order) keeps the messages of a topic one behind the other, a [supervisor](supervisor) looks at the
//! [load](load) ten times a second and adds or removes workers as the [scaler](scaler) says, and a handler that fails, panics or hangs is
//! [one attempt](attempt) that went wrong and nothing more.
//!
//! Where the messages come from, and who is told how it went, the pool does not know: see the [contract](contract).

mod attempt;
mod chunk;
mod contract;
mod load;
mod order;
mod pool;
mod scaler;
mod settings;
mod shared;
mod supervisor;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use self::attempt::panic_text;
pub(crate) use self::contract::{Handler, Intake, Job, Outcome, Ticket};
pub(crate) use self::pool::Pool;
pub(crate) use self::settings::Settings;

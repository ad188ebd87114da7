//! The log of the core, on its way to Python's `logging`. A thread of Python fetches the records in batches.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Records that wait at most: further ones are counted.
const MOST_WAITING: usize = 1024;

/// In the child of a fork, a thread that is gone may hold the lock for ever: there is no log then.
const PATIENCE: Duration = Duration::from_millis(100);

static RECORDS: Mutex<Records> = Mutex::new(Records { waiting: VecDeque::new(), lost: 0, closed: false });
static COME: Condvar = Condvar::new();
/// The level of Python's logger: 10, 20, 30, 40, or 0 for everything.
static LEVEL: AtomicU8 = AtomicU8::new(30);

struct Records {
    waiting: VecDeque<Record>,
    lost: u64,
    closed: bool,
}

/// A level of Python, the name of a logger, a text, and the time in seconds since 1970 UTC.
type Record = (u8, String, String, f64);

/// Whether it was said who has the log.
static TAKEN: Once = Once::new();

/// The program is to have the log, whatever connects in this process.
#[pyfunction]
pub(crate) fn leave_log_to_program() {
    TAKEN.call_once(|| {});
}

/// Takes the log of the core, unless something else in this process has it.
pub(crate) fn install() {
    TAKEN.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(ToPython));
    });
}

/// Waits for records, at most so many seconds, and takes them; `None` once the log is closed. `level` is the one of Python's logger.
#[pyfunction]
pub(crate) fn next_log_records(py: Python<'_>, level: u8, seconds: f64) -> Option<Vec<Record>> {
    if LEVEL.swap(level, Ordering::Relaxed) != level {
        tracing::callsite::rebuild_interest_cache();
    }
    let limit = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    py.detach(|| {
        let Some(mut records) = RECORDS.try_lock_for(PATIENCE) else { return Some(Vec::new()) };
        if records.waiting.is_empty() && !records.closed {
            let _ = COME.wait_for(&mut records, limit);
        }
        if records.closed && records.waiting.is_empty() {
            return None;
        }
        let mut taken: Vec<Record> = records.waiting.drain(..).collect();
        let lost = std::mem::take(&mut records.lost);
        if lost > 0 {
            taken.push((
                30,
                "tradebus".into(),
                format!("{lost} records of the log were lost: there were too many at a time"),
                now(),
            ));
        }
        Some(taken)
    })
}

/// Nothing more is logged; whoever waits for records gets those that are there, and then `None`.
#[pyfunction]
#[pyo3(signature = (closed=true))]
pub(crate) fn close_log(closed: bool) {
    if let Some(mut records) = RECORDS.try_lock_for(PATIENCE) {
        records.closed = closed;
    }
    COME.notify_all();
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

const fn level_of(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

struct ToPython;

impl<S: Subscriber> Layer<S> for ToPython {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        level_of(*metadata.level()) >= LEVEL.load(Ordering::Relaxed)
            && metadata.target().starts_with("tradebus")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let metadata = event.metadata();
        let record = (
            level_of(*metadata.level()),
            metadata.target().replace("::", "."),
            text.message + &text.fields,
            now(),
        );
        let Some(mut records) = RECORDS.try_lock_for(PATIENCE).filter(|records| !records.closed) else {
            return;
        };
        if records.waiting.len() < MOST_WAITING {
            records.waiting.push_back(record);
        } else {
            records.lost += 1;
        }
        drop(records);
        COME.notify_one();
    }
}

/// The message, and the fields behind it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            name => {
                let _ = write!(self.fields, " {name}={value}");
            }
        }
    }
}

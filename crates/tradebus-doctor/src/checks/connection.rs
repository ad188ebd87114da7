//! Whether the store can be reached, and how long it takes to answer.

use std::time::Instant;

use tradebus::config::Location;
use tradebus::store::{self, StoreError};
use tradebus::{StreamStore, redact_url};

use crate::finding::{Finding, Looked};
use crate::patient::Patient;
use crate::times::{Times, ms};

/// Questions of which the middle one counts.
const QUESTIONS: usize = 5;

pub(super) async fn look(patient: &mut Patient) -> Looked {
    if let Err(error) = patient.config.check() {
        return Ok(Finding::fail(error.to_string(), "tradebus config check tells what is allowed"));
    }
    if let Some(finding) = missing_directory(patient) {
        return Ok(finding);
    }
    let begun = Instant::now();
    let store = match store::open(patient.scratch.config()).await {
        Ok(store) => store,
        Err(error) => return Ok(Finding::fail(error.to_string(), advice(&error))),
    };
    let connected = begun.elapsed();
    let store = patient.store.insert(store);
    let mut times = Times::default();
    for _ in 0..QUESTIONS {
        times.add(question(&**store).await?);
    }
    let answered = times.percentile_ms(50).unwrap_or_default();
    let detail =
        format!("{}: open after {:.1} ms, answers within {answered:.2} ms", store.describe(), ms(connected));
    Ok(match store.trouble() {
        Some(trouble) => Finding::fail(format!("{detail}; {trouble}"), "see docs/storage.md"),
        None => Finding::pass(detail),
    })
}

async fn question(store: &dyn StreamStore) -> Result<std::time::Duration, StoreError> {
    let asked = Instant::now();
    match store.now_ms().await {
        // An answer is an answer; what the user may not do is another check.
        Ok(_) | Err(StoreError::Refused { .. }) => Ok(asked.elapsed()),
        Err(error) => Err(error),
    }
}

/// A store on disk that is not there would be made, which is no examination.
fn missing_directory(patient: &Patient) -> Option<Finding> {
    let url = patient.config.store_url();
    let Ok(Location::Directory(directory)) = Location::parse(url.expose()) else { return None };
    (!directory.is_dir()).then(|| {
        Finding::fail(
            format!("{}: there is no such directory", redact_url(url.expose())),
            "name the directory of a store, or start a node that makes one: tradebus serve --store file:DIRECTORY",
        )
    })
}

fn advice(error: &StoreError) -> &'static str {
    match error {
        StoreError::Connect { .. } | StoreError::TimedOut { .. } => {
            "start a server there (tradebus serve is one), or name another store: --store, TRADEBUS_STORE"
        }
        StoreError::Open { .. } => {
            "only one process can have a store on disk: one that a node has open is reached through its Redis port"
        }
        StoreError::Login { .. } => {
            "check the user and the password; redis-cli AUTH tells whether they are right"
        }
        StoreError::TooOld { .. } => "upgrade the server, or run tradebus serve in its place",
        _ => "check the URL of the store: scheme, host and port",
    }
}

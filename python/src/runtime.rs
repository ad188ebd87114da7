//! The threads of the core: one Tokio runtime for the process, what a fork does to it, and what is still open at the end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::failure::{Failure, Kind};

/// How long all buses together may take to store what they have accepted when the interpreter ends.
const LAST_CHANCE: Duration = Duration::from_secs(10);

/// Counts the forks: what was made before one does not work after it.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Only taken while attached to the interpreter, as is a fork: so it is free in the child.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

/// The buses that are open.
static OPEN: Mutex<Vec<Weak<OpenBus>>> = Mutex::new(Vec::new());

/// A bus that is to be closed before the interpreter ends.
pub(crate) type OpenBus = tradebus::Bus;

/// The runtime, started if there is none.
pub(crate) fn handle() -> PyResult<Handle> {
    let mut runtime = RUNTIME.lock();
    if let Some(runtime) = &*runtime {
        return Ok(runtime.handle().clone());
    }
    let made = Builder::new_multi_thread().thread_name("tradebus").enable_all().build()?;
    let handle = made.handle().clone();
    *runtime = Some(made);
    Ok(handle)
}

/// Belongs to everything that threads of this process work for.
#[derive(Clone, Copy)]
pub(crate) struct Birth(u32);

impl Birth {
    pub(crate) fn now() -> Self {
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// An error after a fork.
    pub(crate) fn check(self) -> Result<(), Failure> {
        if self.0 == GENERATION.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Failure::new(
            Kind::Closed,
            "this was made before the process forked, and belongs to the parent: connect again in the child",
        ))
    }
}

/// Remembers a bus until it is dropped.
pub(crate) fn remember(bus: &Arc<OpenBus>) {
    let mut open = OPEN.lock();
    open.retain(|bus| bus.strong_count() > 0);
    open.push(Arc::downgrade(bus));
}

/// Called in the child of a fork: the threads are gone there, so that nothing of what they did can go on.
#[pyfunction]
pub(crate) fn after_fork() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    // Dropping them would wait for threads that do not exist.
    std::mem::forget(RUNTIME.lock().take());
    std::mem::forget(std::mem::take(&mut *OPEN.lock()));
}

/// Closes what is still open, so that what was accepted is stored; and ends the threads. The interpreter is about to end.
#[pyfunction]
pub(crate) fn close_all(py: Python<'_>) {
    let Some(runtime) = RUNTIME.lock().take() else { return };
    let open: Vec<_> = std::mem::take(&mut *OPEN.lock()).iter().filter_map(Weak::upgrade).collect();
    py.detach(|| {
        let closing = futures_util::future::join_all(open.iter().map(|bus| bus.close()));
        // Whatever could not be stored was said in the log.
        let _ = runtime.block_on(async { tokio::time::timeout(LAST_CHANCE, closing).await });
        runtime.shutdown_timeout(Duration::from_millis(200));
    });
}

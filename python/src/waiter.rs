//! Who waits for what the core does: an event loop, or a thread.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use pyo3::intern;
use pyo3::prelude::*;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::failure::Failure;
use crate::mailbox::{Letter, Loop, Outcome};
use crate::operation::Operation;
use crate::runtime::{self, Birth};

/// How often a thread that waits looks whether the process got a signal.
const SIGNALS: Duration = Duration::from_millis(50);

/// Who waits.
#[derive(Clone)]
pub(crate) struct Waiter {
    pub(crate) runtime: Handle,
    pub(crate) who: Who,
    birth: Birth,
}

/// An event loop, which awaits futures, or a thread, which is held up without holding up other threads.
#[derive(Clone)]
pub(crate) enum Who {
    Loop(Loop),
    Thread,
}

impl Waiter {
    /// The loop that runs in this thread, or the thread itself.
    pub(crate) fn here(py: Python<'_>, blocking: bool) -> PyResult<Self> {
        let who = if blocking { Who::Thread } else { Who::Loop(Loop::running(py)?) };
        Ok(Self { runtime: runtime::handle()?, who, birth: Birth::now() })
    }

    /// The same for a thread.
    pub(crate) fn in_thread(&self) -> Self {
        Self { who: Who::Thread, ..self.clone() }
    }

    /// An error where this cannot be used: after a fork.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.birth.check()
    }

    /// Runs something in the core. A loop gets an [`Operation`], a thread the value itself.
    pub(crate) fn run<F, T, C>(&self, py: Python<'_>, work: F, convert: C) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
        T: Send + 'static,
        C: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    {
        self.check()?;
        let work = async move {
            let done = work.await;
            Box::new(move |py: Python<'_>| convert(py, done?)) as Outcome
        };
        match &self.who {
            Who::Loop(mailbox) => self.run_for_loop(py, mailbox, work),
            Who::Thread => self.run_for_thread(py, work),
        }
    }

    fn run_for_loop<F>(&self, py: Python<'_>, mailbox: &Loop, work: F) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let future = mailbox.current(py)?.call_method0(intern!(py, "create_future"))?;
        let (awaited, slot) = (future.clone().unbind(), mailbox.slot.clone());
        let task = self.runtime.spawn(async move {
            let outcome = work.await;
            slot.put(Letter::Settled { future: awaited, outcome });
        });
        let abort = Bound::new(py, Abort(task.abort_handle()))?;
        future.call_method1(intern!(py, "add_done_callback"), (abort,))?;
        Ok(Py::new(py, Operation::pending(future.unbind()))?.into_any())
    }

    fn run_for_thread<F>(&self, py: Python<'_>, work: F) -> PyResult<Py<PyAny>>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (done, mut outcome) = sync_channel(1);
        let task = self.runtime.spawn(async move {
            let _ = done.send(work.await);
        });
        loop {
            let received;
            (outcome, received) = py.detach(move || {
                let received = outcome.recv_timeout(SIGNALS);
                (outcome, received)
            });
            match received {
                Ok(outcome) => return outcome(py),
                Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| task.abort())?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(pyo3::exceptions::PyRuntimeError::new_err(
                        "the threads of tradebus have ended",
                    ));
                }
            }
        }
    }
}

/// Ends what a future stands for with the future: it matters where that was cancelled.
#[pyclass(frozen, module = "tradebus._native")]
struct Abort(AbortHandle);

#[pymethods]
impl Abort {
    fn __call__(&self, _future: &Bound<'_, PyAny>) {
        self.0.abort();
    }
}

//! How the core reaches an event loop: what has happened lies in a mailbox, and one byte on a socket tells the loop to look. So the loop wakes up
//! once for any number of letters, and no thread of the core has to wait for the interpreter.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::inlet::Bell;

/// What a future ends with, made while attached to the interpreter.
pub(crate) type Outcome = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Something that the loop has to know.
pub(crate) enum Letter {
    /// An operation has ended.
    Settled {
        /// The future that somebody awaits.
        future: Py<PyAny>,
        /// What it ends with.
        outcome: Outcome,
    },
    /// Something is ready to be taken.
    Rung(Arc<Bell>),
}

/// The core's end of a mailbox.
pub(crate) struct Slot {
    /// At most one letter for each future that is awaited and for each bell: it cannot grow beyond what waits.
    letters: Mutex<Vec<Letter>>,
    /// There is a byte on its way, or the loop is about to look.
    signalled: AtomicBool,
    bell: UnixStream,
}

impl Slot {
    pub(crate) fn put(&self, letter: Letter) {
        self.letters.lock().push(letter);
        if !self.signalled.swap(true, Ordering::AcqRel) {
            // A socket that takes no byte has one that nobody has read yet; one that is closed has no loop any more.
            let _ = (&self.bell).write(&[1]);
        }
    }
}

/// The mailbox of an event loop.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct Mailbox {
    slot: Arc<Slot>,
    seen: UnixStream,
    /// A weak reference to the loop.
    event_loop: Py<PyAny>,
}

#[pymethods]
impl Mailbox {
    /// Called by the loop: delivers what has come.
    fn open(&self, py: Python<'_>) -> PyResult<()> {
        let mut bytes = [0; 16];
        match (&self.seen).read(&mut bytes) {
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return Err(error.into());
            }
            _ => {}
        }
        // Before the letters are taken, so that one that comes from now on calls again.
        self.slot.signalled.store(false, Ordering::Release);
        let letters = std::mem::take(&mut *self.slot.letters.lock());
        for letter in letters {
            let delivered = match letter {
                Letter::Settled { future, outcome } => settle(future.bind(py), outcome),
                Letter::Rung(bell) => bell.answer(py),
            };
            if let Err(error) = delivered {
                // One letter must not keep the others from their futures.
                error.write_unraisable(py, None);
            }
        }
        Ok(())
    }
}

/// Ends a future, unless whoever awaited it has given up.
fn settle(future: &Bound<'_, PyAny>, outcome: Outcome) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    match outcome(py) {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
        Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
    };
    Ok(())
}

/// The mailbox of the running loop.
#[derive(Clone)]
pub(crate) struct Loop {
    pub(crate) slot: Arc<Slot>,
    mailbox: Arc<Py<Mailbox>>,
}

impl Loop {
    /// Of the loop that runs in this thread.
    pub(crate) fn running(py: Python<'_>) -> PyResult<Self> {
        static MAILBOXES: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let event_loop = running_loop(py)?;
        let known = MAILBOXES.get_or_try_init(py, || {
            py.import("weakref")?.call_method0("WeakKeyDictionary").map(Bound::unbind)
        })?;
        let known = known.bind(py);
        let found = known.call_method1("get", (&event_loop,))?;
        if let Ok(mailbox) = found.cast_into::<Mailbox>() {
            return Ok(Self { slot: mailbox.get().slot.clone(), mailbox: Arc::new(mailbox.unbind()) });
        }
        let mailbox = new(py, &event_loop)?;
        known.set_item(&event_loop, &mailbox)?;
        Ok(Self { slot: mailbox.get().slot.clone(), mailbox: Arc::new(mailbox.unbind()) })
    }

    /// The loop, if it is the one that runs in this thread; otherwise an error that says what is wrong.
    pub(crate) fn current<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let running = running_loop(py)?;
        let mine = self.mailbox.get().event_loop.bind(py).call0()?;
        if mine.is(&running) {
            return Ok(running);
        }
        let closed = mine.is_none() || mine.call_method0("is_closed")?.is_truthy()?;
        let which = if closed { "that is closed" } else { "than the one that runs here" };
        let other = if closed { "an event loop" } else { "another event loop" };
        Err(pyo3::exceptions::PyRuntimeError::new_err(format!(
            "this client was connected in {other} {which}: connect a client in each loop"
        )))
    }
}

fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    RUNNING.import(py, "asyncio", "get_running_loop")?.call0()
}

fn new<'py>(py: Python<'py>, event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Mailbox>> {
    let (bell, seen) = UnixStream::pair()?;
    bell.set_nonblocking(true)?;
    seen.set_nonblocking(true)?;
    let descriptor = seen.as_raw_fd();
    let slot = Arc::new(Slot { letters: Mutex::default(), signalled: AtomicBool::new(false), bell });
    // Weak: the loop refers to the mailbox, and the dictionary of mailboxes must not keep it alive.
    let event_loop_weakly = py.import("weakref")?.call_method1("ref", (event_loop,))?.unbind();
    let mailbox = Bound::new(py, Mailbox { slot, seen, event_loop: event_loop_weakly })?;
    let no_options = PyDict::new(py);
    event_loop.call_method(
        "add_reader",
        (descriptor, mailbox.getattr(intern!(py, "open"))?),
        Some(&no_options),
    )?;
    Ok(mailbox)
}

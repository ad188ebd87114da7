//! What comes in: batches of what is ready. Whoever takes finds nothing, asks to be told, and is told once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::Stream as _;
use parking_lot::{Condvar, Mutex};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tradebus::{GroupSubscription, Subscription as Broadcast};

use crate::failure::{Failure, Kind};
use crate::mailbox::{Letter, Loop};
use crate::message::Message;
use crate::operation::Operation;
use crate::waiter::{Waiter, Who};

/// How often a thread that waits looks whether the process got a signal.
const SIGNALS: Duration = Duration::from_millis(50);

/// Rings when there is something to take.
pub(crate) struct Bell {
    rung: AtomicBool,
    who: Who,
    /// Futures of those who wait in the loop.
    waiting: Mutex<Vec<Py<PyAny>>>,
    /// What a thread waits at.
    asleep: Mutex<()>,
    wake: Condvar,
}

impl Bell {
    pub(crate) fn new(who: Who) -> Arc<Self> {
        Arc::new(Self {
            rung: AtomicBool::new(false),
            who,
            waiting: Mutex::default(),
            asleep: Mutex::default(),
            wake: Condvar::new(),
        })
    }

    /// From now on it may ring again.
    pub(crate) fn reset(&self) {
        self.rung.store(false, Ordering::SeqCst);
    }

    /// Tells those who wait, in their loop.
    pub(crate) fn answer(&self, py: Python<'_>) -> PyResult<()> {
        for future in std::mem::take(&mut *self.waiting.lock()) {
            let future = future.bind(py);
            if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
                future.call_method1(intern!(py, "set_result"), (py.None(),))?;
            }
        }
        Ok(())
    }

    /// What ends when the bell has rung since the last [`reset`](Self::reset).
    pub(crate) fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &self.who {
            Who::Loop(mailbox) => self.wait_in_loop(py, mailbox),
            Who::Thread => {
                Err(Failure::new(Kind::Closed, "this belongs to a thread, not to an event loop").into())
            }
        }
    }

    fn wait_in_loop(&self, py: Python<'_>, mailbox: &Loop) -> PyResult<Py<PyAny>> {
        let event_loop = mailbox.current(py)?;
        if self.rung.load(Ordering::SeqCst) {
            return Ok(Py::new(py, Operation::ready(py.None(), true))?.into_any());
        }
        // A bell that rings from now on is answered by this loop, in this thread: after this.
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        // Python is not called under the lock: it might come back for it.
        let mut waiting = std::mem::take(&mut *self.waiting.lock());
        waiting.retain(|known| {
            let done = known.bind(py).call_method0(intern!(py, "done"));
            !done.and_then(|done| done.is_truthy()).unwrap_or(true)
        });
        waiting.push(future.clone().unbind());
        self.waiting.lock().append(&mut waiting);
        Ok(Py::new(py, Operation::pending(future.unbind()))?.into_any())
    }

    /// Holds the thread up until the bell has rung; tells whether it has.
    pub(crate) fn sleep(&self, py: Python<'_>, until: Option<Instant>) -> PyResult<bool> {
        loop {
            let rung = py.detach(|| {
                let mut asleep = self.asleep.lock();
                if !self.rung.load(Ordering::SeqCst) {
                    let limit =
                        until.map_or(SIGNALS, |until| until.saturating_duration_since(Instant::now()));
                    let _ = self.wake.wait_for(&mut asleep, limit.min(SIGNALS));
                }
                self.rung.load(Ordering::SeqCst)
            });
            if rung || until.is_some_and(|until| Instant::now() >= until) {
                return Ok(rung);
            }
            py.check_signals()?;
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if self.rung.swap(true, Ordering::SeqCst) {
            return;
        }
        match &self.who {
            Who::Loop(mailbox) => mailbox.slot.put(Letter::Rung(self.clone())),
            Who::Thread => {
                // So that it does not fall asleep between its look and this.
                drop(self.asleep.lock());
                self.wake.notify_all();
            }
        }
    }
}

enum Source {
    Broadcast(Broadcast),
    Group(GroupSubscription),
    Closed,
}

/// A subscription, in batches.
#[pyclass(frozen, module = "tradebus._native")]
pub(crate) struct Subscription {
    source: Mutex<Source>,
    /// Taken, and given back since nobody wanted them.
    returned: Mutex<VecDeque<Py<Message>>>,
    bell: Arc<Bell>,
    waiter: Waiter,
}

impl Subscription {
    pub(crate) fn broadcast(subscription: Broadcast, waiter: Waiter) -> Self {
        Self::of(Source::Broadcast(subscription), waiter)
    }

    pub(crate) fn group(subscription: GroupSubscription, waiter: Waiter) -> Self {
        Self::of(Source::Group(subscription), waiter)
    }

    fn of(source: Source, waiter: Waiter) -> Self {
        let bell = Bell::new(waiter.who.clone());
        Self { source: Mutex::new(source), returned: Mutex::default(), bell, waiter }
    }

    /// What is ready, at most so many; `None` when nothing will come any more.
    fn ready(&self, py: Python<'_>, most: usize) -> PyResult<Option<Vec<Py<Message>>>> {
        self.waiter.check()?;
        let mut batch: Vec<Py<Message>> = {
            let mut returned = self.returned.lock();
            let count = returned.len().min(most);
            returned.drain(..count).collect()
        };
        self.bell.reset();
        let (polled, ended) = self.poll_up_to(most - batch.len());
        if ended && polled.is_empty() && batch.is_empty() {
            return Ok(None);
        }
        // Not under the lock: making an object may run the collector, and with it anything.
        for message in polled {
            batch.push(Py::new(py, message)?);
        }
        if batch.len() == most && matches!(self.waiter.who, Who::Thread) {
            // There may be more, for other threads that wait: the bell was reset for all of them.
            Waker::from(self.bell.clone()).wake();
        }
        Ok(Some(batch))
    }

    /// Messages of the core, and whether it will have no more.
    fn poll_up_to(&self, most: usize) -> (Vec<Message>, bool) {
        let waker = Waker::from(self.bell.clone());
        let mut context = Context::from_waker(&waker);
        let _runtime = self.waiter.runtime.enter();
        let mut source = self.source.lock();
        let mut polled = Vec::new();
        while polled.len() < most {
            match poll(&mut source, &mut context) {
                Poll::Ready(Some(message)) => polled.push(message),
                Poll::Ready(None) => return (polled, true),
                Poll::Pending => break,
            }
        }
        (polled, false)
    }
}

fn poll(source: &mut Source, context: &mut Context<'_>) -> Poll<Option<Message>> {
    match source {
        Source::Broadcast(subscription) => {
            std::pin::Pin::new(subscription).poll_next(context).map(|next| next.map(Message::broadcast))
        }
        Source::Group(subscription) => {
            std::pin::Pin::new(subscription).poll_next(context).map(|next| next.map(Message::group))
        }
        Source::Closed => Poll::Ready(None),
    }
}

#[pymethods]
impl Subscription {
    /// What is ready, at most so many messages: none, where nothing is. `None` once the bus or the subscription is closed and all was taken.
    fn take<'py>(&self, py: Python<'py>, most: usize) -> PyResult<Option<Bound<'py, PyList>>> {
        self.ready(py, most.max(1))?.map(|batch| PyList::new(py, batch)).transpose()
    }

    /// Ends when there is something to take.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.bell.wait(py)
    }

    /// What is ready; where nothing is, holds the thread up for so many seconds.
    #[pyo3(signature = (most, seconds=None))]
    fn take_blocking<'py>(
        &self,
        py: Python<'py>,
        most: usize,
        seconds: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        let limit =
            seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let ready = self.ready(py, most.max(1))?;
            let over = until.is_some_and(|until| Instant::now() >= until);
            match ready {
                Some(batch) if batch.is_empty() && !over => {
                    self.bell.sleep(py, until)?;
                }
                ready => return ready.map(|batch| PyList::new(py, batch)).transpose(),
            }
        }
    }

    /// Gives messages back that were taken and not looked at: they are the next ones.
    fn give_back(&self, messages: Vec<Py<Message>>) {
        let mut returned = self.returned.lock();
        for message in messages.into_iter().rev() {
            returned.push_front(message);
        }
        drop(returned);
        Waker::from(self.bell.clone()).wake();
    }

    /// Messages that wait to be taken.
    #[getter]
    fn queued(&self) -> usize {
        let waiting = match &*self.source.lock() {
            Source::Broadcast(subscription) => subscription.queued(),
            Source::Group(subscription) => subscription.queued(),
            Source::Closed => 0,
        };
        waiting + self.returned.lock().len()
    }

    /// Messages that were dropped because they were not taken fast enough, as the policy says.
    #[getter]
    fn dropped(&self) -> u64 {
        match &*self.source.lock() {
            Source::Broadcast(subscription) => subscription.dropped(),
            Source::Group(_) | Source::Closed => 0,
        }
    }

    /// Messages that this consumer of a group got and has not settled.
    #[getter]
    fn pending(&self) -> usize {
        match &*self.source.lock() {
            Source::Group(subscription) => subscription.pending(),
            Source::Broadcast(_) | Source::Closed => 0,
        }
    }

    /// Name of this consumer in its group; `None` without one.
    #[getter]
    fn consumer(&self) -> Option<String> {
        match &*self.source.lock() {
            Source::Group(subscription) => Some(subscription.consumer().to_owned()),
            Source::Broadcast(_) | Source::Closed => None,
        }
    }

    /// Whether this consumer gets messages now; see `single_active`.
    #[getter]
    fn is_active(&self) -> bool {
        match &*self.source.lock() {
            Source::Group(subscription) => subscription.is_active(),
            Source::Broadcast(_) => true,
            Source::Closed => false,
        }
    }

    /// The gaps that were found since this was last called.
    fn gaps(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let gaps = match &*self.source.lock() {
            Source::Broadcast(subscription) => subscription.gaps(),
            Source::Group(_) | Source::Closed => Vec::new(),
        };
        crate::payload::to_python(py, &gaps)
    }

    /// Ends the subscription. What a group's consumer has not been handed out goes to others.
    fn close(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let source = std::mem::replace(&mut *self.source.lock(), Source::Closed);
        for message in self.returned.lock().drain(..) {
            message.get().hand_back();
        }
        Waker::from(self.bell.clone()).wake();
        let leave = async move {
            if let Source::Group(subscription) = source {
                subscription.close().await;
            }
            Ok(())
        };
        self.waiter.run(py, leave, |py, ()| Ok(py.None()))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for message in self.returned.get_mut().drain(..) {
            message.get().hand_back();
        }
    }
}

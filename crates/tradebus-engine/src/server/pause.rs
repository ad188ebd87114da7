//! CLIENT PAUSE: a time in which commands have to wait.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::time::Instant;

/// Whether clients are paused.
pub(super) struct Pause {
    /// Asked for each command, and hardly ever true.
    is_on: AtomicBool,
    rest: watch::Sender<Option<Rest>>,
}

/// A pause that has begun.
#[derive(Clone, Copy)]
struct Rest {
    /// `None` is for ever.
    until: Option<Instant>,
    writes_only: bool,
}

impl Default for Pause {
    fn default() -> Self {
        Self { is_on: AtomicBool::new(false), rest: watch::Sender::new(None) }
    }
}

impl Pause {
    /// Begins a pause. One that goes on already ends at the later time, and holds up all commands if either does.
    pub(super) fn begin(&self, until: Option<Instant>, writes_only: bool) {
        self.rest.send_modify(|rest| {
            *rest = Some(match rest.filter(|rest| !rest.is_over()) {
                None => Rest { until, writes_only },
                Some(before) => Rest {
                    until: before.until.zip(until).map(|(one, other)| one.max(other)),
                    writes_only: before.writes_only && writes_only,
                },
            });
            self.is_on.store(true, Ordering::Relaxed);
        });
    }

    pub(super) fn end(&self) {
        self.end_if(|_| true);
    }

    /// Both change together, while the lock of the channel is held.
    fn end_if(&self, ends: impl FnOnce(&Rest) -> bool) {
        self.rest.send_if_modified(|rest| {
            let ended = rest.take_if(|rest| ends(rest)).is_some();
            if ended {
                self.is_on.store(false, Ordering::Relaxed);
            }
            ended
        });
    }

    /// Whether a command has to wait.
    pub(super) fn holds_up(&self, writes: impl FnOnce() -> bool) -> bool {
        if !self.is_on.load(Ordering::Relaxed) {
            return false;
        }
        self.end_if(Rest::is_over);
        self.rest.borrow().is_some_and(|rest| !rest.writes_only || writes())
    }

    /// Returns when the pause is over. Cancel safe.
    pub(super) async fn over(&self) {
        let mut changes = self.rest.subscribe();
        loop {
            let Some(rest) = *changes.borrow_and_update() else { return };
            match rest.until {
                Some(until) if tokio::time::timeout_at(until, changes.changed()).await.is_err() => return,
                Some(_) => {}
                None => {
                    // It cannot fail: the sender lives as long as this does.
                    let _ = changes.changed().await;
                }
            }
        }
    }
}

impl Rest {
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }
}

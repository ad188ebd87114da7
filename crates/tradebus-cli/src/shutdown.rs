//! Ctrl-C and SIGTERM: the first one asks to end in order, the second one ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::{Failure, Outcome};

/// Knows whether the program is asked to end. Clones know the same.
#[derive(Clone)]
pub(crate) struct Shutdown {
    asked: watch::Receiver<bool>,
}

impl Shutdown {
    /// Listens to signals from now on.
    pub(crate) fn listen() -> Outcome<Self> {
        let no_signals = |error| Failure::failed(format!("cannot listen to signals: {error}"));
        let interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
        let terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        let (ask, asked) = watch::channel(false);
        tokio::spawn(watch_signals(interrupt, terminate, ask));
        Ok(Self { asked })
    }

    /// Returns when the program is asked to end, at once if it was before. Cancel safe.
    pub(crate) async fn requested(&mut self) {
        if self.asked.wait_for(|asked| *asked).await.is_err() {
            // The task that listens ends with the process only.
            std::future::pending::<()>().await;
        }
    }
}

async fn watch_signals(mut interrupt: Signal, mut terminate: Signal, ask: watch::Sender<bool>) {
    next_signal(&mut interrupt, &mut terminate).await;
    ask.send_replace(true);
    tracing::debug!("asked to end; a second signal ends at once");
    let code = next_signal(&mut interrupt, &mut terminate).await;
    std::process::exit(code);
}

/// Waits for a signal and returns the exit code that tells of it.
async fn next_signal(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
    }
}

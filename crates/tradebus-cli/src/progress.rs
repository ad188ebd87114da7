//! How far something is that takes long, on the terminal of whoever waits for it.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::terminal;

/// What is done sooner is not worth a line; and the time between two changes of it.
const PATIENCE: Duration = Duration::from_millis(200);

/// One line of standard error that changes, and goes in the end. Nothing at all where standard error is no terminal.
pub(crate) struct Progress {
    what: &'static str,
    total: Option<u64>,
    done: u64,
    visible: bool,
    /// When it began, or was last shown.
    shown: Instant,
    on_screen: bool,
    /// When the first of it was done, and how much that was: what its rate is counted from. Only for what somebody else does.
    first: Option<(Instant, u64)>,
}

impl Progress {
    pub(crate) fn new(what: &'static str, total: Option<u64>) -> Self {
        let visible = io::stderr().is_terminal();
        Self { what, total, done: 0, visible, shown: Instant::now(), on_screen: false, first: None }
    }

    /// Of a command that prints what it has done: where that goes to a terminal too, it is progress enough.
    pub(crate) fn beside_output(what: &'static str, total: Option<u64>) -> Self {
        let progress = Self::new(what, total);
        Self { visible: progress.visible && !terminal::stdout_is_terminal(), ..progress }
    }

    /// So many more are done.
    pub(crate) fn add(&mut self, done: u64) {
        self.done += done;
        self.show(|progress| line(progress.what, progress.done, progress.total));
    }

    /// So many are done by now, by somebody else: with a bar if it is known how many there will be, and with the rate of those that were seen to be
    /// done.
    pub(crate) fn reach(&mut self, done: u64) {
        self.done = done;
        let (since, before) = *self.first.get_or_insert((Instant::now(), done));
        let rate = done.saturating_sub(before) as f64 / since.elapsed().as_secs_f64().max(0.001);
        self.show(|progress| {
            let bar = progress.total.map_or_else(String::new, |total| bar(done, total));
            format!("{bar}{}, {rate:.0}/s", line(progress.what, done, progress.total))
        });
    }

    fn show(&mut self, text: impl FnOnce(&Self) -> String) {
        if self.visible && self.shown.elapsed() >= PATIENCE {
            self.shown = Instant::now();
            self.on_screen = true;
            show(&format!("\r{}\x1b[K", text(self)));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_screen {
            show("\r\x1b[K");
        }
    }
}

fn line(what: &str, done: u64, total: Option<u64>) -> String {
    match total {
        Some(total) if total > 0 => {
            let percent = (done as f64 / total as f64 * 100.0).min(100.0);
            format!("{what}: {done} of {total} ({percent:.0} %)")
        }
        _ => format!("{what}: {done}"),
    }
}

/// Twenty columns, as many of them full as are done.
fn bar(done: u64, total: u64) -> String {
    let full = (done.min(total) as f64 / total.max(1) as f64 * 20.0) as usize;
    format!("[{}{}] ", "=".repeat(full), " ".repeat(20 - full))
}

/// That nobody sees it is no reason to end.
fn show(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes()).and_then(|()| io::stderr().flush());
}

#[cfg(test)]
mod tests {
    use super::{bar, line};

    #[test]
    fn what_is_shown() {
        assert_eq!(line("trimmed", 5, None), "trimmed: 5");
        assert_eq!(line("trimmed", 5, Some(20)), "trimmed: 5 of 20 (25 %)");
        assert_eq!(line("trimmed", 30, Some(20)), "trimmed: 30 of 20 (100 %)");
        assert_eq!(line("trimmed", 0, Some(0)), "trimmed: 0");
        assert_eq!(bar(5, 20), "[=====               ] ");
        assert_eq!(bar(30, 20), "[====================] ");
        assert_eq!(bar(0, 0), "[                    ] ");
    }
}

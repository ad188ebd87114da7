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
}

impl Progress {
    pub(crate) fn new(what: &'static str, total: Option<u64>) -> Self {
        let visible = io::stderr().is_terminal();
        Self { what, total, done: 0, visible, shown: Instant::now(), on_screen: false }
    }

    /// Of a command that prints what it has done: where that goes to a terminal too, it is progress enough.
    pub(crate) fn beside_output(what: &'static str, total: Option<u64>) -> Self {
        let progress = Self::new(what, total);
        Self { visible: progress.visible && !terminal::stdout_is_terminal(), ..progress }
    }

    /// So many more are done.
    pub(crate) fn add(&mut self, done: u64) {
        self.done += done;
        if self.visible && self.shown.elapsed() >= PATIENCE {
            self.shown = Instant::now();
            self.on_screen = true;
            show(&format!("\r{}\x1b[K", line(self.what, self.done, self.total)));
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

/// That nobody sees it is no reason to end.
fn show(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes()).and_then(|()| io::stderr().flush());
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn what_is_shown() {
        assert_eq!(line("trimmed", 5, None), "trimmed: 5");
        assert_eq!(line("trimmed", 5, Some(20)), "trimmed: 5 of 20 (25 %)");
        assert_eq!(line("trimmed", 30, Some(20)), "trimmed: 30 of 20 (100 %)");
        assert_eq!(line("trimmed", 0, Some(0)), "trimmed: 0");
    }
}

//! The whole terminal, for a command that draws on it. However such a command ends, the terminal is as it was before.

use std::io::{self, IsTerminal as _, Stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::Show;
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

use crate::failure::{Failure, Outcome};

/// Whether the screen is open. One for the process, as the terminal is: a panic in any thread gives the terminal back.
static OPEN: AtomicBool = AtomicBool::new(false);

/// The terminal on standard output. Given back when this is dropped.
pub(crate) struct FullScreen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl FullScreen {
    pub(crate) fn open() -> Outcome<Self> {
        restore_at_panics();
        OPEN.store(true, Ordering::SeqCst);
        let opened = enable_raw_mode()
            .and_then(|()| execute!(io::stdout(), EnterAlternateScreen))
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                close();
                Err(Failure::failed(format!("cannot draw on the terminal: {error}")))
            }
        }
    }

    /// Draws what differs from what was drawn before.
    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Outcome {
        self.terminal.draw(draw).map(drop).map_err(|error| Failure::output(&error))
    }

    /// Forgets what was drawn: the next picture is drawn as a whole.
    pub(crate) fn clear(&mut self) -> Outcome {
        self.terminal.clear().map_err(|error| Failure::output(&error))
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        close();
    }
}

/// Whether somebody draws on the terminal. It is not any more after a panic.
pub(crate) fn is_open() -> bool {
    OPEN.load(Ordering::SeqCst)
}

/// Whether what is written to standard error would be written into the picture.
pub(crate) fn covers_stderr() -> bool {
    is_open() && io::stderr().is_terminal()
}

/// Gives the terminal back, once. That it is gone by now is no reason to fail.
fn close() {
    if OPEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// What a panic says is read on the terminal as it was before.
fn restore_at_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            close();
            before(panic);
        }));
    });
}

//! Asking before something is done that cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::{Failure, Outcome};
use crate::terminal;

/// Asks whether to do it, unless that is said already. Without a terminal to ask on, `--yes` is demanded.
pub(crate) fn confirm(yes: bool, what: &str) -> Outcome {
    if yes {
        return Ok(());
    }
    let mut question = String::new();
    terminal::push_visible(&mut question, what);
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(format!("--yes is needed where nobody can be asked: {question}")));
    }
    // If it cannot be shown, it cannot be answered either.
    let _ = write!(io::stderr(), "{question}? [y/N] ").and_then(|()| io::stderr().flush());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::failed(format!("cannot read the answer: {error}")))?;
    if is_yes(&answer) { Ok(()) } else { Err(Failure::failed("nothing was done")) }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Yes\n", " YES "].into_iter().all(super::is_yes));
        assert!(["", "\n", "n\n", "yess\n", "ja\n"].into_iter().all(|answer| !super::is_yes(answer)));
    }
}

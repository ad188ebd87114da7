//! What is known of the terminal, if there is one, and what may be written to it.

use std::env;
use std::io::{self, IsTerminal as _};

use unicode_width::UnicodeWidthChar as _;

pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

pub(crate) fn stdout_has_colour() -> bool {
    colour_wanted(stdout_is_terminal())
}

pub(crate) fn stderr_has_colour() -> bool {
    colour_wanted(io::stderr().is_terminal())
}

/// `NO_COLOR` (<https://no-color.org>) and `TERM=dumb` count, whatever is on the other side.
fn colour_wanted(is_terminal: bool) -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    is_terminal && !no_color && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether a picture can be drawn on standard output.
pub(crate) fn can_be_drawn_on() -> bool {
    stdout_is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns and rows of the terminal on standard output; `None` where there is none, so that nothing is cut in a pipe.
pub(crate) fn stdout_size() -> Option<(usize, usize)> {
    let (width, height) = terminal_size::terminal_size_of(io::stdout())?;
    // Some terminals do not know their size and say that it is nothing.
    (width.0 > 0 && height.0 > 0).then_some((width.0.into(), height.0.into()))
}

/// Appends text on one line, without anything that could steer a terminal: what a message holds is not to be trusted.
pub(crate) fn push_visible(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || turns_text(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
}

/// Separators of lines, and characters that change the direction in which text is shown.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

/// The start of a text that takes at most so many columns; the last one is `…` where something is left out.
pub(crate) fn cut(text: &mut String, columns: usize) {
    let mut used = 0;
    let mut end_with_mark = 0;
    for (at, c) in text.char_indices() {
        if used < columns {
            end_with_mark = at;
        }
        used += c.width().unwrap_or(0);
        if used > columns {
            text.truncate(end_with_mark);
            if columns > 0 {
                text.push('…');
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, push_visible};

    fn visible(text: &str) -> String {
        let mut out = String::new();
        push_visible(&mut out, text);
        out
    }

    fn shortened(text: &str, columns: usize) -> String {
        let mut text = text.to_owned();
        cut(&mut text, columns);
        text
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(visible("a\r\n\tb é 日"), "a\\r\\n\\tb é 日");
        assert_eq!(visible("\x1b[2J\u{9b}\0\u{7f}"), "\\u{1b}[2J\\u{9b}\\u{0}\\u{7f}");
        assert_eq!(visible("\u{202e}x\u{2028}"), "\\u{202e}x\\u{2028}");
    }

    #[test]
    fn cuts_by_columns_and_not_by_bytes() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "ab…");
        assert_eq!(shortened("日本語", 6), "日本語");
        assert_eq!(shortened("日本語", 5), "日本…");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("日本語", 1), "…");
        assert_eq!(shortened("abc", 0), "");
        assert_eq!(shortened("", 0), "");
    }
}

//! The keys, over everything else.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::paint::{BOLD, TITLE};

const KEYS: [(&str, &str); 11] = [
    ("q, Ctrl-C", "quit; Esc closes what is open, then quits"),
    ("Tab, 1 to 4", "another view; left and right too"),
    ("Up, Down", "move, also PageUp, PageDown, Home, End"),
    ("<  >", "sort the streams by another column"),
    ("r", "reverse the order"),
    ("Enter", "the groups of the selected stream"),
    ("p", "pause: the picture stands still"),
    ("Ctrl-L", "draw all of it again"),
    ("publish", "until the store has confirmed a message"),
    ("deliver", "until a subscriber has got it"),
    ("stored", "entries added, by whomever"),
];

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect) {
    let box_ = area.centered(Constraint::Length(66), Constraint::Length(KEYS.len() as u16 + 2));
    let line = |(key, what): (&'static str, &'static str)| {
        Line::from(vec![Span::styled(format!(" {key:<13}"), BOLD), Span::raw(what)])
    };
    let block = Block::bordered().title(Span::styled(" any key closes this ", TITLE));
    frame.render_widget(Clear, box_);
    frame.render_widget(Paragraph::new(KEYS.map(line).to_vec()).block(block), box_);
}

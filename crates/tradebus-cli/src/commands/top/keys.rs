//! What keys mean.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::model::View;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    /// Closes what is open; ends where nothing is.
    Back,
    Show(View),
    NextView,
    PreviousView,
    Move(Move),
    /// Sorts by the column to the right.
    SortNext,
    SortPrevious,
    Reverse,
    Open,
    Pause,
    Help,
    /// Draws all of it again: something else has written on the terminal.
    Redraw,
}

/// Where to go in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

/// What a key asks for, if it asks for anything.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control || key.modifiers.contains(KeyModifiers::ALT) {
        return match key.code {
            KeyCode::Char('c' | 'C') if control => Some(Action::Quit),
            KeyCode::Char('l' | 'L') if control => Some(Action::Redraw),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Char('q' | 'Q') => Action::Quit,
        KeyCode::Esc => Action::Back,
        KeyCode::Tab | KeyCode::Right => Action::NextView,
        KeyCode::BackTab | KeyCode::Left => Action::PreviousView,
        KeyCode::Char('1') => Action::Show(View::Overview),
        KeyCode::Char('2') => Action::Show(View::Streams),
        KeyCode::Char('3') => Action::Show(View::Services),
        KeyCode::Char('4') => Action::Show(View::Health),
        KeyCode::Up | KeyCode::Char('k') => Action::Move(Move::Up),
        KeyCode::Down | KeyCode::Char('j') => Action::Move(Move::Down),
        KeyCode::PageUp => Action::Move(Move::PageUp),
        KeyCode::PageDown => Action::Move(Move::PageDown),
        KeyCode::Home => Action::Move(Move::Home),
        KeyCode::End => Action::Move(Move::End),
        KeyCode::Char('<' | ',') => Action::SortPrevious,
        KeyCode::Char('>' | '.') => Action::SortNext,
        KeyCode::Char('r') => Action::Reverse,
        KeyCode::Enter => Action::Open,
        KeyCode::Char('p' | ' ') => Action::Pause,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Action::Help,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

    use super::{Action, Move, action};
    use crate::commands::top::model::View;

    #[test]
    fn keys() {
        let plain = |code| action(KeyEvent::new(code, KeyModifiers::NONE));
        assert_eq!(plain(KeyCode::Char('q')), Some(Action::Quit));
        assert_eq!(plain(KeyCode::Esc), Some(Action::Back));
        assert_eq!(plain(KeyCode::Char('3')), Some(Action::Show(View::Services)));
        assert_eq!(plain(KeyCode::PageDown), Some(Action::Move(Move::PageDown)));
        assert_eq!(plain(KeyCode::Char('c')), None);
        let shifted = |c| action(KeyEvent::new(KeyCode::Char(c), KeyModifiers::SHIFT));
        assert_eq!((shifted('>'), shifted('?')), (Some(Action::SortNext), Some(Action::Help)));
        let control = |c| action(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
        assert_eq!((control('c'), control('q'), control('p')), (Some(Action::Quit), None, None));
        let up = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(action(up), None);
    }
}

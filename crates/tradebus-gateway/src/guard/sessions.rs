//! Who has logged in with a browser.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;

/// How long a session lasts when nothing is asked for.
pub(super) const LASTS: Duration = Duration::from_hours(12);
/// Sessions at one time: the one that was used longest ago ends.
const MOST: usize = 1_000;

/// The open sessions: what the cookie holds, and when it was last seen.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Instant>>);

impl Sessions {
    /// Opens one, and tells what its cookie holds: 256 random bits.
    pub(super) fn open(&self) -> Result<String, getrandom::Error> {
        let mut bits = [0_u8; 32];
        getrandom::fill(&mut bits)?;
        let id = URL_SAFE_NO_PAD.encode(bits);
        let mut open = self.0.lock();
        open.retain(|_, seen| seen.elapsed() < LASTS);
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, seen)| **seen).map(|(id, _)| id.clone())
        {
            open.remove(&oldest);
        }
        open.insert(id.clone(), Instant::now());
        Ok(id)
    }

    /// Whether it is open; if so, it lasts on.
    pub(super) fn is_open(&self, id: &str) -> bool {
        let mut open = self.0.lock();
        let Some(seen) = open.get_mut(id).filter(|seen| seen.elapsed() < LASTS) else { return false };
        *seen = Instant::now();
        true
    }

    pub(super) fn close(&self, id: &str) {
        self.0.lock().remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Sessions};

    #[test]
    fn a_session_is_open_until_it_is_closed() {
        let sessions = Sessions::default();
        let id = sessions.open().unwrap();
        assert!(id.len() == 43 && sessions.is_open(&id));
        assert!(!sessions.is_open(""));
        sessions.close(&id);
        assert!(!sessions.is_open(&id));
    }

    #[test]
    fn there_are_only_so_many() {
        let sessions = Sessions::default();
        let first = sessions.open().unwrap();
        for _ in 0..MOST {
            sessions.open().unwrap();
        }
        assert!(!sessions.is_open(&first));
        assert_eq!(sessions.0.lock().len(), MOST);
    }
}

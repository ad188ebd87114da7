//! Guessing: a client that was wrong too often has to wait.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Client;

/// How long mistakes are remembered.
const WINDOW: Duration = Duration::from_mins(1);
/// Clients whose mistakes are remembered; beyond, those are forgotten whose were the longest ago.
const MOST_CLIENTS: usize = 10_000;

/// Counts the mistakes of each client.
pub(super) struct Lockout {
    most: u32,
    mistakes: Mutex<HashMap<Client, Mistakes>>,
}

struct Mistakes {
    since: Instant,
    count: u32,
}

impl Lockout {
    /// So many mistakes a minute.
    pub(super) fn new(most: u32) -> Self {
        Self { most: most.max(1), mistakes: Mutex::default() }
    }

    /// Whether a client has to wait.
    pub(super) fn holds(&self, client: Client) -> bool {
        let known = self.mistakes.lock();
        known.get(&client).is_some_and(|it| it.count >= self.most && it.since.elapsed() < WINDOW)
    }

    /// A client made a mistake.
    pub(super) fn note(&self, client: Client) {
        let mut known = self.mistakes.lock();
        if known.len() >= MOST_CLIENTS {
            known.retain(|_, it| it.since.elapsed() < WINDOW);
            let longest_ago = known.iter().min_by_key(|(_, it)| it.since).map(|(client, _)| *client);
            longest_ago.filter(|_| known.len() >= MOST_CLIENTS).map(|client| known.remove(&client));
        }
        let it = known.entry(client).or_insert_with(|| Mistakes { since: Instant::now(), count: 0 });
        if it.since.elapsed() >= WINDOW {
            *it = Mistakes { since: Instant::now(), count: 0 };
        }
        it.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Lockout, MOST_CLIENTS};

    #[test]
    fn who_is_wrong_too_often_waits() {
        let (lockout, client) = (Lockout::new(2), Client::of([10, 0, 0, 1].into()));
        lockout.note(client);
        assert!(!lockout.holds(client));
        lockout.note(client);
        assert!(lockout.holds(client));
        assert!(!lockout.holds(Client::of([10, 0, 0, 2].into())));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let lockout = Lockout::new(1);
        for number in 0..MOST_CLIENTS as u32 + 10 {
            lockout.note(Client::of(std::net::Ipv4Addr::from(number).into()));
        }
        assert_eq!(lockout.mistakes.lock().len(), MOST_CLIENTS);
    }
}

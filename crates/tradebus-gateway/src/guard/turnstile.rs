//! How many subscriptions there may be at one time, in all and for each client.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Client;
use crate::problem::{Outcome, Problem};

/// Counts those who are in.
#[derive(Debug)]
pub(crate) struct Turnstile {
    most: usize,
    most_per_client: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    by_client: HashMap<Client, usize>,
}

impl Turnstile {
    pub(crate) fn new(most: usize, most_per_client: usize) -> Arc<Self> {
        Arc::new(Self { most, most_per_client, inside: Mutex::default() })
    }

    /// Lets a subscription of a client in; it is out when the pass is dropped.
    pub(crate) fn enter(self: &Arc<Self>, client: Client) -> Outcome<Pass> {
        let mut inside = self.inside.lock();
        if inside.all >= self.most {
            let most = self.most;
            return Err(Problem::too_many(
                format!("there are {most} subscriptions, as many as there may be"),
                5,
            ));
        }
        let of_client = inside.by_client.entry(client).or_default();
        if *of_client >= self.most_per_client {
            let most = self.most_per_client;
            return Err(Problem::too_many(
                format!("this client has {most} subscriptions, as many as it may have"),
                5,
            ));
        }
        *of_client += 1;
        inside.all += 1;
        drop(inside);
        Ok(Pass { turnstile: self.clone(), client })
    }

    pub(crate) fn inside(&self) -> usize {
        self.inside.lock().all
    }
}

/// The right to a subscription.
#[derive(Debug)]
pub(crate) struct Pass {
    turnstile: Arc<Turnstile>,
    client: Client,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.turnstile.inside.lock();
        inside.all -= 1;
        if let Some(of_client) = inside.by_client.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                inside.by_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, Turnstile};

    #[test]
    fn so_many_are_in_and_no_more() {
        let turnstile = Turnstile::new(3, 2);
        let client = |last: u8| Client::of([10, 0, 0, last].into());
        let first = turnstile.enter(client(1)).unwrap();
        let _second = turnstile.enter(client(1)).unwrap();
        assert!(turnstile.enter(client(1)).unwrap_err().detail().contains("this client has 2"));
        let _third = turnstile.enter(client(2)).unwrap();
        assert!(turnstile.enter(client(3)).unwrap_err().detail().contains("there are 3"));
        drop(first);
        assert_eq!(turnstile.inside(), 2);
        assert!(turnstile.enter(client(3)).is_ok());
        assert_eq!(turnstile.inside.lock().by_client.len(), 2);
    }
}

//! One fetch for all who want the same.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use hashbrown::HashMap;
use parking_lot::Mutex;

use super::entry::Entry;
use super::meters::Meters;

type Fetch<E> = BoxFuture<'static, Result<Arc<Entry>, E>>;
type Flight<E> = Shared<Fetch<E>>;

/// Fetches that are under way, by key.
#[derive(Debug)]
pub(super) struct Flights<E>(Mutex<HashMap<String, WeakShared<Fetch<E>>>>);

impl<E> Default for Flights<E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<E: Clone + Send + Sync + 'static> Flights<E> {
    /// Joins the fetch of this key that is under way, or begins one. It goes on as long as one of those who joined waits for it.
    pub(super) fn join<F>(&self, key: &str, meters: &Meters, begin: impl FnOnce() -> F) -> Flight<E>
    where
        F: Future<Output = Result<Arc<Entry>, E>> + Send + 'static,
    {
        let mut flights = self.0.lock();
        // One that has ended is of the past: what was asked for later is asked anew.
        let under_way =
            flights.get(key).and_then(WeakShared::upgrade).filter(|flight| flight.peek().is_none());
        if let Some(flight) = under_way {
            meters.joined.add();
            return flight;
        }
        flights.retain(|_, flight| flight.upgrade().is_some_and(|flight| flight.peek().is_none()));
        let flight = begin().boxed().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(key.to_owned(), weak);
        }
        flight
    }
}

//! Where snapshots come from: a gateway, or a store that is looked at from here.

mod choice;
mod connection;
mod endpoint;
mod events;
mod gateway;
mod store;

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;

pub(super) use choice::{Wanted, open};
pub(super) use endpoint::Endpoint;

use self::gateway::Following;
use self::store::Looking;

/// What is new.
#[derive(Debug)]
pub(super) enum News {
    /// What was before the next snapshot: columns of what charts show.
    Past(Value),
    /// A snapshot, as JSON.
    Snapshot(Bytes),
    /// The connection was lost, or could not be made again: why, and when it is tried again.
    Lost { why: String, again_in: Duration },
}

/// Where it is looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// At a gateway, which knows all of its node.
    Gateway(String),
    /// At a store: what other processes have in hand is not seen.
    Store,
}

/// Snapshots as they come.
pub(super) struct Feed {
    from: From,
    pace: Pace,
}

enum From {
    Gateway(Following),
    // Large, and there is one.
    Store(Box<Looking>),
}

impl Feed {
    pub(super) fn origin(&self) -> Origin {
        match &self.from {
            From::Gateway(following) => Origin::Gateway(following.url()),
            From::Store(_) => Origin::Store,
        }
    }

    /// How often there is something new.
    pub(super) const fn interval(&self) -> Duration {
        self.pace.interval
    }

    /// What is new, at the pace that is wanted; `None` when nothing comes any more. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<News> {
        loop {
            let news = match &mut self.from {
                From::Gateway(following) => following.next().await?,
                From::Store(looking) => looking.next().await?,
            };
            if !matches!(news, News::Snapshot(_)) || self.pace.allows(Instant::now()) {
                return Some(news);
            }
        }
    }

    pub(super) async fn close(self) {
        if let From::Store(looking) = self.from {
            looking.close().await;
        }
    }
}

/// Leaves out what comes too soon.
struct Pace {
    interval: Duration,
    last: Option<Instant>,
}

impl Pace {
    /// By so much a snapshot may come early: they do not come to the millisecond.
    const SLACK: Duration = Duration::from_millis(300);

    fn new(interval: Duration) -> Self {
        Self { interval, last: None }
    }

    fn allows(&mut self, now: Instant) -> bool {
        // As many as a node takes are wanted.
        let is_due = self.interval <= Duration::from_secs(1)
            || self.last.is_none_or(|last| now.duration_since(last) + Self::SLACK >= self.interval);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Pace;

    #[test]
    fn snapshots_come_at_the_pace_that_is_wanted() {
        let start = Instant::now();
        let taken = |interval: u64| {
            let mut pace = Pace::new(Duration::from_secs(interval));
            let times = (0..10_u64).filter(|second| {
                let early = if second % 2 == 1 { 20 } else { 0 };
                pace.allows(start + Duration::from_millis(second * 1000 - early))
            });
            times.collect::<Vec<_>>()
        };
        assert_eq!(taken(1), (0..10).collect::<Vec<_>>());
        assert_eq!(taken(3), [0, 3, 6, 9]);
    }
}

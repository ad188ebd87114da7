//! Replaying: what the streams still have, merged by event time, at the original speed, another, or as fast as it goes.

mod merge;
mod options;
mod pace;

use std::collections::VecDeque;
use std::fmt;

use futures_util::{Stream, stream};
use tradebus_engine::EntryId;

pub use options::{ParseReplayError, ReplayBound, ReplayOptions, ReplaySpeed};

use self::merge::Merge;
use self::pace::Pace;
use crate::manage::{ManageError, Pages, StreamManager};
use crate::store::{RangeQuery, StoreError};
use crate::subscribe::{Decoder, Subscriptions};
use crate::{Delivery, Pattern, PatternError, StreamKey};

/// Bytes that the pages of all streams are meant to have together.
const MEMORY: usize = 64 << 20;

/// Why a replay was not begun, or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The pattern is none.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The streams cannot be read.
    #[error(transparent)]
    Read(#[from] ManageError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The end lies before the start.
    #[error("the replay would end at {to}, before its start at {from}")]
    Reversed {
        /// The first entry wanted.
        from: EntryId,
        /// The last entry wanted.
        to: EntryId,
    },
}

/// Messages of the past, in the order of their event times. It ends when all were replayed that there were when it began.
pub struct Replay {
    merge: Merge<Pages>,
    patterns: Vec<Pattern>,
    decoder: Decoder,
    pace: Pace,
}

impl Replay {
    /// Looks for the streams and their ends; nothing is read yet.
    pub(crate) async fn new(
        subscriptions: &Subscriptions,
        manager: &StreamManager,
        pattern: Pattern,
        options: ReplayOptions,
    ) -> Result<Self, ReplayError> {
        let ReplayOptions { from, to, mut streams, also: mut patterns, speed } = options;
        patterns.push(pattern);
        if streams.is_empty() {
            streams = subscriptions.streams_of(&patterns).await?;
        }
        streams.sort_unstable();
        streams.dedup();
        let (start, end) = range(manager, from, to).await?;
        let last_ids = manager.store().last_ids(&streams).await?;
        let page = MEMORY / streams.len().max(1);
        let read = |(stream, last): (StreamKey, EntryId)| {
            let query = RangeQuery { start, end: end.min(last), ..RangeQuery::default() };
            let pages = manager.read(&stream, query).of_bytes(page);
            (stream, pages)
        };
        let merge = Merge::new(streams.into_iter().zip(last_ids).map(read).collect());
        Ok(Self { merge, patterns, decoder: subscriptions.decoder(), pace: Pace::new(speed) })
    }

    /// The next message, when it is due; `None` at the end. Cancel safe.
    ///
    /// # Errors
    ///
    /// When the store cannot be used. Calling it again goes on where it was.
    pub async fn next(&mut self) -> Result<Option<Delivery>, ReplayError> {
        while let Some(pages) = self.merge.dry() {
            let page = pages.next().await?;
            let wanted = page.map(|page| {
                let wanted = page.entries().filter_map(|entry| self.decoder.wanted(entry, &self.patterns));
                wanted.collect::<VecDeque<_>>()
            });
            self.merge.fill(wanted);
        }
        let Some(time) = self.merge.next_time() else { return Ok(None) };
        self.pace.until(time).await;
        Ok(self.merge.pop())
    }

    /// The same as a [`Stream`], which ends behind the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Delivery, ReplayError>> + Send {
        stream::try_unfold(self, async |mut replay| Ok(replay.next().await?.map(|next| (next, replay))))
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("patterns", &self.patterns)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}

/// The first and the last id that are wanted.
async fn range(
    manager: &StreamManager,
    from: ReplayBound,
    to: ReplayBound,
) -> Result<(EntryId, EntryId), ReplayError> {
    let now = match (from, to) {
        (ReplayBound::Ago(_), _) | (_, ReplayBound::Ago(_)) => manager.store().now_ms().await?,
        _ => 0,
    };
    let ago =
        |age: std::time::Duration| now.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let from = match from {
        ReplayBound::Open => EntryId::MIN,
        ReplayBound::Id(id) => id,
        ReplayBound::Ago(age) => EntryId::new(ago(age), 0),
    };
    let to = match to {
        ReplayBound::Open => EntryId::MAX,
        ReplayBound::Id(id) => id,
        ReplayBound::Ago(age) => EntryId::new(ago(age), u64::MAX),
    };
    if from > to { Err(ReplayError::Reversed { from, to }) } else { Ok((from, to)) }
}

//! Shortening and removing streams, piece by piece.

use std::sync::Arc;
use std::time::Duration;

use tradebus_engine::EntryId;

use super::{ManageError, StreamManager};
use crate::StreamKey;
use crate::store::{StreamInfo, StreamStore, Trim};

/// Entries that are meant to go in one step: a few milliseconds' work for the store, which does nothing else meanwhile.
const STEP: u64 = 50_000;
/// Most steps.
const MOST_STEPS: u64 = 10_000;

/// What is left of a stream that is trimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrimTo {
    /// So many entries, the newest ones.
    Length(u64),
    /// The entries that were stored within this time, by the store's clock.
    Age(Duration),
}

/// Shortens or removes a stream, step by step. Dropping it leaves the stream as it is by then.
#[derive(Debug)]
pub struct Trimming {
    store: Arc<dyn StreamStore>,
    stream: StreamKey,
    cuts: std::vec::IntoIter<Trim>,
    /// The stream itself is to go in the end.
    removes: bool,
    total: Option<u64>,
}

impl Trimming {
    pub(super) fn new(store: Arc<dyn StreamStore>, stream: StreamKey, info: &StreamInfo, trim: Trim) -> Self {
        let (cuts, total) = cuts(info, trim);
        Self { store, stream, cuts: cuts.into_iter(), removes: false, total }
    }

    /// Entries that go, as far as that is known before.
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Does the next step and tells how many entries went; `None` when all is done.
    ///
    /// # Errors
    ///
    /// When the store cannot be used; the step may be done or not.
    pub async fn next(&mut self) -> Result<Option<u64>, ManageError> {
        if let Some(cut) = self.cuts.next() {
            return Ok(Some(self.store.trim(&self.stream, cut).await?));
        }
        if !std::mem::take(&mut self.removes) {
            return Ok(None);
        }
        let len = self.store.len(&self.stream).await?;
        let removed = self.store.remove(&self.stream).await?;
        Ok(Some(if removed { len } else { 0 }))
    }

    /// Does all steps and tells how many entries went.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn finish(mut self) -> Result<u64, ManageError> {
        let mut removed = 0;
        while let Some(entries) = self.next().await? {
            removed += entries;
        }
        Ok(removed)
    }
}

/// The trims that lead to the one wanted, and how many entries they remove, if that can be said.
fn cuts(info: &StreamInfo, trim: Trim) -> (Vec<Trim>, Option<u64>) {
    let steps = (info.len / STEP).min(MOST_STEPS);
    let mut cuts = Vec::new();
    // Those on the way need not be exact.
    let approximate = true;
    let total = match trim {
        Trim::ToLength { keep, .. } => {
            let surplus = info.len.saturating_sub(keep);
            let step = STEP.max(surplus / MOST_STEPS);
            let lengths = (1..surplus.div_ceil(step)).map(|cut| info.len - cut * step);
            cuts.extend(lengths.map(|keep| Trim::ToLength { keep, approximate }));
            Some(surplus)
        }
        // How entries are spread over time is not known: each step takes the same share of the time.
        Trim::FromId { first, .. } => {
            let (start, end) = (info.first.map_or(first.ms, |id| id.ms), info.last_id.min(first).ms);
            let share = end.saturating_sub(start) / (steps + 1);
            let times = (1..=steps).map(|cut| start + cut * share).filter(|_| share > 0);
            cuts.extend(times.map(|ms| Trim::FromId { first: EntryId::new(ms, 0), approximate }));
            None
        }
    };
    cuts.push(trim);
    (cuts, total)
}

impl StreamManager {
    /// Shortens a stream. Unless `exact`, some entries more may be left, which costs the store less.
    ///
    /// Groups that have not read what goes will not get it.
    ///
    /// # Errors
    ///
    /// When there is no such stream, or the store cannot be used.
    pub async fn trim(&self, stream: &StreamKey, to: TrimTo, exact: bool) -> Result<Trimming, ManageError> {
        let info = self.info(stream).await?;
        let approximate = !exact;
        let trim = match to {
            TrimTo::Length(keep) => Trim::ToLength { keep, approximate },
            TrimTo::Age(age) => {
                let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
                let first = EntryId::new(self.store.now_ms().await?.saturating_sub(age), 0);
                Trim::FromId { first, approximate }
            }
        };
        Ok(Trimming::new(self.store.clone(), stream.clone(), &info, trim))
    }

    /// Removes a stream with its groups.
    ///
    /// # Errors
    ///
    /// When there is no such stream, or the store cannot be used.
    pub async fn remove(&self, stream: &StreamKey) -> Result<Trimming, ManageError> {
        let info = self.info(stream).await?;
        let nothing = Trim::ToLength { keep: 0, approximate: true };
        let (mut cuts, total) = cuts(&info, nothing);
        // The last piece goes with the stream.
        cuts.pop();
        let (store, stream) = (self.store.clone(), stream.clone());
        Ok(Trimming { store, stream, cuts: cuts.into_iter(), removes: true, total })
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, MOST_STEPS, STEP, StreamInfo, Trim, cuts};

    fn info(len: u64, first: u64, last: u64) -> StreamInfo {
        let (first, last) = (EntryId::new(first, 0), EntryId::new(last, 0));
        StreamInfo {
            len,
            first: (len > 0).then_some(first),
            last: (len > 0).then_some(last),
            last_id: last,
            entries_added: None,
            groups: 0,
            memory_bytes: None,
        }
    }

    #[test]
    fn a_long_stream_is_shortened_in_steps() {
        let trim = Trim::ToLength { keep: 10, approximate: false };
        let lengths = |len| {
            let (cuts, total) = cuts(&info(len, 1, 2), trim);
            let keep = |cut: &Trim| match cut {
                Trim::ToLength { keep, .. } => *keep,
                Trim::FromId { .. } => panic!("{cut:?}"),
            };
            assert_eq!(cuts.last(), Some(&trim));
            (cuts.iter().map(keep).collect::<Vec<_>>(), total)
        };
        assert_eq!(lengths(0), (vec![10], Some(0)));
        assert_eq!(lengths(STEP), (vec![10], Some(STEP - 10)));
        assert_eq!(lengths(2 * STEP + 11), (vec![STEP + 11, 11, 10], Some(2 * STEP + 1)));
        let (many, _) = lengths(u64::MAX / 4);
        assert!(many.len() as u64 <= MOST_STEPS + 1 && many.is_sorted_by(|a, b| a > b));
    }

    #[test]
    fn a_long_time_is_cut_in_steps() {
        let times = |len, first, last, until| {
            let trim = Trim::FromId { first: EntryId::new(until, 3), approximate: false };
            let (cuts, _) = cuts(&info(len, first, last), trim);
            assert_eq!(cuts.last(), Some(&trim));
            let ms = |cut: &Trim| match cut {
                Trim::FromId { first, .. } => first.ms,
                Trim::ToLength { .. } => panic!("{cut:?}"),
            };
            cuts.iter().map(ms).collect::<Vec<_>>()
        };
        assert_eq!(times(10, 0, 900, 500), [500]);
        assert_eq!(times(4 * STEP, 0, 900, 500), [100, 200, 300, 400, 500]);
        assert_eq!(times(4 * STEP, 0, 900, u64::MAX), [180, 360, 540, 720, u64::MAX]);
        assert_eq!(times(4 * STEP, 700, 900, 500), [500], "nothing is that old");
        assert_eq!(times(4 * STEP, 1, 2, 500), [500], "all within no time");
        assert_eq!(times(0, 0, 0, 500), [500]);
    }
}

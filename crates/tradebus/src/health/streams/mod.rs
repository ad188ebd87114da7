//! The patrol: looks at some of the streams with each check, one after the other and over again, and remembers what it saw.

mod sample;
mod track;
mod trend;

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::time::timeout;

use self::sample::Sampler;
use self::track::{Limits, Track, shown};
use super::guard::Guard;
use crate::StreamKey;
use crate::config::BusConfig;
use crate::store::StreamStore;
use crate::subscribe::Interest;

/// Streams that are looked at with one check.
const AT_ONCE: usize = 32;
/// Most streams that are looked at at all; with more, those whose keys come last are left out.
const MOST_STREAMS: usize = 4096;
/// Findings that are told one by one.
const MOST_FINDINGS: usize = 16;

/// The rounds over the streams of one bus.
#[derive(Debug)]
pub(super) struct Patrol {
    limits: Limits,
    /// What was seen, by stream.
    tracks: BTreeMap<StreamKey, Track>,
    /// Streams that are still to be looked at in this round.
    ahead: Vec<StreamKey>,
}

impl Patrol {
    pub(super) fn new(config: &BusConfig) -> Self {
        Self { limits: Limits::new(config), tracks: BTreeMap::new(), ahead: Vec::new() }
    }

    /// Looks at the next streams. Ends early if the store no longer answers, or takes its time.
    pub(super) async fn go_on(&mut self, store: &dyn StreamStore, guard: &Guard, interest: &Interest) {
        if self.ahead.is_empty() {
            self.begin_round(store, guard, interest).await;
        }
        let deadline = Instant::now() + guard.patience();
        let sampler = Sampler { store, guard, many_deliveries: self.limits.many_deliveries() };
        for _ in 0..AT_ONCE {
            if Instant::now() >= deadline {
                return;
            }
            let Some(stream) = self.ahead.pop() else { return };
            match sampler.sample(&stream, interest.reads(&stream)).await {
                Ok(sample) => {
                    let name = shown(&stream.to_string());
                    let track = self.tracks.entry(stream).or_default();
                    track.note(&name, &sample, &self.limits, Instant::now());
                }
                Err(error) if error.is_silence() => {
                    self.ahead.push(stream);
                    return;
                }
                Err(error) => {
                    tracing::debug!(%stream, %error, "a stream cannot be looked at");
                    self.tracks.remove(&stream);
                }
            }
        }
    }

    /// Finds out which streams there are.
    async fn begin_round(&mut self, store: &dyn StreamStore, guard: &Guard, interest: &Interest) {
        // Searching takes its time where there are many keys: that is no sign of bad health.
        match timeout(guard.patience(), interest.find(store)).await {
            Ok(Ok(mut streams)) => {
                streams.sort_unstable();
                streams.dedup();
                streams.truncate(MOST_STREAMS);
                self.tracks.retain(|stream, _| streams.binary_search(stream).is_ok());
                streams.reverse();
                self.ahead = streams;
            }
            Ok(Err(error)) => tracing::debug!(%error, "the streams cannot be listed"),
            Err(_elapsed) => tracing::debug!("the streams could not be listed in time"),
        }
    }

    /// What is no good, by what was seen last of each stream; one sentence each.
    pub(super) fn findings(&self) -> Vec<String> {
        let all = || self.tracks.values().flat_map(|track| &track.findings);
        let mut findings: Vec<String> = all().take(MOST_FINDINGS).cloned().collect();
        let more = all().count() - findings.len();
        if more > 0 {
            findings.push(format!("{more} more findings about streams and groups"));
        }
        findings
    }
}

//! What is known about one stream and its groups, and what of it is no good.

use std::time::{Duration, Instant};

use hashbrown::HashMap;
use tradebus_engine::EntryId;

use super::trend::Trend;
use crate::config::BusConfig;

/// From when on something is no good.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Entries that a group may be behind, unless it is catching up.
    lag: u64,
    /// Longest that an entry may be pending.
    pending_age: Duration,
    /// Entries by which a stream may grow without a reader; `None` for any number.
    unread: Option<u64>,
    max_deliveries: u64,
}

impl Limits {
    pub(super) fn new(config: &BusConfig) -> Self {
        Self {
            lag: config.lag_warn,
            pending_age: config.pending_age_warn(),
            unread: (config.unread_warn > 0).then_some(config.unread_warn),
            max_deliveries: config.max_deliveries.into(),
        }
    }

    /// Deliveries from which on a message that is still pending has nearly used up its own.
    pub(super) fn many_deliveries(&self) -> u64 {
        self.max_deliveries.saturating_sub(1).max(2)
    }
}

/// What a stream looks like now.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) len: u64,
    /// It has a reader of this bus, or a group.
    pub(super) is_read: bool,
    pub(super) groups: Vec<GroupSample>,
}

/// What a group looks like now.
#[derive(Debug, Default)]
pub(super) struct GroupSample {
    pub(super) name: String,
    /// Entries that are still to be delivered, where the store can tell.
    pub(super) lag: Option<u64>,
    pub(super) pending: u64,
    /// The oldest pending entry, and the time since its last delivery.
    pub(super) oldest: Option<(EntryId, Duration)>,
    /// Entries, of the oldest that are pending, that have nearly used up their deliveries.
    pub(super) poisonous: usize,
    /// Most deliveries of one of them.
    pub(super) deliveries: u64,
}

/// The past of one stream; the clock is the caller's.
#[derive(Debug, Default)]
pub(super) struct Track {
    len: Trend,
    /// The shortest that it was since it has no reader.
    unread_from: Option<u64>,
    groups: HashMap<String, GroupTrack>,
    /// What the last sample showed, one sentence each.
    pub(super) findings: Vec<String>,
}

#[derive(Debug, Default)]
struct GroupTrack {
    lag: Trend,
    /// The oldest pending entry, and since when it is pending at the latest.
    oldest: Option<(EntryId, Instant)>,
}

impl Track {
    /// Takes a sample of the stream with this name.
    pub(super) fn note(&mut self, stream: &str, sample: &Sample, limits: &Limits, now: Instant) {
        self.findings.clear();
        self.growth(stream, sample, limits, now);
        self.groups.retain(|name, _| sample.groups.iter().any(|group| group.name == *name));
        for group in &sample.groups {
            let track = self.groups.entry_ref(&group.name[..]).or_default();
            track.note(stream, group, limits, now, &mut self.findings);
        }
    }

    fn growth(&mut self, stream: &str, sample: &Sample, limits: &Limits, now: Instant) {
        self.len.push(now, sample.len);
        if sample.is_read {
            self.unread_from = None;
            return;
        }
        // What was trimmed did not pile up.
        let from = self.unread_from.unwrap_or(sample.len).min(sample.len);
        self.unread_from = Some(from);
        let (piled, trend) = (sample.len - from, self.len.per_second().unwrap_or(0.0));
        if limits.unread.is_some_and(|most| piled >= most) && trend > 0.0 {
            let len = sample.len;
            self.findings.push(format!(
                "the stream {stream} grows and has neither a reader of this bus nor a group: {len} entries, {piled} more than when it was first seen so, {trend:+.1} per second"
            ));
        }
    }
}

impl GroupTrack {
    fn note(
        &mut self,
        stream: &str,
        sample: &GroupSample,
        limits: &Limits,
        now: Instant,
        findings: &mut Vec<String>,
    ) {
        let (group, pending) = (shown(&sample.name), sample.pending);
        if let Some(lag) = sample.lag {
            self.lag.push(now, lag);
            let trend = self.lag.per_second();
            if let Some(trend) = trend.filter(|trend| lag >= limits.lag && *trend >= 0.0) {
                findings.push(format!(
                    "the group {group} falls behind in {stream}: {lag} entries are not delivered yet, {trend:+.1} per second"
                ));
            }
        }
        self.oldest = sample.oldest.map(|(id, idle)| {
            let delivered = now.checked_sub(idle).unwrap_or(now);
            let known = self.oldest.filter(|(known, _)| *known == id);
            (id, known.map_or(delivered, |(_, since)| since.min(delivered)))
        });
        if let Some((id, since)) = self.oldest {
            let age = now.saturating_duration_since(since);
            if age >= limits.pending_age {
                findings.push(format!(
                    "the group {group} does not finish what it got from {stream}: {pending} entries are pending, the oldest ({id}) for {:.1} s",
                    age.as_secs_f64()
                ));
            }
        }
        let (poisonous, deliveries) = (sample.poisonous, sample.deliveries);
        if poisonous > 0 {
            let most = limits.max_deliveries;
            findings.push(format!(
                "a poison loop of the group {group} in {stream}: {poisonous} of its {pending} pending entries were delivered up to {deliveries} times (max_deliveries is {most})"
            ));
        }
    }
}

/// Names come from outside: in a sentence they are cut and hold no control characters.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(255).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use tradebus_engine::EntryId;

    use super::{GroupSample, Limits, Sample, Track, shown};

    const SECOND: Duration = Duration::from_secs(1);
    const LIMITS: Limits =
        Limits { lag: 100, pending_age: Duration::from_secs(10), unread: Some(1000), max_deliveries: 5 };

    /// What is found in the end in a stream of which a sample was taken each second.
    fn found(samples: impl IntoIterator<Item = Sample>) -> Vec<String> {
        let (mut track, start) = (Track::default(), Instant::now());
        for (n, sample) in (0..).zip(samples) {
            track.note("s", &sample, &LIMITS, start + SECOND * n);
        }
        track.findings
    }

    fn stream(len: u64, is_read: bool) -> Sample {
        Sample { len, is_read, groups: Vec::new() }
    }

    fn group(mut group: GroupSample) -> Sample {
        "risk".clone_into(&mut group.name);
        Sample { len: 0, is_read: true, groups: vec![group] }
    }

    #[test]
    fn a_stream_that_grows_needs_a_reader() {
        let expected = "the stream s grows and has neither a reader of this bus nor a group: 6000 entries, 1000 more than when it was first seen so, +1000.0 per second";
        assert_eq!(found([stream(5000, false), stream(6000, false)]), [expected]);
        for fine in [
            vec![stream(5000, true), stream(6000, true)],
            vec![stream(5000, false), stream(5999, false)],
            // It was read until now.
            vec![stream(5000, true), stream(7000, true), stream(7900, false)],
            // It is trimmed.
            vec![stream(5000, false), stream(5900, false), stream(5100, false), stream(5950, false)],
            vec![stream(9000, false), stream(5500, false), stream(5600, false)],
        ] {
            let sizes = format!("{fine:?}");
            assert_eq!(found(fine), [""; 0], "{sizes}");
        }
        let (mut track, now) = (Track::default(), Instant::now());
        let limits = Limits { unread: None, ..LIMITS };
        track.note("s", &stream(0, false), &limits, now);
        track.note("s", &stream(u64::MAX, false), &limits, now + SECOND);
        assert!(track.findings.is_empty());
    }

    #[test]
    fn a_group_falls_behind_unless_it_catches_up() {
        let lags = |lags: &[u64]| {
            found(lags.iter().map(|&lag| group(GroupSample { lag: Some(lag), ..GroupSample::default() })))
        };
        let expected =
            "the group risk falls behind in s: 150 entries are not delivered yet, +25.0 per second";
        assert_eq!(lags(&[100, 125, 150]), [expected]);
        assert_eq!(lags(&[500, 500])[0].split(", ").last(), Some("+0.0 per second"), "nobody reads it");
        for fine in [&[500][..], &[500, 400], &[0, 50, 99]] {
            assert_eq!(lags(fine), [""; 0], "{fine:?}");
        }
        assert!(found([group(GroupSample::default()), group(GroupSample::default())]).is_empty());
    }

    #[test]
    fn an_entry_grows_old_while_it_is_the_oldest() {
        let oldest = |id, idle: u32| {
            let oldest = Some((EntryId::new(id, 0), SECOND * idle));
            group(GroupSample { pending: 3, oldest, ..GroupSample::default() })
        };
        let expected = "the group risk does not finish what it got from s: 3 entries are pending, the oldest (7-0) for 12.0 s";
        assert_eq!(found([oldest(7, 12)]), [expected]);
        // Delivered anew or touched, it is pending all the same.
        assert_eq!(found([oldest(7, 9), oldest(7, 0), oldest(7, 1), oldest(7, 0)]), [expected]);
        assert!(found([oldest(7, 9), oldest(8, 0)]).is_empty(), "the group comes on");
        assert!(found([oldest(7, 9), group(GroupSample::default()), oldest(7, 9)]).is_empty());
    }

    #[test]
    fn entries_that_come_again_and_again_are_a_loop() {
        assert_eq!(
            (LIMITS.many_deliveries(), Limits { max_deliveries: 1, ..LIMITS }.many_deliveries()),
            (4, 2)
        );
        let sample = GroupSample { pending: 9, poisonous: 2, deliveries: 4, ..GroupSample::default() };
        let expected = "a poison loop of the group risk in s: 2 of its 9 pending entries were delivered up to 4 times (max_deliveries is 5)";
        assert_eq!(found([group(sample)]), [expected]);
    }

    #[test]
    fn names_cannot_break_a_line() {
        assert_eq!(shown("a\nb\u{1b}[0m"), "a\\nb\\u{1b}[0m");
        assert_eq!(shown(&"x".repeat(1000)).len(), 255);
    }
}

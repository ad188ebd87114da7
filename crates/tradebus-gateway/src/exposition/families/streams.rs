//! The streams, their consumer groups, and what waits in the store.

use super::Family;
use crate::exposition::Reading;
use crate::exposition::samples::Samples;
use crate::live::{GroupView, StreamView};

/// Streams that are listed; the others are summed.
const MOST_STREAMS: usize = 100;
/// Groups that are listed; the others are summed.
const MOST_GROUPS: usize = 1_000;
/// The name of the sum.
const OTHER: &str = "other";

pub(super) const FAMILIES: &[Family] = &[
    Family::gauge("tradebus_streams", "Streams of the bus.", &[], |it, out| {
        out.one(it.snapshot.streams.count);
    }),
    Family::gauge(
        "tradebus_streams_summed",
        "Streams whose values are summed as `other`.",
        &[],
        |it, out| {
            out.one(unlisted(it));
        },
    ),
    Family::gauge("tradebus_stream_length_messages", "Entries in a stream.", &["stream"], length),
    Family::gauge("tradebus_stream_memory_bytes", "Memory of a stream.", &["stream"], memory),
    Family::gauge(
        "tradebus_stream_oldest_age_seconds",
        "Time since the oldest entry of a stream was stored.",
        &["stream"],
        |it, out| {
            for row in listed(it) {
                if let Some(age) = row.oldest_age_seconds {
                    out.of([&row.stream], age);
                }
            }
        },
    ),
    Family::gauge(
        "tradebus_group_lag_messages",
        "Entries of a stream that wait to be delivered to a group.",
        &["stream", "group"],
        |it, out| by_group(it, out, |group| group.lag),
    ),
    Family::gauge(
        "tradebus_group_pending_messages",
        "Entries that were delivered to a group and not acknowledged.",
        &["stream", "group"],
        |it, out| by_group(it, out, |group| Some(group.pending)),
    ),
    Family::gauge(
        "tradebus_group_consumers",
        "Consumers that a group knows.",
        &["stream", "group"],
        |it, out| by_group(it, out, |group| Some(group.consumers)),
    ),
    Family::gauge("tradebus_groups_summed", "Groups whose values are summed as `other`.", &[], |it, out| {
        out.one(groups(it).1.len());
    }),
    Family::gauge("tradebus_dead_letters", "Dead letters in their stream.", &[], |it, out| {
        if let Some(count) = it.snapshot.dead_letters {
            out.one(count);
        }
    }),
    Family::counter("tradebus_trimmed_messages_total", "Entries trimmed by this process.", &[], |it, out| {
        out.one(it.metrics.entries_trimmed);
    }),
    Family::counter(
        "tradebus_trimmed_unread_messages_total",
        "Entries trimmed by this process that a consumer group had not got.",
        &[],
        |it, out| out.one(it.metrics.entries_trimmed_unread),
    ),
    Family::gauge("tradebus_delayed_messages", "Messages whose time has not come.", &[], |it, out| {
        out.one(it.metrics.delayed.waiting);
    }),
    Family::counter(
        "tradebus_delayed_delivered_total",
        "Delayed messages that this process has delivered when they were due.",
        &[],
        |it, out| out.one(it.metrics.delayed.delivered),
    ),
    Family::counter(
        "tradebus_delayed_late_total",
        "Delayed messages that were delivered more than 100 ms late.",
        &[],
        |it, out| out.one(it.metrics.delayed.late),
    ),
    Family::counter(
        "tradebus_delayed_broken_total",
        "Entries among the delayed messages that are none.",
        &[],
        |it, out| out.one(it.metrics.delayed.broken),
    ),
];

/// The streams that have series of their own: one whose name is that of the sum has none.
fn listed<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a StreamView> {
    reading.snapshot.streams.rows.iter().filter(|row| row.stream != OTHER).take(MOST_STREAMS)
}

/// How many have none.
fn unlisted(reading: &Reading<'_>) -> u64 {
    reading.snapshot.streams.count.saturating_sub(listed(reading).count() as u64)
}

fn length(reading: &Reading<'_>, out: &mut Samples) {
    let mut rest = reading.snapshot.streams.length;
    for row in listed(reading) {
        out.of([&row.stream], row.length);
        rest = rest.saturating_sub(row.length);
    }
    if unlisted(reading) > 0 {
        out.of([OTHER], rest);
    }
}

fn memory(reading: &Reading<'_>, out: &mut Samples) {
    let mut rest = reading.snapshot.streams.memory_bytes;
    for row in listed(reading) {
        if let Some(bytes) = row.memory_bytes {
            out.of([&row.stream], bytes);
            rest = rest.map(|rest| rest.saturating_sub(bytes));
        }
    }
    if let Some(rest) = rest
        && unlisted(reading) > 0
    {
        out.of([OTHER], rest);
    }
}

/// The groups in the order in which they are listed: those of the streams that are not come last.
fn groups<'a>(reading: &Reading<'a>) -> (Vec<(&'a StreamView, &'a GroupView)>, Vec<&'a GroupView>) {
    let (mut listed, mut rest) = (Vec::new(), Vec::new());
    let mut streams = 0;
    for row in &reading.snapshot.streams.rows {
        let has_series = row.stream != OTHER && streams < MOST_STREAMS;
        streams += usize::from(has_series);
        for group in &row.groups {
            if has_series && listed.len() < MOST_GROUPS {
                listed.push((row, group));
            } else {
                rest.push(group);
            }
        }
    }
    (listed, rest)
}

/// The groups that are listed, and the sum of the others.
fn by_group(reading: &Reading<'_>, out: &mut Samples, value: fn(&GroupView) -> Option<u64>) {
    let (listed, rest) = groups(reading);
    for (row, group) in listed {
        if let Some(value) = value(group) {
            out.of([&row.stream, &group.group], value);
        }
    }
    if let Some(sum) = rest.into_iter().filter_map(value).reduce(u64::saturating_add) {
        out.of([OTHER, OTHER], sum);
    }
}

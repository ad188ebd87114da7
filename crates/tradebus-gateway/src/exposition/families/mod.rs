//! The list of metric families: what the exposition, the dashboard and the alerts know of them.
//!
//! A family's name says its unit, and its entry here says how it is read: what is in the list is exposed, and nothing else is.

mod buffers;
mod flow;
mod groups;
mod handling;
mod node;
mod requests;
mod streams;

use super::Reading;
use super::samples::{Collected, Samples};

/// Upper bounds of the buckets of latencies, in microseconds: 10 µs to 10 s.
pub(super) const LATENCY_BOUNDS_US: [u64; 19] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
];
/// Upper bounds of the buckets of sizes.
pub(super) const SIZE_BOUNDS: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// A metric family: values under one name, which differ in their labels.
#[derive(Debug)]
pub struct Family {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    labels: &'static [&'static str],
    read: fn(&Reading<'_>, &mut Samples),
}

/// What the values of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// They only rise, from the start of the process on.
    Counter,
    /// They rise and fall.
    Gauge,
    /// They are counted in buckets, from the start of the process on.
    Histogram,
    /// It is always 1; the labels say something.
    Info,
}

/// In what a family is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Parts of a whole, 0 to 1.
    Ratio,
    /// Messages.
    Messages,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Seconds, Self::Bytes, Self::Ratio, Self::Messages];

    /// As it ends the name of a family, but for `_total`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
            Self::Messages => "messages",
        }
    }
}

type Read = fn(&Reading<'_>, &mut Samples);
type Labels = &'static [&'static str];

impl Family {
    const fn counter(name: &'static str, help: &'static str, labels: Labels, read: Read) -> Self {
        Self { name, kind: Kind::Counter, help, labels, read }
    }

    const fn gauge(name: &'static str, help: &'static str, labels: Labels, read: Read) -> Self {
        Self { name, kind: Kind::Gauge, help, labels, read }
    }

    const fn histogram(name: &'static str, help: &'static str, labels: Labels, read: Read) -> Self {
        Self { name, kind: Kind::Histogram, help, labels, read }
    }

    const fn info(name: &'static str, help: &'static str, labels: Labels, read: Read) -> Self {
        Self { name, kind: Kind::Info, help, labels, read }
    }

    /// As it is asked for: with its unit, and with `_total` or `_info`. The series of a histogram add `_bucket`, `_sum` and `_count`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What its values are.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// A sentence that says what it is.
    pub const fn help(&self) -> &'static str {
        self.help
    }

    /// The names of its labels.
    pub const fn labels(&self) -> &'static [&'static str] {
        self.labels
    }

    /// What it is measured in; `None` if it is a number of things that its name says.
    pub fn unit(&self) -> Option<Unit> {
        let name = self.without_kind();
        Unit::ALL.into_iter().find(|unit| without(name, unit.name()).is_some())
    }

    /// Its name without the unit and what follows it.
    pub(super) fn stem(&self) -> &'static str {
        let name = self.without_kind();
        self.unit().and_then(|unit| without(name, unit.name())).unwrap_or(name)
    }

    fn without_kind(&self) -> &'static str {
        let kind = match self.kind {
            Kind::Counter => "total",
            Kind::Info => "info",
            Kind::Gauge | Kind::Histogram => return self.name,
        };
        without(self.name, kind).unwrap_or(self.name)
    }
}

/// A name without its last word, if it is that.
fn without(name: &'static str, last: &str) -> Option<&'static str> {
    name.strip_suffix(last)?.strip_suffix('_')
}

/// All families, by subject.
pub fn families() -> impl Iterator<Item = &'static Family> {
    [
        flow::FAMILIES,
        buffers::FAMILIES,
        handling::FAMILIES,
        groups::FAMILIES,
        streams::FAMILIES,
        requests::FAMILIES,
        node::FAMILIES,
    ]
    .into_iter()
    .flatten()
}

/// What all of them say of a reading.
pub(super) fn collect(reading: &Reading<'_>) -> Vec<Collected> {
    let read = |family: &'static Family| {
        let mut samples = Samples::new(family.labels);
        (family.read)(reading, &mut samples);
        Collected { family, samples: samples.all }
    };
    families().map(read).collect()
}

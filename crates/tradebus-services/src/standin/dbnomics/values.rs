//! Demo values: a line, a wave around it, and a little noise, the same at every start.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::tables::{Quirk, SeriesSpec};

/// One observation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub(super) period: String,
    pub(super) day: Date,
    /// A number, the text `NA`, or null.
    pub(super) value: Value,
}

/// All observations of a series at the start.
///
/// Value `i` is `base + slope·i + swing·(wave(i) + noise(i))/2`, rounded: the wave is a triangle over 24 periods, the noise
/// a hash of the series code and `i`; both lie between -1 and 1. Then the quirks.
pub(super) fn observations(spec: &SeriesSpec) -> Vec<Observation> {
    // The tables hold valid days, as a test checks.
    let (Ok(mut day), Ok(last)) = (spec.first.parse::<Date>(), spec.last.parse::<Date>()) else {
        return Vec::new();
    };
    let mut observations = Vec::new();
    while day <= last {
        let value = number(spec, value(spec, observations.len()));
        observations.push(Observation { period: spec.frequency.label(day), day, value });
        day = spec.frequency.next(day, spec.has(Quirk::Weekdays));
    }
    spec.quirks.iter().for_each(|quirk| quirk.apply(&mut observations));
    observations
}

/// A number as the series writes it: some without a decimal point.
pub(super) fn number(spec: &SeriesSpec, value: f64) -> Value {
    let unit = 10_f64.powi(spec.decimals);
    let rounded = (value * unit).round() / unit;
    if spec.decimals == 0 { json!(rounded as i64) } else { json!(rounded) }
}

fn value(spec: &SeriesSpec, place: usize) -> f64 {
    let noise = f64::from(hash(spec.code, place as u64)) / f64::from(u32::MAX) * 2.0 - 1.0;
    let wave = (place % 24) as f64 / 12.0;
    let wave = if wave <= 1.0 { wave * 2.0 - 1.0 } else { 3.0 - wave * 2.0 };
    spec.base + spec.slope * place as f64 + spec.swing * f64::midpoint(wave, noise)
}

/// FNV-1a of a text and a number, its upper half.
fn hash(text: &str, number: u64) -> u32 {
    let bytes = text.bytes().chain(number.to_le_bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) as u32
}

impl Quirk {
    fn apply(self, observations: &mut [Observation]) {
        let length = observations.len();
        let mut set = |place: usize, value: Value| {
            if let Some(observation) = observations.get_mut(place) {
                observation.value = value;
            }
        };
        let missing: Vec<usize> = match self {
            Self::NaFirst(count) => (0..count).collect(),
            Self::NaLast(count) => (length.saturating_sub(count)..length).collect(),
            Self::NaEvery(step) => (step..length).step_by(step).collect(),
            _ => Vec::new(),
        };
        for place in missing {
            set(place, json!("NA"));
        }
        match self {
            Self::Null(place) => set(place, Value::Null),
            Self::Sentinel(place) => set(place, json!(-999_999)),
            _ => {}
        }
    }
}

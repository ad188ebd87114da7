//! Times in another unit than that of the setting: `flush_interval_seconds` for `flush_interval_ms`.

use serde_json::{Number, Value};

use crate::config::shape::Shape;

/// Endings of keys, longest first where one ends in another, and what they are in milliseconds.
const ENDINGS: [(&str, f64); 13] = [
    ("_milliseconds", 1.0),
    ("_millis", 1.0),
    ("_msecs", 1.0),
    ("_ms", 1.0),
    ("_seconds", 1_000.0),
    ("_secs", 1_000.0),
    ("_sec", 1_000.0),
    ("_s", 1_000.0),
    ("_minutes", 60_000.0),
    ("_mins", 60_000.0),
    ("_min", 60_000.0),
    ("_hours", 3_600_000.0),
    ("_days", 86_400_000.0),
];

/// Settings in seconds whose names do not say so.
const SECONDS: [&str; 6] = [
    "connection_timeout",
    "command_timeout",
    "health_check_interval",
    "heartbeat_timeout",
    "pending_age_warn",
    "shutdown_timeout",
];

/// A setting that holds the same time in another unit.
#[derive(Clone, Copy)]
pub(super) struct OtherUnit {
    pub(super) field: &'static str,
    /// What a value has to be multiplied with, and divided by.
    by: (f64, f64),
}

impl OtherUnit {
    /// The setting of this table that a key with a unit means.
    pub(super) fn of(key: &str, shape: Shape) -> Option<Self> {
        let (stem, given) = split(key)?;
        shape.fields().find_map(|(field, _)| {
            let (own, unit) =
                split(field).or_else(|| SECONDS.contains(&field).then_some((field, 1_000.0)))?;
            (own == stem).then_some(Self { field, by: (given, unit) })
        })
    }

    /// The value in the unit of the setting; none where it is no number.
    pub(super) fn value(self, value: &Value) -> Option<Value> {
        let (factor, divisor) = self.by;
        // Half of a billionth is what floats lose on the way; nobody means it.
        let number = (value.as_f64()? * factor / divisor * 1e9).round() / 1e9;
        if number.fract() == 0.0 && number.abs() < 9e15 {
            return Some((number as i64).into());
        }
        Number::from_f64(number).map(Value::Number)
    }
}

fn split(key: &str) -> Option<(&str, f64)> {
    ENDINGS.iter().find_map(|(ending, unit)| Some((key.strip_suffix(ending)?, *unit)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::OtherUnit;
    use crate::config::shape::Shape;

    #[test]
    fn times_change_their_unit() {
        for (key, field, given, value) in [
            ("connection_timeout_ms", "connection_timeout", json!(2500), json!(2.5)),
            ("connection_timeout_seconds", "connection_timeout", json!(5.0), json!(5)),
            ("metrics_interval_seconds", "metrics_interval_ms", json!(0.1), json!(100)),
            ("metrics_interval_s", "metrics_interval_ms", json!(5), json!(5000)),
            ("autotrim_hours", "autotrim_mins", json!(2), json!(120)),
            ("heartbeat_interval_ms", "heartbeat_interval_secs", json!(1500), json!(1.5)),
            ("retry_max_minutes", "retry_max_ms", json!(1), json!(60_000)),
        ] {
            let unit = OtherUnit::of(key, Shape::root()).unwrap_or_else(|| panic!("{key}"));
            assert_eq!((unit.field, unit.value(&given)), (field, Some(value)), "{key}");
        }
        assert!(OtherUnit::of("metrics_interval", Shape::root()).is_none());
        assert!(OtherUnit::of("max_workers_ms", Shape::root()).is_none());
        let unit = OtherUnit::of("metrics_interval_s", Shape::root()).unwrap();
        assert_eq!(unit.value(&json!("5")), None);
    }
}

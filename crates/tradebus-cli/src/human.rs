//! Sizes, times and rates as people read them, and what people write for them.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// What stands where something is not known.
pub(crate) const UNKNOWN: &str = "-";

/// A size, to three digits: `17 B`, `1.50 KiB`, `2.00 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut size, mut unit) = (bytes as f64 / 1024.0, 0);
    // What would be shown as 1024 is one of the next unit.
    while size >= 1023.5 {
        size /= 1024.0;
        unit += 1;
    }
    format!("{} {}", digits(size), UNITS[unit])
}

/// A time that has passed, to its two largest units: `120ms`, `59s`, `3m12s`, `5h02m`, `4d06h`.
pub(crate) fn age(age: Duration) -> String {
    let s = age.as_secs();
    match s {
        0 => format!("{}ms", age.as_millis()),
        1..60 => format!("{s}s"),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        3600..86_400 => format!("{}h{:02}m", s / 3600, s / 60 % 60),
        _ => format!("{}d{:02}h", s / 86_400, s / 3600 % 24),
    }
}

/// So many a second, to three digits.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second == 0.0 { "0/s".to_owned() } else { format!("{}/s", digits(per_second)) }
}

/// What is known, or the sign for what is not.
pub(crate) fn or_unknown<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), show)
}

/// One thing, or so many.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn digits(number: f64) -> String {
    match number {
        ..9.995 => format!("{number:.2}"),
        ..99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// Reads a duration such as `500ms`, `10m`, `1h30m` or `7d`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let span = text.parse::<Span>().ok();
    let span = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    span.and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| "use a duration such as 500ms, 30s, 10m, 1h30m or 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{age, bytes, parse_duration, rate};

    #[test]
    fn sizes() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (1536, "1.50 KiB"),
            (102_400, "100 KiB"),
            ((1 << 20) - 1, "1.00 MiB"),
            (5 << 30, "5.00 GiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (size, text) in cases {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn ages() {
        let cases = [
            (0, "0ms"),
            (999, "999ms"),
            (59_999, "59s"),
            (192_000, "3m12s"),
            (3_600_000, "1h00m"),
            (374_400_000, "4d08h"),
            (u64::MAX, "213503982334d14h"),
        ];
        for (ms, text) in cases {
            assert_eq!(age(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn rates() {
        let cases =
            [(0.0, "0/s"), (0.5, "0.50/s"), (9.999, "10.0/s"), (99.99, "100/s"), (123_456.7, "123457/s")];
        for (per_second, text) in cases {
            assert_eq!(rate(per_second), text);
        }
    }

    #[test]
    fn durations() {
        let cases = [("500ms", 500), ("10m", 600_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("0s", 0)];
        for (text, ms) in cases {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "10", "-10m", "soon", "1 month"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}

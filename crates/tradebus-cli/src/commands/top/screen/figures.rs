//! Figures as short as a screen needs them.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::human::{self, UNKNOWN};

/// A number with commas, and shorter from a million on: `12,345`, `1.23M`.
pub(super) fn number(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{},{:03}", number / 1_000, number % 1_000),
        _ => large(number as f64),
    }
}

/// So many a second: below ten with a decimal, since a rate of 0.2 is not none.
pub(super) fn rate(rate: f64) -> String {
    match rate {
        ..0.05 => "0".to_owned(),
        ..9.95 => format!("{rate:.1}"),
        _ => number(rate.round() as u64),
    }
}

/// A number in six columns at most: `99,999`, `123k`, `1.23M`.
pub(super) fn short(number: u64) -> String {
    if number < 100_000 { self::number(number) } else { large(number as f64) }
}

/// To three digits.
fn large(mut number: f64) -> String {
    for unit in ["", "k", "M", "G", "T", "P"] {
        if number < 999.5 {
            let decimals = if number < 9.995 { 2 } else { usize::from(number < 99.95) };
            return format!("{number:.decimals$}{unit}");
        }
        number /= 1000.0;
    }
    format!("{number:.0}E")
}

/// A time of milliseconds to two or three digits: `250us`, `1.2ms`, `15ms`, `2.5s`.
pub(super) fn milliseconds(ms: f64) -> String {
    match ms {
        ..0.001 => "0us".to_owned(),
        ..0.9995 => format!("{:.0}us", ms * 1e3),
        ..9.95 => format!("{ms:.1}ms"),
        ..999.5 => format!("{ms:.0}ms"),
        ..99_950.0 => format!("{:.1}s", ms / 1e3),
        _ => age(ms / 1e3),
    }
}

/// A time of seconds, whatever number that is.
pub(super) fn age(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).map_or_else(|_| UNKNOWN.to_owned(), human::age)
}

/// A size without the blank, which a column can do without.
pub(super) fn bytes(bytes: u64) -> String {
    human::bytes(bytes).replace(' ', "")
}

/// Bytes a second.
pub(super) fn bytes_rate(rate: f64) -> String {
    format!("{}/s", human::bytes(rate as u64))
}

/// A share of 0 to 1 in percent.
pub(super) fn percent(share: f64) -> String {
    let percent = share.max(0.0) * 100.0;
    if percent > 0.0 && percent < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// The time of day, in UTC as the log has it.
pub(super) fn clock(ts_ms: u64) -> String {
    let time = i64::try_from(ts_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| UNKNOWN.to_owned(), |time| time.strftime("%H:%M:%S").to_string())
}

/// The end of a text that fits into so many columns: of keys, the end tells more.
pub(super) fn tail(text: &str, columns: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let mut room = columns.saturating_sub(1);
    let width: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    if width <= columns {
        return text.to_owned();
    }
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        let Some(left) = room.checked_sub(c.width().unwrap_or(0)) else { break };
        (room, start) = (left, at);
    }
    format!("…{}", &text[start..])
}

/// The newest values as bars, the newest on the right, the largest of those shown as high as a row.
pub(super) fn bars(values: &VecDeque<f64>, columns: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let shown = values.len().min(columns);
    let newest = || values.iter().skip(values.len() - shown);
    let most = newest().copied().fold(0.0, f64::max);
    let bar = |value: &f64| {
        if *value <= 0.0 || most <= 0.0 {
            return ' ';
        }
        BARS[((value / most * 7.0).round() as usize).min(7)]
    };
    let room = std::iter::repeat_n(' ', columns - shown);
    room.chain(newest().map(bar)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{age, bars, clock, milliseconds, number, percent, rate, short, tail};

    #[test]
    fn figures_are_short() {
        for (figure, text, brief) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (12_345, "12,345", "12,345"),
            (123_456, "123,456", "123k"),
            (999_999, "999,999", "1.00M"),
            (1_234_567, "1.23M", "1.23M"),
            (u64::MAX, "18E", "18E"),
        ] {
            assert_eq!((number(figure).as_str(), short(figure).as_str()), (text, brief));
        }
        for (per_second, text) in [
            (0.0, "0"),
            (0.2, "0.2"),
            (9.94, "9.9"),
            (9.96, "10"),
            (1999.6, "2,000"),
            (-5.0, "0"),
            (f64::MAX, "18E"),
        ] {
            assert_eq!(rate(per_second), text);
        }
        for (ms, text) in [
            (0.0, "0us"),
            (0.25, "250us"),
            (0.9996, "1.0ms"),
            (1.23, "1.2ms"),
            (15.4, "15ms"),
            (2_500.0, "2.5s"),
            (300_000.0, "5m00s"),
            (f64::MAX, "-"),
            (-1.0, "0us"),
        ] {
            assert_eq!(milliseconds(ms), text);
        }
        for (share, text) in [(0.0, "0%"), (0.012, "1.2%"), (0.5, "50%"), (-1.0, "0%"), (7.0, "700%")] {
            assert_eq!(percent(share), text);
        }
        assert_eq!((age(-1.0), age(61.0)), ("-".to_owned(), "1m01s".to_owned()));
        assert_eq!((clock(0), clock(u64::MAX)), ("00:00:00".to_owned(), "-".to_owned()));
    }

    #[test]
    fn the_end_of_a_key_is_shown() {
        assert_eq!(tail("trader:stream:low", 8), "…eam:low");
        assert_eq!(tail("low", 3), "low");
        assert_eq!(
            (tail("日本語", 5), tail("日本語", 4), tail("ab", 1)),
            ("…本語".into(), "…語".into(), "…".into())
        );
    }

    #[test]
    fn bars_are_as_high_as_their_values() {
        let bars = |values: &[f64], columns| bars(&values.iter().copied().collect::<VecDeque<_>>(), columns);
        assert_eq!(bars(&[0.0, 1.0, 4.0, 8.0], 6), "   ▂▅█");
        assert_eq!(bars(&[9.0, 1.0, 0.001], 2), "█▁");
        assert_eq!(bars(&[0.0, 0.0], 2), "  ");
        assert_eq!(bars(&[-1.0, f64::MAX], 2), " █");
        assert_eq!((bars(&[], 3), bars(&[1.0], 0)), ("   ".to_owned(), String::new()));
    }
}

//! Dates and intervals as publishers write them (DCAT-US 1.1: `modified`, `accrualPeriodicity`).

use jiff::civil::Date;

/// The day of `2019`, `2019-05`, `2019-05-31` or a date and time: of a year or a month the last day, as nobody knows better.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(day) = text.get(..10).and_then(|day| day.parse().ok()) {
        return Some(day);
    }
    let year = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()?;
    match text.get(4..) {
        Some("") => Date::new(year, 12, 31).ok(),
        Some(month) if month.len() == 3 => {
            let month = month.strip_prefix('-')?.parse().ok()?;
            Some(Date::new(year, month, 1).ok()?.last_of_month())
        }
        _ => None,
    }
}

/// Days between two issues: `R/P1M` → 30.4, `R/PT1S` → 0, "monthly" → 30.4. `None` for `irregular` and all else.
pub(super) fn days_between_issues(text: &str) -> Option<f64> {
    let text = text.trim();
    let Some(interval) = text.strip_prefix("R/P") else { return word(text) };
    if interval.starts_with('T') {
        return Some(0.0);
    }
    let unit = interval.chars().next_back()?;
    let count: f64 = interval.strip_suffix(unit)?.parse().ok()?;
    let days = match unit {
        'D' => 1.0,
        'W' => 7.0,
        'M' => 30.4,
        'Y' => 365.0,
        _ => return None,
    };
    Some(count * days).filter(|days| days.is_finite() && *days >= 0.0)
}

fn word(text: &str) -> Option<f64> {
    let words = [
        ("continuous", 0.0),
        ("daily", 1.0),
        ("weekly", 7.0),
        ("monthly", 30.4),
        ("quarterly", 91.2),
        ("annual", 365.0),
    ];
    words.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, days)| days)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2019", Some(date(2019, 12, 31)))]
    #[case("2019-02", Some(date(2019, 2, 28)))]
    #[case("2025-07-28", Some(date(2025, 7, 28)))]
    #[case("2024-03-29T16:27:48.046Z", Some(date(2024, 3, 29)))]
    #[case("2026-07-07T21:23:18.667116", Some(date(2026, 7, 7)))]
    #[case("R/P1D", None)]
    #[case("last year", None)]
    #[case("2019-é", None)]
    #[case("", None)]
    fn days(#[case] text: &str, #[case] expected: Option<Date>) {
        assert_eq!(day(text), expected);
    }

    #[rstest]
    #[case("R/P1D", Some(1.0))]
    #[case("R/P1W", Some(7.0))]
    #[case("R/P0.5M", Some(15.2))]
    #[case("R/PT1S", Some(0.0))]
    #[case("Quarterly", Some(91.2))]
    #[case("irregular", None)]
    #[case("R/P", None)]
    #[case("R/P-1D", None)]
    #[case("R/PNaND", None)]
    #[case("R/P1é", None)]
    fn intervals(#[case] text: &str, #[case] expected: Option<f64>) {
        assert_eq!(days_between_issues(text), expected);
    }
}

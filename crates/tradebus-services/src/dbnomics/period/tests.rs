use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case("2024", Frequency::Annual, date(2024, 1, 1), date(2024, 12, 31), "2025", Some("2023"))]
#[case("2024-S1", Frequency::BiAnnual, date(2024, 1, 1), date(2024, 6, 30), "2024-S2", Some("2023-S1"))]
#[case("2024-S2", Frequency::BiAnnual, date(2024, 7, 1), date(2024, 12, 31), "2025-S1", Some("2023-S2"))]
#[case("2024-Q1", Frequency::Quarterly, date(2024, 1, 1), date(2024, 3, 31), "2024-Q2", Some("2023-Q1"))]
#[case("2024-Q4", Frequency::Quarterly, date(2024, 10, 1), date(2024, 12, 31), "2025-Q1", Some("2023-Q4"))]
#[case("2024-B6", Frequency::BiMonthly, date(2024, 11, 1), date(2024, 12, 31), "2025-B1", Some("2023-B6"))]
#[case("2024-02", Frequency::Monthly, date(2024, 2, 1), date(2024, 2, 29), "2024-03", Some("2023-02"))]
#[case("2020-W53", Frequency::Weekly, date(2020, 12, 28), date(2021, 1, 3), "2021-W01", None)]
#[case("2021-W01", Frequency::Weekly, date(2021, 1, 4), date(2021, 1, 10), "2021-W02", Some("2020-W01"))]
#[case("2024-02-29", Frequency::Daily, date(2024, 2, 29), date(2024, 2, 29), "2024-03-01", None)]
#[case("1946-01-01", Frequency::Daily, date(1946, 1, 1), date(1946, 1, 1), "1946-01-02", Some("1945-01-01"))]
fn every_format(
    #[case] text: &str,
    #[case] frequency: Frequency,
    #[case] start: Date,
    #[case] end: Date,
    #[case] next: &str,
    #[case] year_before: Option<&str>,
) {
    let period: Period = text.parse().unwrap();
    assert_eq!(period.frequency(), frequency);
    assert_eq!(period.start_day(), start);
    assert_eq!(period.end_day(), end);
    assert_eq!(period.to_string(), text);
    assert_eq!(period.next().unwrap().to_string(), next);
    assert_eq!(period.next().unwrap().previous(), Some(period));
    assert_eq!(period.year_before().map(|p| p.to_string()).as_deref(), year_before);
    assert_eq!(Period::containing(frequency, end), Some(period));
}

#[rstest]
#[case("")]
#[case("24")]
#[case("0000")]
#[case("2024-")]
#[case("2024-S3")]
#[case("2024-Q0")]
#[case("2024-Q5")]
#[case("2024-B7")]
#[case("2024-13")]
#[case("2024-00")]
#[case("2023-W53")]
#[case("2024-W1")]
#[case("2023-02-29")]
#[case("2024-1-01")]
#[case("2024-+1")]
#[case("+024")]
#[case("2024-01-01T00:00")]
#[case("20é4")]
#[case("2024-Qé")]
fn what_is_no_period(#[case] text: &str) {
    let error = text.parse::<Period>().unwrap_err();
    assert!(error.to_string().contains("2024-W01"), "{error}");
}

#[test]
fn frequencies_have_the_names_of_the_api() {
    for frequency in Frequency::ALL {
        assert_eq!(frequency.as_str().parse(), Ok(frequency));
        assert_eq!(serde_json::to_value(frequency).unwrap(), frequency.as_str());
    }
    assert!("fortnightly".parse::<Frequency>().unwrap_err().to_string().contains("bi-monthly"));
}

#[test]
fn the_ends_of_time_have_no_neighbours() {
    assert_eq!("9999".parse::<Period>().ok().and_then(Period::next), None);
    assert_eq!("0001".parse::<Period>().unwrap().previous(), None);
    assert_eq!("0001-01-01".parse::<Period>().unwrap().previous(), None);
    for text in ["2024", "2024-W01", "2024-01-31"] {
        assert_eq!(text.parse::<Period>().unwrap().plus(i32::MAX), None);
        assert_eq!(text.parse::<Period>().unwrap().plus(i32::MIN), None);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,12}") {
        let _ = text.parse::<Period>();
    }

    #[test]
    fn a_day_lies_in_its_period(days in -200_000i64..200_000, which in 0usize..7) {
        let day = date(1970, 1, 1).checked_add(days.days()).unwrap();
        let frequency = Frequency::ALL[which];
        let period = Period::containing(frequency, day).unwrap();
        prop_assert!(period.start_day() <= day && day <= period.end_day());
        prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
        let next = period.next().unwrap();
        prop_assert_eq!(next.start_day(), period.end_day().tomorrow().unwrap());
        prop_assert_eq!(next.periods_since(period), Some(1));
        prop_assert!(next > period);
    }
}

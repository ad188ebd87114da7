//! Numbers calculated by hand, written as arithmetic, and properties that must hold for any data.

use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::dbnomics::observations::Observation;

fn of(frequency: Frequency, list: &[(&str, f64)]) -> Observations {
    let read =
        |&(text, value): &(&str, f64)| Observation { period: text.parse().unwrap(), value: Some(value) };
    Observations::new(frequency, list.iter().map(read))
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

#[track_caller]
fn near(found: impl Into<Option<f64>>, expected: f64) {
    let found = found.into().unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

/// Unemployment of the young in the euro area, Eurostat/une_rt_q/Q.SA.Y15-24.PC_ACT.T.EA19 as of 2020-09-02.
fn youth() -> Observations {
    of(
        Frequency::Quarterly,
        &[
            ("2018-Q4", 16.2),
            ("2019-Q1", 16.0),
            ("2019-Q2", 15.4),
            ("2019-Q3", 15.5),
            ("2019-Q4", 15.5),
            ("2020-Q1", 15.6),
        ],
    )
}

#[test]
fn level_and_changes() {
    let observations = youth();
    assert_eq!(level(&observations), Some(Level { period: period("2020-Q1"), value: 15.6 }));
    let change = change(&observations).unwrap();
    assert_eq!(change.base_period, period("2019-Q4"));
    near(change.absolute, 15.6 - 15.5);
    near(change.percent, (15.6 / 15.5 - 1.0) * 100.0);
    let year = year_on_year(&observations).unwrap();
    assert_eq!(year.base_period, period("2019-Q1"));
    near(year.absolute, 15.6 - 16.0);
    near(year.percent, (15.6 / 16.0 - 1.0) * 100.0);
}

#[test]
fn year_on_year_goes_by_the_period_not_by_the_place() {
    let with_gap = of(Frequency::Quarterly, &[("2019-Q1", 8.0), ("2019-Q2", 9.0), ("2020-Q1", 10.0)]);
    near(year_on_year(&with_gap).unwrap().percent, 25.0);
    let without = of(Frequency::Quarterly, &[("2019-Q2", 9.0), ("2020-Q1", 10.0)]);
    assert_eq!(year_on_year(&without), None);
}

#[test]
fn a_year_before_a_business_day_may_be_a_weekend() {
    // 2025-11-23 was a Sunday: the Friday before it counts.
    let days = of(Frequency::Daily, &[("2025-11-21", 4.0), ("2025-11-24", 9.0), ("2026-11-23", 5.0)]);
    let year = year_on_year(&days).unwrap();
    assert_eq!(year.base_period, period("2025-11-21"));
    near(year.percent, 25.0);
}

#[rstest]
#[case(0.0)]
#[case(-0.1)]
fn no_percentage_of_nothing(#[case] base: f64) {
    let observations = of(Frequency::Annual, &[("2019", base), ("2020", 1.0)]);
    let change = change(&observations).unwrap();
    assert_eq!(change.percent, None);
    near(change.absolute, 1.0 - base);
}

#[test]
fn position_among_the_last_values() {
    let position = position(&youth(), 4).unwrap();
    // 15.4, 15.5, 15.5, 15.6: their mean is 15.5, the deviations -0.1, 0, 0, 0.1.
    assert_eq!((position.observations, position.from), (4, period("2019-Q2")));
    near(position.mean, (15.4 + 15.5 + 15.5 + 15.6) / 4.0);
    near(position.deviation, ((0.01_f64 + 0.0 + 0.0 + 0.01) / 3.0).sqrt());
    near(position.z_score, 0.1 / (0.02_f64 / 3.0).sqrt());
    near(position.percentile, (3.0 + 0.5) / 4.0 * 100.0);
}

#[test]
fn equal_values_have_no_z_score() {
    let flat = of(Frequency::Annual, &[("2017", 0.1), ("2018", 0.1), ("2019", 0.1)]);
    let position = position(&flat, 60).unwrap();
    assert_eq!((position.z_score, position.percentile), (None, 50.0));
    assert_eq!(super::position(&flat, 2), None);
}

#[test]
fn trend_keeps_the_width_of_gaps() {
    // x = 0, 1, 3 (2022 is missing), y = 1, 2, 6: mean x 4/3, mean y 3.
    let observations = of(Frequency::Annual, &[("2020", 1.0), ("2021", 2.0), ("2023", 6.0)]);
    let trend = trend(&observations, 12).unwrap();
    let s_xx = (16.0 + 1.0 + 25.0) / 9.0; // (-4/3)², (-1/3)², (5/3)²
    let s_xy = (4.0 / 3.0) * 2.0 + (1.0 / 3.0) * 1.0 + (5.0 / 3.0) * 3.0; // 8
    let slope = s_xy / s_xx;
    near(trend.slope, slope);
    let error = |x: f64, y: f64| (y - 3.0 - slope * (x - 4.0 / 3.0)).powi(2);
    let sse = error(0.0, 1.0) + error(1.0, 2.0) + error(3.0, 6.0);
    near(trend.standard_error, (sse / 1.0 / s_xx).sqrt());
}

#[test]
fn projections_are_no_observations() {
    // IMF/WEO:2019-10, indexed 2020-10-14: 2020 and later were not over.
    let observations =
        of(Frequency::Annual, &[("2018", -0.581), ("2019", -0.508), ("2020", -0.496), ("2024", -0.44)]);
    let mut settings = Settings::on(date(2026, 11, 26));
    settings.indexed_at = Some("2020-10-14T14:39:56.794Z".parse().unwrap());
    let computed = indicators(&observations, &settings);
    assert_eq!(computed.level.unwrap().period, period("2019"));
    assert_eq!(computed.projections, 2);
    assert!(computed.staleness.unwrap().stale);
}

#[test]
fn gaps_inside_only() {
    let mut list: Vec<Observation> =
        of(Frequency::Monthly, &[("2020-02", 1.0), ("2020-03", 1.0), ("2020-08", 1.0)]).as_slice().to_vec();
    for text in ["2020-01", "2020-04", "2020-05", "2020-09"] {
        list.push(Observation { period: period(text), value: None });
    }
    let gaps = gaps(&Observations::new(Frequency::Monthly, list));
    assert_eq!((gaps.missing, gaps.absent), (2, 2));
    let of = |from, to, kind| Gap { from: period(from), to: period(to), periods: 2, kind };
    let expected = [of("2020-06", "2020-07", GapKind::Absent), of("2020-04", "2020-05", GapKind::Missing)];
    assert_eq!(gaps.runs, expected);
}

#[test]
fn weekends_of_business_days_are_no_gaps() {
    // Thursday 5, Friday 6, (Monday 9 missing), Tuesday 10 November 2026.
    let days = of(Frequency::Daily, &[("2026-11-05", 1.0), ("2026-11-06", 1.0), ("2026-11-10", 1.0)]);
    assert_eq!(gaps(&days).absent, 1);
    // With a value on a Saturday each day counts: the 8th and the 9th.
    let days = of(Frequency::Daily, &[("2026-11-06", 1.0), ("2026-11-07", 1.0), ("2026-11-10", 1.0)]);
    assert_eq!(gaps(&days).absent, 2);
}

#[test]
fn revisions_of_a_later_fetch() {
    let before = of(Frequency::Annual, &[("2018", 1.0), ("2019", 2.0), ("2020", 3.0)]);
    let now = of(Frequency::Annual, &[("2019", 2.0), ("2020", 3.5), ("2021", 4.0)]);
    let found = revisions(&before, &now);
    assert_eq!(found.removed, [period("2018")]);
    assert_eq!(found.changed, [Revision { period: period("2020"), before: Some(3.0), now: Some(3.5) }]);
    assert_eq!(found.added, [Observation { period: period("2021"), value: Some(4.0) }]);
    assert!(revisions(&now, &now).is_empty());
}

#[test]
fn release_from_one_index_date() {
    // 2020-Q1 ends on 31 March, indexed on 2 September: 155 days. 2020-Q2 ends on 30 June, 155 days later is 2 December.
    let release = expected_release(&youth(), Some(date(2020, 9, 2)), &[]).unwrap();
    assert_eq!(release.basis, Basis::IndexDate);
    assert_eq!((release.period, release.lag_days), (period("2020-Q2"), 155));
    assert_eq!((release.earliest, release.latest), (date(2020, 9, 3), date(2020, 12, 2)));
    // Indexed long after: the series may be frozen.
    assert_eq!(expected_release(&youth(), Some(date(2021, 3, 1)), &[]), None);
    assert_eq!(expected_release(&youth(), None, &[]), None);
}

#[test]
fn release_from_sightings() {
    let seen = |text, first_seen| Sighting { period: period(text), first_seen };
    // Lags: 2 October − 30 June = 94, 9 January − 30 September = 101, 2 April − 31 December = 93.
    let sightings = [
        seen("2019-Q2", date(2019, 10, 2)),
        seen("2019-Q3", date(2020, 1, 9)),
        seen("2019-Q4", date(2020, 4, 2)),
    ];
    let release = expected_release(&youth(), Some(date(2020, 9, 2)), &sightings).unwrap();
    assert_eq!(release.basis, Basis::Sightings { count: 3 });
    // 30 June + 94 days = 2 October; 93 and 101 days are the bounds.
    assert_eq!((release.day, release.lag_days), (date(2020, 10, 2), 94));
    assert_eq!((release.earliest, release.latest), (date(2020, 10, 1), date(2020, 10, 9)));
}

#[test]
fn business_days_are_released_on_weekdays() {
    // Thursday 19 November 2026 was indexed on Friday; the next value is Friday's, one day later is Saturday: Monday.
    let days = of(Frequency::Daily, &[("2026-11-18", 1.0), ("2026-11-19", 1.0)]);
    let release = expected_release(&days, Some(date(2026, 11, 20)), &[]).unwrap();
    assert_eq!((release.period, release.day), (period("2026-11-20"), date(2026, 11, 23)));
    // After a Friday comes Monday, not Saturday.
    let days = of(Frequency::Daily, &[("2026-11-20", 1.0)]);
    let release = expected_release(&days, Some(date(2026, 11, 21)), &[]).unwrap();
    assert_eq!(release.period, period("2026-11-23"));
}

#[test]
fn staleness_states_its_rule() {
    let observations = of(Frequency::Monthly, &[("2025-06", 1.0)]);
    let fresh = staleness(&observations, date(2025, 9, 28)).unwrap();
    assert_eq!((fresh.age_days, fresh.stale), (31 + 31 + 28, false));
    let stale = staleness(&observations, date(2025, 9, 29)).unwrap();
    assert!(stale.stale && stale.rule.contains("90 days"), "{stale:?}");
}

#[test]
fn nothing_from_nothing() {
    let computed = indicators(&of(Frequency::Daily, &[]), &Settings::on(date(2026, 11, 26)));
    assert_eq!((computed.level, computed.trend, computed.expected_release), (None, None, None));
    assert_eq!(computed.gaps, Gaps::default());
}

/// Observations of months in any order, with some missing.
fn months(values: &[Option<f64>]) -> Vec<Observation> {
    let first = period("1990-01");
    let at = |(n, &value): (usize, &Option<f64>)| Observation {
        period: first.plus(i32::try_from(n).unwrap()).unwrap(),
        value,
    };
    values.iter().enumerate().map(at).collect()
}

fn all_finite(value: &serde_json::Value) -> bool {
    // serde_json writes NaN and infinity as null, so the numbers themselves are looked at.
    match value {
        serde_json::Value::Number(number) => number.as_f64().is_some_and(f64::is_finite),
        serde_json::Value::Array(list) => list.iter().all(all_finite),
        serde_json::Value::Object(map) => map.values().all(all_finite),
        _ => true,
    }
}

proptest! {
    #[test]
    fn never_nan_or_infinite(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..40), window in 0usize..50) {
        let observations = Observations::new(Frequency::Monthly, months(&values));
        let mut settings = Settings::on(date(2026, 11, 26));
        (settings.window, settings.trend_window) = (window, window);
        let computed = indicators(&observations, &settings);
        let position = computed.position;
        let numbers = [
            computed.level.map(|level| level.value),
            computed.change.and_then(|change| change.absolute),
            computed.change.and_then(|change| change.percent),
            computed.year_on_year.and_then(|change| change.percent),
            position.and_then(|p| p.mean), position.and_then(|p| p.deviation), position.and_then(|p| p.z_score),
            position.map(|p| p.percentile),
            computed.trend.map(|trend| trend.slope), computed.trend.and_then(|trend| trend.standard_error),
        ];
        prop_assert!(numbers.into_iter().flatten().all(f64::is_finite));
        prop_assert!(all_finite(&serde_json::to_value(&computed).unwrap()));
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(values in prop::collection::vec(prop::option::of(-1e6..1e6), 0..40)) {
        let list = months(&values);
        let mut shuffled = list.clone();
        shuffled.reverse();
        shuffled.rotate_left(list.len() / 3);
        let settings = Settings::on(date(2026, 11, 26));
        let (a, b) = (Observations::new(Frequency::Monthly, list), Observations::new(Frequency::Monthly, shuffled));
        prop_assert_eq!(indicators(&a, &settings), indicators(&b, &settings));
        prop_assert!(revisions(&a, &b).is_empty());
    }

    #[test]
    fn shift_and_scale(values in prop::collection::vec(-1000i32..1000, 4..40), shift in -1000i32..1000, scale in 1i32..100) {
        let with = |f: &dyn Fn(f64) -> f64| {
            let values: Vec<Option<f64>> = values.iter().map(|&value| Some(f(f64::from(value)))).collect();
            Observations::new(Frequency::Monthly, months(&values))
        };
        let (shift, scale) = (f64::from(shift), f64::from(scale));
        let (plain, moved) = (with(&|v| v), with(&|v| v * scale + shift));
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0);

        let (a, b) = (position(&plain, 20).unwrap(), position(&moved, 20).unwrap());
        prop_assert!(close(a.percentile, b.percentile));
        prop_assert_eq!(a.z_score.is_some(), b.z_score.is_some());
        prop_assert!(a.z_score.zip(b.z_score).is_none_or(|(a, b)| close(a, b)));
        let (a, b) = (trend(&plain, 20).unwrap(), trend(&moved, 20).unwrap());
        prop_assert!(close(a.slope * scale, b.slope));
        prop_assert!(close(a.standard_error.unwrap() * scale, b.standard_error.unwrap()));
        let (a, b) = (change(&plain).unwrap(), change(&moved).unwrap());
        prop_assert!(close(a.absolute.unwrap() * scale, b.absolute.unwrap()));
        // A percentage does not know the unit.
        let scaled = change(&with(&|v| v * scale)).unwrap();
        prop_assert!(a.percent.zip(scaled.percent).is_none_or(|(a, b)| close(a, b)));
    }
}

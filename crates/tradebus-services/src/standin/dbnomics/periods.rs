//! The periods of all frequencies: their names and their first days.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

/// How often there is an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frequency {
    Annual,
    BiAnnual,
    Quarterly,
    BiMonthly,
    Monthly,
    Weekly,
    Daily,
}

impl Frequency {
    /// As `@frequency` has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Annual => "annual",
            Self::BiAnnual => "bi-annual",
            Self::Quarterly => "quarterly",
            Self::BiMonthly => "bi-monthly",
            Self::Monthly => "monthly",
            Self::Weekly => "weekly",
            Self::Daily => "daily",
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Annual => 1.year(),
            Self::BiAnnual => 6.months(),
            Self::Quarterly => 3.months(),
            Self::BiMonthly => 2.months(),
            Self::Monthly => 1.month(),
            Self::Weekly => 1.week(),
            Self::Daily => 1.day(),
        }
    }

    /// The first day of the period after the one that begins on `day`; without weekends if `weekdays`.
    pub(super) fn next(self, day: Date, weekdays: bool) -> Date {
        let mut next = day.saturating_add(self.span());
        while weekdays && self == Self::Daily && next.weekday().to_monday_zero_offset() > 4 {
            next = next.saturating_add(1.day());
        }
        next
    }

    /// The name of the period that begins on `day`.
    pub(super) fn label(self, day: Date) -> String {
        let (year, month) = (day.year(), i32::from(day.month()));
        let part = |months: i32| (month - 1) / months + 1;
        match self {
            Self::Annual => format!("{year:04}"),
            Self::BiAnnual => format!("{year:04}-S{}", part(6)),
            Self::Quarterly => format!("{year:04}-Q{}", part(3)),
            Self::BiMonthly => format!("{year:04}-B{}", part(2)),
            Self::Monthly => format!("{year:04}-{month:02}"),
            Self::Weekly => {
                let week = day.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Daily => day.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Frequency::Annual, "2026-01-01", "2026", "2027-01-01")]
    #[case(Frequency::BiAnnual, "2026-07-01", "2026-S2", "2027-01-01")]
    #[case(Frequency::Quarterly, "2026-10-01", "2026-Q4", "2027-01-01")]
    #[case(Frequency::BiMonthly, "2026-11-01", "2026-B6", "2027-01-01")]
    #[case(Frequency::Monthly, "2026-02-01", "2026-02", "2026-03-01")]
    #[case(Frequency::Weekly, "2020-12-28", "2020-W53", "2021-01-04")]
    #[case(Frequency::Daily, "2026-11-20", "2026-11-20", "2026-11-23")]
    fn periods(#[case] frequency: Frequency, #[case] day: Date, #[case] label: &str, #[case] next: Date) {
        assert_eq!(frequency.label(day), label);
        assert_eq!(frequency.next(day, true), next);
    }
}

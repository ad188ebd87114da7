//! A period of an observation: a year, a quarter, a month, a week, a day (DBnomics Web API v22, section "period").
//!
//! Kept as a number on the axis of its frequency, so that the next period, the distance of two periods and
//! "the same period a year before" are additions, and nothing depends on where an observation stands in a list.

mod frequency;
mod text;

pub use frequency::{Frequency, UnknownFrequency};
pub use text::NoPeriod;

use std::cmp::Ordering;

use jiff::civil::{Date, ISOWeekDate, Weekday, date};
use jiff::{Span, ToSpan};

/// The day from which weeks and days are counted: the Monday of the week 1970-W01.
const MONDAY: Date = date(1969, 12, 29);

/// A period of time with its frequency.
///
/// Periods compare by their first day, then by frequency. Years go from 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    frequency: Frequency,
    /// Periods since the year 0, or since [`MONDAY`] for weeks and days.
    number: i32,
}

impl Period {
    /// The period of this frequency in which the day lies. `None` for years before 1.
    pub fn containing(frequency: Frequency, day: Date) -> Option<Self> {
        if day.year() < 1 {
            return None;
        }
        let number = match frequency {
            Frequency::Daily => days_since_monday(day)?,
            Frequency::Weekly => days_since_monday(day)?.div_euclid(7),
            _ => {
                let per_year = i32::from(frequency.periods_a_year());
                let months = 12 / per_year;
                i32::from(day.year()) * per_year + (i32::from(day.month()) - 1) / months
            }
        };
        Self::at(frequency, number)
    }

    /// Part `part` (from 1) of a year: the second quarter, the third month, week 53. `None` if the year has no such part.
    pub fn of_year(frequency: Frequency, year: i16, part: u16) -> Option<Self> {
        if !(1..=9999).contains(&year) || part == 0 {
            return None;
        }
        match frequency {
            Frequency::Daily => {
                let day = Date::new(year, 1, 1).ok()?.checked_add((i64::from(part) - 1).days()).ok()?;
                if day.year() == year { Self::containing(frequency, day) } else { None }
            }
            Frequency::Weekly => {
                let week = i8::try_from(part).ok()?;
                let monday = ISOWeekDate::new(year, week, Weekday::Monday).ok()?;
                Self::at(frequency, days_since_monday(monday.date())?.div_euclid(7))
            }
            _ if part > frequency.periods_a_year() => None,
            _ => {
                let per_year = i32::from(frequency.periods_a_year());
                Self::at(frequency, i32::from(year) * per_year + i32::from(part) - 1)
            }
        }
    }

    /// A period by its number, if its first and its last day are days of the years 1 to 9999.
    fn at(frequency: Frequency, number: i32) -> Option<Self> {
        let period = Self { frequency, number };
        let first = first_day(frequency, number)?;
        let after = first_day(frequency, number.checked_add(1)?)?;
        // The week 0001-W01 may begin in the year 0: it is left out.
        (first.year() >= 1 && after > first).then_some(period)
    }

    /// Its frequency.
    pub fn frequency(self) -> Frequency {
        self.frequency
    }

    /// Its first day (`period_start_day` in the answers of DBnomics).
    pub fn start_day(self) -> Date {
        first_day(self.frequency, self.number).unwrap_or(Date::MIN)
    }

    /// Its last day.
    pub fn end_day(self) -> Date {
        let after = first_day(self.frequency, self.number.saturating_add(1));
        after.and_then(|day| day.yesterday().ok()).unwrap_or(Date::MAX)
    }

    /// Its length in days.
    pub fn days(self) -> i32 {
        days_between(self.start_day(), self.end_day()) + 1
    }

    /// The period after this. `None` at the end of the year 9999.
    pub fn next(self) -> Option<Self> {
        self.plus(1)
    }

    /// The period before this. `None` at the beginning of the year 1.
    pub fn previous(self) -> Option<Self> {
        self.plus(-1)
    }

    /// The period that many periods later (negative: earlier). `None` outside of the years 1 to 9999.
    pub fn plus(self, periods: i32) -> Option<Self> {
        Self::at(self.frequency, self.number.checked_add(periods)?)
    }

    /// How many periods after `earlier` this one is. `None` if their frequencies differ.
    pub fn periods_since(self, earlier: Self) -> Option<i32> {
        (self.frequency == earlier.frequency).then(|| self.number - earlier.number)
    }

    /// The same period a year before: the same quarter, month, ISO week or day.
    ///
    /// `None` where the year before has none: week 53, 29 February.
    pub fn year_before(self) -> Option<Self> {
        match self.frequency {
            Frequency::Daily => {
                let day = self.start_day();
                let before = Date::new(day.year() - 1, day.month(), day.day()).ok()?;
                Self::containing(self.frequency, before)
            }
            Frequency::Weekly => {
                let week = self.start_day().iso_week_date();
                Self::of_year(self.frequency, week.year() - 1, u16::try_from(week.week()).ok()?)
            }
            _ => self.plus(-i32::from(self.frequency.periods_a_year())),
        }
    }

    /// Whether it is a Saturday or a Sunday. Longer periods are not.
    pub fn is_weekend(self) -> bool {
        self.frequency == Frequency::Daily
            && matches!(self.start_day().weekday(), Weekday::Saturday | Weekday::Sunday)
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.frequency == other.frequency {
            return self.number.cmp(&other.number);
        }
        self.start_day().cmp(&other.start_day()).then(self.frequency.cmp(&other.frequency))
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whole days from one day to another; negative if `to` is the earlier one.
pub(crate) fn days_between(from: Date, to: Date) -> i32 {
    // Two dates are at most 7.3 million days apart, and a difference in days needs no rounding.
    from.until(to).map_or(0, |span| span.get_days())
}

fn days_since_monday(day: Date) -> Option<i32> {
    MONDAY.until(day).ok().map(|span| span.get_days())
}

fn first_day(frequency: Frequency, number: i32) -> Option<Date> {
    match frequency {
        // `days()` would panic on a number that no calendar has.
        Frequency::Daily => MONDAY.checked_add(Span::new().try_days(number).ok()?).ok(),
        Frequency::Weekly => MONDAY.checked_add(Span::new().try_weeks(number).ok()?).ok(),
        _ => {
            let per_year = i32::from(frequency.periods_a_year());
            let year = i16::try_from(number.div_euclid(per_year)).ok()?;
            let month = number.rem_euclid(per_year) * (12 / per_year) + 1;
            Date::new(year, i8::try_from(month).ok()?, 1).ok()
        }
    }
}

#[cfg(test)]
mod tests;

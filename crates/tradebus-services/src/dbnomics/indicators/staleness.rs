//! Whether the last value is older than its frequency allows. An index date says nothing about that.

use jiff::civil::Date;
use serde::Serialize;

use crate::dbnomics::observations::Observations;
use crate::dbnomics::period::{Frequency, Period, days_between};

/// The age of the last value, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Staleness {
    /// Whether `age_days` is more than `allowed_days`.
    pub stale: bool,
    /// The period of the last value.
    pub last: Period,
    /// Days since the end of that period; negative while it lasts.
    pub age_days: i32,
    /// What the frequency allows: see [`staleness`].
    pub allowed_days: i32,
    /// The rule in words.
    pub rule: String,
}

/// Data are stale when the end of their last period is longer ago than one more period and an ordinary delay of publication take:
/// daily 7 days, weekly 21, monthly 90, bi-monthly 150, quarterly 210, bi-annual 365, annual 730.
///
/// `None` without any value.
pub fn staleness(observations: &Observations, today: Date) -> Option<Staleness> {
    let (last, _) = observations.values().next_back()?;
    let age_days = days_between(last.end_day(), today);
    let allowed_days = allowed(last.frequency());
    let rule = format!(
        "{} data are stale more than {allowed_days} days after the end of their last period",
        last.frequency()
    );
    Some(Staleness { stale: age_days > allowed_days, last, age_days, allowed_days, rule })
}

fn allowed(frequency: Frequency) -> i32 {
    match frequency {
        Frequency::Daily => 7,
        Frequency::Weekly => 21,
        Frequency::Monthly => 90,
        Frequency::BiMonthly => 150,
        Frequency::Quarterly => 210,
        Frequency::BiAnnual => 365,
        Frequency::Annual => 730,
    }
}

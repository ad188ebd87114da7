//! What was found, as it is handed over and written as JSON.

use serde::{Deserialize, Serialize};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Pass,
    /// It works, and may not in a bad hour.
    Warn,
    /// It does not work, or messages can be lost.
    Fail,
    /// It could not be looked at, or there is nothing to look at.
    Skip,
}

impl Status {
    /// Its name: `pass`, `warn`, `fail` or `skip`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Its name, one of [`NAMES`](crate::NAMES).
    pub name: String,
    /// How it came out.
    pub status: Status,
    /// What was found, in one sentence.
    pub detail: String,
    /// What to do about it; empty where there is nothing to do.
    pub advice: String,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

/// The checks in numbers, and what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// All checks.
    pub total: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that found something unwise.
    pub warned: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that could not be made.
    pub skipped: usize,
    /// Part of those that were made that passed, 0 to 1; 0 if none was made.
    pub pass_rate: f64,
    /// Messages a second from publisher to subscriber; `None` if that was not measured.
    pub messages_per_second: Option<f64>,
    /// Mean time from publishing to receiving, one message at a time, in milliseconds; `None` if that was not measured.
    pub avg_latency_ms: Option<f64>,
    /// The time that 95 of 100 of them took at most, in milliseconds; `None` if that was not measured.
    pub p95_latency_ms: Option<f64>,
    /// Part of all messages of all checks that did not arrive, 0 to 1; `None` if none was sent.
    pub error_rate: Option<f64>,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
    /// What they come to.
    pub summary: Summary,
}

impl Report {
    /// Whether nothing failed, and something was checked.
    pub fn is_good(&self) -> bool {
        self.summary.failed == 0 && self.summary.skipped < self.summary.total
    }

    /// The check of this name.
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

impl Summary {
    /// Counts the checks; nothing is measured yet.
    pub(crate) fn of(checks: &[Check]) -> Self {
        let count = |status| checks.iter().filter(|check| check.status == status).count();
        let (passed, skipped) = (count(Status::Pass), count(Status::Skip));
        let made = checks.len() - skipped;
        Self {
            total: checks.len(),
            passed,
            warned: count(Status::Warn),
            failed: count(Status::Fail),
            skipped,
            pass_rate: if made == 0 { 0.0 } else { passed as f64 / made as f64 },
            messages_per_second: None,
            avg_latency_ms: None,
            p95_latency_ms: None,
            error_rate: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Check, Report, Status, Summary};

    fn check(status: Status) -> Check {
        Check {
            name: "x".to_owned(),
            status,
            detail: "d".to_owned(),
            advice: String::new(),
            duration_ms: 1.5,
        }
    }

    #[test]
    fn counts_by_status() {
        let checks = [Status::Pass, Status::Pass, Status::Warn, Status::Fail, Status::Skip].map(check);
        let summary = Summary::of(&checks);
        let counts = [summary.passed, summary.warned, summary.failed, summary.skipped, summary.total];
        assert_eq!((counts, summary.pass_rate), ([2, 1, 1, 1, 5], 0.5));
        assert_eq!((summary.messages_per_second, summary.error_rate), (None, None));
    }

    #[test]
    fn nothing_checked_is_not_good() {
        let report = |checks: Vec<Check>| Report { summary: Summary::of(&checks), checks };
        assert!(!report(Vec::new()).is_good() && !report(vec![check(Status::Skip)]).is_good());
        assert!(!report(vec![check(Status::Pass), check(Status::Fail)]).is_good());
        assert!(report(vec![check(Status::Warn), check(Status::Skip)]).is_good());
        assert_eq!(Summary::of(&[]).pass_rate.to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn the_names_in_json_are_those_of_the_documentation() {
        let written = serde_json::to_value(check(Status::Skip)).unwrap();
        assert_eq!(
            written,
            json!({ "name": "x", "status": "skip", "detail": "d", "advice": "", "duration_ms": 1.5 })
        );
        let summary = serde_json::to_value(Summary::of(&[])).unwrap();
        assert_eq!((summary["messages_per_second"].is_null(), summary["total"].as_u64()), (true, Some(0)));
    }
}

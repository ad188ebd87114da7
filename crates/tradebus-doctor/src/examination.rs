//! One examination: the checks in their order, each within its time.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::checks::Kind;
use crate::finding::Finding;
use crate::patient::Patient;
use crate::report::{Check, Report, Status, Summary};
use crate::times::ms;

/// All checks together have this time.
const ALL: Duration = Duration::from_mins(1);

pub(crate) struct Examination<F> {
    patient: Patient,
    checks: Vec<Check>,
    each: F,
    /// When the time of all checks is over.
    end: Instant,
    /// Why nothing more is checked.
    hindrance: Option<&'static str>,
}

impl<F: FnMut(&Check)> Examination<F> {
    pub(crate) fn new(config: tradebus::BusConfig, quick: bool, each: F) -> Self {
        let patient = Patient::new(config, quick);
        Self { patient, checks: Vec::new(), each, end: Instant::now() + ALL, hindrance: None }
    }

    /// Makes all checks but the last, which is the removal. Can be dropped, and what was found remains.
    pub(crate) async fn examine(&mut self) {
        while let Some(kind) = self.next() {
            let begun = Instant::now();
            let finding = self.look(kind).await;
            if finding.status == Status::Fail && self.hindrance.is_none() {
                self.hindrance = self.patient.lost().await;
            }
            self.record(kind, begun, finding);
        }
    }

    /// What is not checked yet is not checked any more.
    pub(crate) fn give_up(&mut self, why: &'static str) {
        self.patient.tally.forget_what_is_under_way();
        while let Some(kind) = self.next() {
            self.record(kind, Instant::now(), Finding::skip(why, ""));
        }
    }

    /// Removes what was made, and adds up.
    pub(crate) async fn finish(mut self) -> Report {
        let (kind, begun) = (Kind::Cleanup, Instant::now());
        let finding = match self.patient.store {
            None => Finding::skip("there is no connection", ""),
            Some(_) => perform(kind, &mut self.patient, kind.limit()).await,
        };
        self.record(kind, begun, finding);
        if let Some(store) = &self.patient.store {
            store.close().await;
        }
        let patient = self.patient;
        let summary = Summary {
            messages_per_second: patient.messages_per_second,
            avg_latency_ms: patient.latency.mean_ms(),
            p95_latency_ms: patient.latency.percentile_ms(95),
            error_rate: patient.tally.error_rate(),
            ..Summary::of(&self.checks)
        };
        Report { checks: self.checks, summary }
    }

    /// The check that comes next; the removal has a place of its own.
    fn next(&self) -> Option<Kind> {
        Kind::ALL.get(self.checks.len()).copied().filter(|kind| *kind != Kind::Cleanup)
    }

    async fn look(&mut self, kind: Kind) -> Finding {
        if let Some(why) = self.hindrance {
            return Finding::skip(why, "");
        }
        if kind.sends() && !self.patient.may_scratch {
            let prefix = crate::scratch::PREFIX;
            return Finding::skip(
                format!("this user may not use the keys {prefix}*"),
                format!("to have it checked, add ~{prefix}* to the rights of the user"),
            );
        }
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.hindrance = Some("the time of all checks was over");
            return Finding::skip("the time of all checks was over", "");
        }
        perform(kind, &mut self.patient, kind.limit().min(left)).await
    }

    fn record(&mut self, kind: Kind, begun: Instant, finding: Finding) {
        let Finding { status, detail, advice } = finding;
        let duration_ms = (ms(begun.elapsed()) * 1000.0).round() / 1000.0;
        let check = Check { name: kind.name().to_owned(), status, detail, advice, duration_ms };
        (self.each)(&check);
        self.checks.push(check);
    }
}

async fn perform(kind: Kind, patient: &mut Patient, limit: Duration) -> Finding {
    match timeout(limit, kind.look(patient)).await {
        Ok(looked) => looked.unwrap_or_else(Finding::from),
        Err(_elapsed) => Finding::late(limit.as_secs_f64()),
    }
}

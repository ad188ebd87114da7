//! A dataset with what it means to trading, as answers have it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::datagov::relevance::{Part, Score};
use crate::datagov::{Hit, Relevance};

/// A dataset with its relevance to trading.
#[derive(Debug, Serialize)]
pub(super) struct Rated {
    #[serde(flatten)]
    pub(super) hit: Hit,
    /// Its page for people.
    url: Option<String>,
    /// When it was changed, as the publisher says.
    modified: Option<String>,
    pub(super) relevance: Verdict,
}

/// How much it matters to trading, and why.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    /// 0 to 1.
    pub(super) total: f64,
    /// Whether the total reaches the threshold.
    relevant: bool,
    /// What gave or took points.
    reasons: Vec<Part>,
}

impl Rated {
    /// Scores a dataset.
    pub(super) fn new(hit: Hit, relevance: &Relevance, today: Date) -> Self {
        let Score { total, relevant, parts } = relevance.score(&hit, today);
        let modified = hit.dcat.as_ref().and_then(|dcat| dcat.modified.clone());
        let relevance = Verdict { total, relevant, reasons: parts };
        Self { url: hit.page_url(), modified, hit, relevance }
    }

    /// Leaves out the publisher's record, which is for those who ask for this dataset alone.
    pub(super) fn in_short(mut self) -> Self {
        self.hit.dcat = None;
        self
    }
}

/// The day from which ages are counted, in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

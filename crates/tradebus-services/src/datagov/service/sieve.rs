//! A ranking in the making.

use std::sync::Arc;

use jiff::civil::Date;

use super::ranking::{Ranking, Walk};
use super::rated::{Rated, today};
use crate::datagov::{Hit, Relevance};

/// Keeps the best of the datasets that it is given, however many those are.
#[derive(Debug)]
pub(super) struct Sieve {
    relevance: Arc<Relevance>,
    today: Date,
    min_score: f64,
    limit: usize,
    found: usize,
    /// At most twice the limit, and the best among them.
    best: Vec<Rated>,
}

impl Sieve {
    pub(super) fn new(relevance: Arc<Relevance>, min_score: f64, limit: usize) -> Self {
        Self { relevance, today: today(), min_score, limit, found: 0, best: Vec::new() }
    }

    /// Looks at a dataset.
    pub(super) fn take(&mut self, hit: Hit) {
        let rated = Rated::new(hit, &self.relevance, self.today);
        if rated.relevance.total < self.min_score {
            return;
        }
        self.found += 1;
        self.best.push(rated.in_short());
        if self.best.len() >= 2 * self.limit {
            self.sift();
        }
    }

    /// What came of it.
    pub(super) fn ranking(mut self, walk: Walk, local: bool) -> Ranking {
        self.sift();
        Ranking { results: self.best, found: self.found, min_score: self.min_score, walk, local }
    }

    /// The best first; those of one score by their slugs, so that the same datasets give the same ranking.
    fn sift(&mut self) {
        self.best.sort_by(|one, two| {
            let by_score = two.relevance.total.total_cmp(&one.relevance.total);
            by_score.then_with(|| one.hit.slug.cmp(&two.hit.slug))
        });
        self.best.truncate(self.limit);
    }
}

//! Many series by their ids: in batches, with a verdict for each id.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use tradebus::{ErrorCode, ServiceError};

use super::DbnomicsService;
use super::ask::{Asked, bad_upstream};
use super::shape::unusable;
use crate::dbnomics::SeriesId;
use crate::dbnomics::model::{Series, SeriesAnswer};
use crate::made::parts;
use crate::source::Got;
use crate::upstream::Call as Get;

/// The ids of one call have at most so many bytes, so that its address stays one that servers and proxies take.
const MAX_ADDRESS_BYTES: usize = 4_000;

/// So many calls at most are under way at one time for a request, and so many answers in memory.
const CALLS_AT_ONCE: usize = 4;

/// What was made of series.
#[derive(Debug)]
pub(super) struct Made<T> {
    /// In the order of the ids.
    pub(super) series: Vec<T>,
    /// The ids of which nothing could be made.
    pub(super) errors: Vec<Missed>,
    /// The answers that were used, as one.
    pub(super) got: Got,
}

/// Where answers may come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// Out of the cache, no older than this.
    Cached(Option<Duration>),
    /// From the API, past the cache: nobody else wants them together.
    Now,
}

type Verdicts<T> = HashMap<SeriesId, Result<T, ServiceError>>;

/// An id without data, and why.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Missed {
    id: String,
    #[serde(flatten)]
    error: ServiceError,
}

impl Missed {
    pub(super) fn new(id: impl Into<String>, error: ServiceError) -> Self {
        Self { id: id.into(), error }
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.id, self.error)
    }
}

impl DbnomicsService {
    /// Gets series with all their observations, and makes something of each. The answers of the API are dropped on the way:
    /// those for hundreds of series are large.
    ///
    /// # Errors
    ///
    /// When nothing could be made of any: `not_found` if all are missing, otherwise the first other error.
    pub(super) async fn each<T: Send>(
        &self,
        ids: &[SeriesId],
        how: How,
        mut make: impl FnMut(&Series) -> Result<T, ServiceError> + Send,
    ) -> Result<Made<T>, ServiceError> {
        let (mut verdicts, mut gots) = (Verdicts::new(), Vec::new());
        for some in batches(ids, self.batch).chunks(CALLS_AT_ONCE) {
            let answers = join_all(some.iter().map(|batch| self.load_batch(batch, how))).await;
            for (batch, answer) in some.iter().zip(answers) {
                match answer {
                    Ok(Asked { mut got, answer }) => {
                        got.body.clear();
                        gots.push(got);
                        judge(batch, &answer, &mut make, &mut verdicts);
                    }
                    Err(error) => verdicts.extend(batch.iter().map(|id| (id.clone(), Err(error.clone())))),
                }
            }
        }
        in_order(ids, verdicts, merged(gots))
    }

    /// One call. That none of the series is there is believed no longer than the cache is set to (`negative_ttl`).
    ///
    /// One that is missing among others is believed to be as long as the others are fresh: lists of trading series have dead ids,
    /// for which the whole batch would be fetched every minute.
    async fn load_batch(&self, ids: &[SeriesId], how: How) -> Result<Asked<SeriesAnswer>, ServiceError> {
        let max_age = match how {
            How::Cached(max_age) => max_age,
            How::Now => return self.ask_now(get(ids)).await,
        };
        let asked = self.ask::<SeriesAnswer>(get(ids), max_age).await?;
        if asked.answer.missing(ids).len() < ids.len() {
            return Ok(asked);
        }
        parts::note_failure();
        let is_old = asked.got.cached && !asked.got.stale && asked.got.age >= self.negative_ttl;
        if is_old { self.ask(get(ids), Some(self.negative_ttl)).await } else { Ok(asked) }
    }
}

fn in_order<T>(
    ids: &[SeriesId],
    mut verdicts: Verdicts<T>,
    got: Option<Got>,
) -> Result<Made<T>, ServiceError> {
    let (mut series, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        match verdicts.remove(id).unwrap_or_else(|| Err(nothing())) {
            Ok(one) => series.push(one),
            Err(error) => errors.push(Missed::new(id.as_str(), error)),
        }
    }
    match got {
        Some(got) if !series.is_empty() => Ok(Made { series, errors, got }),
        _ => Err(all_missed(&errors)),
    }
}

fn all_missed(errors: &[Missed]) -> ServiceError {
    let is_missing = |missed: &&Missed| missed.error.code == ErrorCode::NotFound.name();
    let Some(shown) = errors.iter().find(|missed| !is_missing(missed)).or(errors.first()) else {
        return nothing();
    };
    let Missed { id, error } = shown;
    let message = format!("none of {} series could be read; `{id}`: {}", errors.len(), error.message);
    ServiceError { code: error.code.clone(), message }
}

/// Ids for one call each. They are sorted, so that the same ids in another order meet the same entry of the cache.
pub(super) fn batches(ids: &[SeriesId], most: usize) -> Vec<Vec<SeriesId>> {
    let (mut sorted, alone): (Vec<_>, Vec<_>) = ids.iter().cloned().partition(SeriesId::can_be_listed);
    sorted.sort_unstable();
    let (mut batches, mut bytes) = (Vec::<Vec<SeriesId>>::new(), 0);
    for id in sorted {
        // With the comma, as it stands in an address.
        let more = id.url_path().len() + 3;
        match batches.last_mut() {
            Some(batch) if batch.len() < most && bytes + more <= MAX_ADDRESS_BYTES => {
                bytes += more;
                batch.push(id);
            }
            _ => {
                bytes = more;
                batches.push(vec![id]);
            }
        }
    }
    batches.extend(alone.into_iter().map(|id| vec![id]));
    batches
}

fn get(ids: &[SeriesId]) -> Get {
    named(ids).queries([("observations", "1"), ("metadata", "0"), ("limit", "1000")])
}

/// Asks for the same without observations: when they were read last.
pub(super) fn probe(ids: &[SeriesId]) -> Get {
    named(ids).queries([("observations", "0"), ("metadata", "0"), ("limit", "1000")])
}

fn named(ids: &[SeriesId]) -> Get {
    match ids {
        [id] if !id.can_be_listed() => Get::get(["series", id.provider(), id.dataset(), id.series()]),
        _ => {
            let listed: Vec<&str> = ids.iter().map(SeriesId::as_str).collect();
            Get::get(["series"]).query("series_ids", listed.join(","))
        }
    }
}

/// Says for each id of a call what was made of its series, or why nothing was.
fn judge<T>(
    ids: &[SeriesId],
    answer: &SeriesAnswer,
    make: &mut impl FnMut(&Series) -> Result<T, ServiceError>,
    verdicts: &mut Verdicts<T>,
) {
    let unusable = unusable(&answer.series);
    for (id, told) in answer.missing(ids) {
        let error = match told {
            Some(message) => ServiceError::not_found(format!("DBnomics says: {message}")),
            None if unusable > 0 => bad_upstream(&format!("{unusable} of its series cannot be read")),
            None => nothing(),
        };
        verdicts.insert(id.clone(), Err(error));
    }
    for series in answer.series.docs() {
        // A series that was not asked for, or comes twice, is not looked at.
        if let Some(id) = series.id().ok().filter(|id| ids.contains(id) && !verdicts.contains_key(id)) {
            verdicts.insert(id, make(series));
        }
    }
}

fn nothing() -> ServiceError {
    ServiceError::not_found("DBnomics sent nothing for it")
}

/// Several answers as one: as old as the oldest, stale if one is, cached if all are.
fn merged(gots: Vec<Got>) -> Option<Got> {
    gots.into_iter().reduce(|mut all, one| {
        all.join(&one);
        all
    })
}

#[cfg(test)]
mod tests {
    use super::{SeriesId, batches};

    fn ids(codes: impl IntoIterator<Item = String>) -> Vec<SeriesId> {
        codes.into_iter().map(|code| SeriesId::new("P", "D", &code).unwrap()).collect()
    }

    #[test]
    fn batches_do_not_depend_on_the_order_of_the_ids() {
        let forward = ids((0..120).map(|n| format!("S{n}")));
        let backward: Vec<_> = forward.iter().rev().cloned().collect();
        let sizes: Vec<_> = batches(&forward, 50).iter().map(Vec::len).collect();
        assert_eq!(sizes, [50, 50, 20]);
        assert_eq!(batches(&forward, 50), batches(&backward, 50));
    }

    #[test]
    fn long_ids_and_ids_with_commas_have_smaller_batches() {
        let long = ids((0..10).map(|n| format!("{n}{}", "x".repeat(900))));
        let sizes: Vec<_> = batches(&long, 50).iter().map(Vec::len).collect();
        assert_eq!(sizes, [4, 4, 2]);
        let comma = ids(["A".to_owned(), "B,C".to_owned(), "D".to_owned()]);
        let sizes: Vec<_> = batches(&comma, 50).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1]);
    }
}

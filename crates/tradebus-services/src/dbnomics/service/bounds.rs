//! Bounds of parameters. What is wrong is named with its field, what was given, and what is allowed.

use std::fmt::Display;
use std::ops::RangeInclusive;

use tradebus::ServiceError;

use crate::dbnomics::SeriesId;
use crate::dbnomics::id::MAX_ID_BYTES;

/// The longest words of a search, in bytes.
const MAX_WORDS_BYTES: usize = 500;
/// The farthest place of a list.
const MAX_OFFSET: u64 = 1_000_000_000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) limit: u64,
    pub(super) offset: u64,
}

impl Window {
    /// Reads `limit`, from 1 to `most`, and `offset`.
    pub(super) fn read(
        limit: Option<i64>,
        offset: Option<i64>,
        default: u64,
        most: u64,
    ) -> Result<Self, ServiceError> {
        let limit = number("limit", limit, default, 1..=most)?;
        Ok(Self { limit, offset: number("offset", offset, 0, 0..=MAX_OFFSET)? })
    }
}

/// A number, or its default where none is given.
pub(super) fn number(
    field: &str,
    given: Option<i64>,
    default: u64,
    allowed: RangeInclusive<u64>,
) -> Result<u64, ServiceError> {
    let Some(given) = given else { return Ok(default) };
    let number = u64::try_from(given).ok().filter(|number| allowed.contains(number));
    number
        .ok_or_else(|| wrong(field, given, &format!("allowed are {} to {}", allowed.start(), allowed.end())))
}

/// The words of a search.
pub(super) fn words<'a>(field: &str, given: &'a str) -> Result<&'a str, ServiceError> {
    let words = given.trim();
    if words.is_empty() {
        return Err(wrong(field, "empty", "allowed are 1 to 500 bytes"));
    }
    if words.len() > MAX_WORDS_BYTES {
        let length = format!("a text of {} bytes", words.len());
        return Err(wrong(field, length, &format!("allowed are 1 to {MAX_WORDS_BYTES}")));
    }
    Ok(words)
}

/// The code of a provider, as it may stand in a path.
pub(super) fn provider(code: &str) -> Result<(), ServiceError> {
    part("provider", code, |code| SeriesId::new(code, "any", "any"))
}

/// The code of a dataset, as it may stand in a path.
pub(super) fn dataset(code: &str) -> Result<(), ServiceError> {
    part("dataset", code, |code| SeriesId::new("any", code, "any"))
}

/// A mask of series codes, as it may stand in a path.
pub(super) fn mask(mask: &str) -> Result<(), ServiceError> {
    part("mask", mask, |mask| SeriesId::new("any", "any", mask))
}

fn part<T, E: Display>(
    field: &str,
    code: &str,
    check: impl Fn(&str) -> Result<T, E>,
) -> Result<(), ServiceError> {
    if code.len() > MAX_ID_BYTES {
        let length = format!("a text of {} bytes", code.len());
        return Err(wrong(field, length, &format!("allowed are {MAX_ID_BYTES}")));
    }
    check(code).map(drop).map_err(|error| ServiceError::bad_request(format!("`{field}`: {error}")))
}

/// The error for a field: what was given, and what is allowed.
pub(super) fn wrong(field: &str, given: impl Display, allowed: &str) -> ServiceError {
    ServiceError::bad_request(format!("`{field}` is {given}: {allowed}"))
}

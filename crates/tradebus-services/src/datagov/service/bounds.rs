//! Whether parameters are within their bounds. Errors name the field, what was given and what is allowed.

use std::ops::RangeInclusive;

use tradebus::ServiceError;

/// The longest slug or id, in characters. Those of the catalogue have 90 at most.
pub(super) const NAME_LENGTH: usize = 200;
/// How much of a text is repeated to whoever gave it, in characters.
const SHOWN: usize = 80;

/// A number, or its default.
pub(super) fn number(
    field: &str,
    given: Option<i64>,
    default: i64,
    allowed: RangeInclusive<i64>,
) -> Result<i64, ServiceError> {
    let number = given.unwrap_or(default);
    if allowed.contains(&number) {
        return Ok(number);
    }
    Err(wrong(field, &number.to_string(), &format!("{} to {}", allowed.start(), allowed.end())))
}

/// A share, or its default.
pub(super) fn share(field: &str, given: Option<f64>, default: f64) -> Result<f64, ServiceError> {
    let share = given.unwrap_or(default);
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(wrong(field, &share.to_string(), "0 to 1")) }
}

/// A text of a length in characters.
pub(super) fn text(field: &str, given: &str, allowed: RangeInclusive<usize>) -> Result<(), ServiceError> {
    let length = given.chars().count();
    if allowed.contains(&length) {
        return Ok(());
    }
    let allowed = format!("a text of {} to {} characters", allowed.start(), allowed.end());
    Err(wrong(field, &format!("a text of {length} characters"), &allowed))
}

/// A list of texts, at most `most` of them, each of 1 to [`NAME_LENGTH`] characters.
pub(super) fn texts(field: &str, given: &[String], most: usize) -> Result<(), ServiceError> {
    if given.len() > most {
        return Err(wrong(
            field,
            &format!("a list of {}", given.len()),
            &format!("a list of at most {most}"),
        ));
    }
    let mut entries = given.iter().enumerate();
    entries.try_for_each(|(index, entry)| text(&format!("{field}[{index}]"), entry, 1..=NAME_LENGTH))
}

/// A slug or an id: it becomes a part of a path, and must stay one.
pub(super) fn name(field: &str, given: &str) -> Result<(), ServiceError> {
    let step = matches!(given, "" | "." | "..");
    let odd = |letter: char| matches!(letter, '/' | '\\') || letter.is_control();
    if !step && !given.contains(odd) && given.chars().count() <= NAME_LENGTH {
        return Ok(());
    }
    let allowed = format!(
        "1 to {NAME_LENGTH} characters without `/`, `\\` and control characters, and neither `.` nor `..`"
    );
    Err(wrong(field, &shown(given), &allowed))
}

fn wrong(field: &str, given: &str, allowed: &str) -> ServiceError {
    ServiceError::bad_request(format!("`{field}` is {given}: allowed is {allowed}"))
}

fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    if start.len() == text.len() { format!("{text:?}") } else { format!("{start:?}...") }
}

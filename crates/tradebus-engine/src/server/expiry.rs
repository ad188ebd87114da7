//! Times as commands give them: from now on or since 1970, in seconds or in milliseconds.

use super::parse::integer;
use super::refusal::Refusal;

/// How a number stands for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// Counted from now.
    relative: bool,
    milliseconds: i64,
}

impl Unit {
    pub(super) const SECONDS: Self = Self { relative: true, milliseconds: 1000 };
    pub(super) const MILLISECONDS: Self = Self { relative: true, milliseconds: 1 };
    pub(super) const UNIX_SECONDS: Self = Self { relative: false, milliseconds: 1000 };
    pub(super) const UNIX_MILLISECONDS: Self = Self { relative: false, milliseconds: 1 };

    /// The time in milliseconds since 1970, if there is such a time.
    fn at(self, number: i64, now: u64) -> Option<i64> {
        let base = if self.relative { now.cast_signed() } else { 0 };
        number.checked_mul(self.milliseconds)?.checked_add(base)
    }
}

fn invalid(command: &str) -> Refusal {
    Refusal::quoting("ERR invalid expire time in '", command.as_bytes(), "' command")
}

/// The time for a string that is set, which must not lie before everything.
pub(super) fn parse_set_time(text: &[u8], unit: Unit, now: u64, command: &str) -> Result<u64, Refusal> {
    let number = integer(text)?;
    let at = unit.at(number, now).filter(|_| number > 0);
    at.map(i64::cast_unsigned).ok_or_else(|| invalid(command))
}

/// The time for EXPIRE and its like; one before 1970 is in the past like any other.
pub(super) fn parse_expiry(text: &[u8], unit: Unit, now: u64, command: &str) -> Result<u64, Refusal> {
    let at = unit.at(integer(text)?, now).ok_or_else(|| invalid(command))?;
    Ok(u64::try_from(at).unwrap_or(0))
}

/// Milliseconds as seconds, as Redis rounds what is left.
pub(super) const fn rounded_seconds(milliseconds: u64) -> u64 {
    (milliseconds + 500) / 1000
}

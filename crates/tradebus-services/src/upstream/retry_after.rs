//! The header with which a server says when to come back.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// How long `Retry-After` asks to wait: a number of seconds, or a date (RFC 9110, section 10.2.3). What is neither counts
/// as not there.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = DateTimeParser::new().parse_timestamp(value).ok()?;
    // A date that has passed means now.
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0", Some(0))]
    #[case(" 120 ", Some(120))]
    #[case("99999999999999999999999", Some(u64::from(u32::MAX)))]
    #[case("Sun, 06 Nov 1994 08:50:37 GMT", Some(60))]
    #[case("Sun, 06 Nov 1994 08:00:00 GMT", Some(0))]
    #[case("-1", None)]
    #[case("1.5", None)]
    #[case("soon", None)]
    #[case("", None)]
    fn values_are_read(#[case] value: &str, #[case] seconds: Option<u64>) {
        let now: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_str(value).unwrap());
        assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs));
    }
}

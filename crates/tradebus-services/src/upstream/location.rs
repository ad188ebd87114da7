//! The URL of a call.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{Call, UpstreamError};

/// What stays as it is in a path: the unreserved characters of RFC 3986, section 2.3.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest URL that is sent, in bytes. Many servers and proxies take no more than 8 KiB.
const MAX_BYTES: usize = 8_000;

/// Joins the base URL, the parts of the path and the query, each encoded so that it cannot end where it stands.
pub(super) fn locate(base: &Url, call: &Call) -> Result<Url, UpstreamError> {
    let mut path = base.path().trim_end_matches('/').to_owned();
    for part in &call.path {
        // A server would take these as steps in the tree, encoded or not.
        if matches!(part.as_str(), "" | "." | "..") {
            let reason = format!("{part:?} cannot be a part of a path: '', '.' and '..' are not allowed");
            return Err(UpstreamError::Invalid { reason });
        }
        path.push('/');
        path.extend(utf8_percent_encode(part, PART));
    }
    let mut url = base.clone();
    url.set_path(&path);
    if !call.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&call.query);
    }
    if url.as_str().len() > MAX_BYTES {
        let reason =
            format!("the address would have {} bytes: at most {MAX_BYTES} are sent", url.as_str().len());
        return Err(UpstreamError::Invalid { reason });
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn base() -> Url {
        Url::parse("https://api.test/v22").unwrap()
    }

    #[rstest]
    #[case(&["series", "IMF", "WEO:2025-04", "A.B+C"], "https://api.test/v22/series/IMF/WEO%3A2025-04/A.B%2BC")]
    #[case(&["OECD", "DSD_STES@DF_CLI"], "https://api.test/v22/OECD/DSD_STES%40DF_CLI")]
    #[case(&["a/../b?x#y%2e"], "https://api.test/v22/a%2F..%2Fb%3Fx%23y%252e")]
    #[case(&["é\\"], "https://api.test/v22/%C3%A9%5C")]
    #[case(&["%2e%2e"], "https://api.test/v22/%252e%252e")]
    fn parts_are_encoded(#[case] parts: &[&str], #[case] expected: &str) {
        assert_eq!(locate(&base(), &Call::get(parts.iter().copied())).unwrap().as_str(), expected);
    }

    #[rstest]
    #[case(&[""])]
    #[case(&["a", "."])]
    #[case(&["..", "a"])]
    fn steps_are_refused(#[case] parts: &[&str]) {
        let error = locate(&base(), &Call::get(parts.iter().copied())).unwrap_err();
        assert_eq!(error.code(), "invalid");
    }

    #[test]
    fn query_values_are_encoded_and_keep_their_order() {
        let call = Call::get(["search"]).query("q", "a&b=c #").query("keyword", "x").query("keyword", "é");
        let url = locate(&base(), &call).unwrap();
        assert_eq!(url.query(), Some("q=a%26b%3Dc+%23&keyword=x&keyword=%C3%A9"));
    }

    proptest! {
        #[test]
        fn a_part_stays_one_part(part in "\\PC{1,30}") {
            prop_assume!(part != "." && part != "..");
            let url = locate(&base(), &Call::get([part.as_str()])).unwrap();
            let parts: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(parts.len(), 2);
            let decoded = percent_encoding::percent_decode_str(parts[1]).decode_utf8().unwrap();
            prop_assert_eq!(decoded, part);
            prop_assert_eq!((url.query(), url.fragment(), url.host_str()), (None, None, Some("api.test")));
        }
    }
}

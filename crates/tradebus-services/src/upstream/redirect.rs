//! Which redirects are followed.

use http::{Method, StatusCode};
use url::Url;

use super::error::{Breakage, UpstreamError};

/// How many redirects one request may meet.
pub(super) const MOST: u32 = 5;

/// Whether a status leads elsewhere.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads.
///
/// Never from `https` to `http`, to another scheme, or to an address with a user in it. A POST is sent to the same host
/// only, and only where the status says that it has to stay one.
pub(super) fn target(
    method: &Method,
    from: &Url,
    status: StatusCode,
    location: Option<&str>,
) -> Result<Url, UpstreamError> {
    let refused = |detail: String| UpstreamError::Broken { kind: Breakage::Redirect, detail };
    let location = location.ok_or_else(|| refused(format!("status {status} without a Location")))?;
    let mut to = from.join(location).map_err(|error| refused(format!("to what is no address: {error}")))?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(refused(format!("from https to {}", to.scheme())));
    }
    if !matches!(to.scheme(), "http" | "https") || to.host_str().is_none() {
        return Err(refused(format!("to {}, only http and https are followed", to.scheme())));
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err(refused("to an address with a user name".to_owned()));
    }
    let stays = matches!(status.as_u16(), 307 | 308) && to.origin() == from.origin();
    if *method != Method::GET && !stays {
        return Err(refused(format!("status {status} for a {method}, which would become another request")));
    }
    to.set_fragment(None);
    Ok(to)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://a.test/x/y", "z?q=1", Some("https://a.test/x/z?q=1"))]
    #[case("https://a.test/x", "https://b.test/y", Some("https://b.test/y"))]
    #[case("http://a.test/x", "https://a.test/x#part", Some("https://a.test/x"))]
    #[case("http://a.test/x", "http://b.test/", Some("http://b.test/"))]
    #[case("https://a.test/x", "http://a.test/x", None)]
    #[case("https://a.test/x", "//b.test/y", Some("https://b.test/y"))]
    #[case("http://a.test/x", "file:///etc/passwd", None)]
    #[case("http://a.test/x", "http://user:word@b.test/", None)]
    fn a_get_follows_some(#[case] from: &str, #[case] location: &str, #[case] expected: Option<&str>) {
        let from = Url::parse(from).unwrap();
        let to = target(&Method::GET, &from, StatusCode::FOUND, Some(location));
        assert_eq!(to.ok().as_ref().map(Url::as_str), expected);
    }

    #[rstest]
    #[case(StatusCode::TEMPORARY_REDIRECT, "/y", true)]
    #[case(StatusCode::TEMPORARY_REDIRECT, "https://b.test/y", false)]
    #[case(StatusCode::FOUND, "/y", false)]
    fn a_post_follows_few(#[case] status: StatusCode, #[case] location: &str, #[case] followed: bool) {
        let from = Url::parse("https://a.test/x").unwrap();
        assert_eq!(target(&Method::POST, &from, status, Some(location)).is_ok(), followed);
    }
}

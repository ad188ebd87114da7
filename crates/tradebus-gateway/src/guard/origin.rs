//! Pages of other sites: they may neither call this node by a name of theirs (DNS rebinding), nor send it anything through the browser of somebody who may
//! come in (CSRF).

use axum::extract::Request;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, StatusCode, Uri, header};

use crate::problem::{Outcome, Problem};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names by which this node may be called.
#[derive(Debug)]
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect())
    }

    /// Refuses a request that calls this node by another name. An address is no name that somebody could let lead elsewhere.
    pub(super) fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Outcome<()> {
        let called = called(uri, headers);
        let Some(authority) = called else {
            return Err(Problem::bad_request("the request has no valid Host header"));
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        if is_address || host == "localhost" || self.0.contains(&host) {
            return Ok(());
        }
        let detail = "this node is not called by that name: use its address, localhost, or a name given with --http-host";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host", detail))
    }
}

/// By which name and port a request calls this node.
fn called(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let host = || headers.get(header::HOST)?.to_str().ok()?.parse().ok();
    // A request over HTTP/2 has it in its address.
    uri.authority().cloned().or_else(host)
}

/// Refuses what a page of another site sends.
pub(super) fn check_site(request: &Request) -> Outcome<()> {
    let headers = request.headers();
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin: Option<Uri> = origin.to_str().ok().and_then(|origin| origin.parse().ok());
        let from = origin.as_ref().and_then(Uri::authority);
        if from.is_none() || from != called(request.uri(), headers).as_ref() {
            return Err(Problem::forbidden("the request comes from a page of another site"));
        }
    }
    // Other ports of this machine are the "same site". Whoever follows a link to the page itself comes from anywhere.
    let site = headers.get(FETCH_SITE).map(http::HeaderValue::as_bytes);
    let is_page = request.method().is_safe() && !request.uri().path().starts_with("/api/");
    match site {
        Some(b"cross-site" | b"same-site") if !is_page => {
            Err(Problem::forbidden("the request comes from a page of another site"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;

    use super::{Names, check_site};

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
        let start = Request::builder().method(method).uri(path);
        let built = headers.iter().fold(start, |request, (name, value)| request.header(*name, *value));
        built.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_node_answers_to_addresses_and_its_own_names() {
        let names = Names::new(&["Desk.example".to_owned()]);
        let allowed = |host: &str| {
            let request = request("GET", "/", &[("host", host)]);
            names.check_host(request.uri(), request.headers()).is_ok()
        };
        for host in
            ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787", "10.1.2.3", "desk.example:1"]
        {
            assert!(allowed(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8787", "127.0.0.1.evil.example", "", "a b"] {
            assert!(!allowed(host), "{host}");
        }
        let nameless = request("GET", "/", &[]);
        assert!(names.check_host(nameless.uri(), nameless.headers()).is_err());
    }

    #[test]
    fn pages_of_other_sites_send_nothing() {
        let passes = |method, path, headers: &[(&str, &str)]| {
            let headers = [&[("host", "localhost:8787")], headers].concat();
            check_site(&request(method, path, &headers)).is_ok()
        };
        assert!(passes("POST", "/api/v1/messages", &[]), "programs say no origin");
        assert!(passes("POST", "/api/v1/messages", &[("origin", "http://localhost:8787")]));
        for origin in ["http://evil.example", "null", "http://localhost:9999", "http://localhost", ""] {
            assert!(!passes("POST", "/api/v1/messages", &[("origin", origin)]), "{origin}");
            assert!(!passes("GET", "/api/v1/subscribe", &[("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert!(!passes("GET", "/api/v1/snapshot", &[("sec-fetch-site", site)]));
            assert!(!passes("POST", "/login", &[("sec-fetch-site", site)]));
            assert!(passes("GET", "/", &[("sec-fetch-site", site)]), "a link leads to the page");
        }
        assert!(passes("GET", "/api/v1/snapshot", &[("sec-fetch-site", "same-origin")]));
        assert!(passes("GET", "/api/v1/snapshot", &[("sec-fetch-site", "none")]));
    }
}

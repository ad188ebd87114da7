//! What every answer says to browsers: run nothing but our own scripts, show the page in no frame, keep no data.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Scripts, styles and connections come from here alone, and nothing is written into the page as markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer`, a browser would not say where a form comes from.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(super) fn put(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// The id of a request: its own, if it has one that can be repeated, or a number.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let given = headers.get("x-request-id").filter(|id| {
        let id = id.as_bytes();
        id.len() <= 128 && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(byte))
    });
    given.cloned().unwrap_or_else(|| NEXT.fetch_add(1, Relaxed).into())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::request_id;

    #[test]
    fn an_id_is_repeated_only_if_it_is_harmless() {
        let of = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", HeaderValue::from_static(id));
            request_id(&headers)
        };
        assert_eq!(of("abc-1.2"), "abc-1.2");
        assert_ne!(of("<script>"), "<script>");
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}

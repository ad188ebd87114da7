//! What is asked.

use bytes::Bytes;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use super::UpstreamError;

/// One request to an upstream: the parts of its path, its query and, for a POST, its body.
///
/// Parts and values are given as they are; encoding them is the client's work.
#[derive(Clone)]
pub struct Call {
    pub(super) method: Method,
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Bytes>,
    pub(super) cursor: bool,
    pub(super) repeatable: bool,
}

impl Call {
    /// A GET of the parts of a path below the base URL.
    pub fn get<P: Into<String>>(path: impl IntoIterator<Item = P>) -> Self {
        Self {
            method: Method::GET,
            path: path.into_iter().map(Into::into).collect(),
            query: Vec::new(),
            body: None,
            cursor: false,
            repeatable: true,
        }
    }

    /// A POST of `body` as JSON. It is sent again only if the upstream cannot have acted on it, unless it is
    /// [`Call::repeatable`].
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Invalid`] if `body` cannot be written as JSON.
    pub fn post<P: Into<String>>(
        path: impl IntoIterator<Item = P>,
        body: &impl Serialize,
    ) -> Result<Self, UpstreamError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| UpstreamError::Invalid { reason: format!("the body: {error}") })?;
        Ok(Self { method: Method::POST, body: Some(body.into()), repeatable: false, ..Self::get(path) })
    }

    /// Adds a pair to the query. A name may occur more than once.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds pairs to the query.
    #[must_use]
    pub fn queries<N: Into<String>, V: Into<String>>(
        mut self,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        self.query.extend(pairs.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Says that the call carries a cursor of an earlier answer. A 500 is not tried again then: Data.gov answers so
    /// to a cursor that it does not take (GSA/data.gov issue 5897).
    #[must_use]
    pub fn with_cursor(mut self) -> Self {
        self.cursor = true;
        self
    }

    /// Says that it does no harm if the upstream handles the call twice. A GET always is so.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Whether `error` is what Data.gov answers to a cursor that it does not take: the caller is at fault then, not the upstream.
    pub(crate) fn has_bad_cursor(&self, error: &UpstreamError) -> bool {
        self.cursor && matches!(error, UpstreamError::Unavailable { status: Some(500), .. })
    }

    /// What two calls have in common that ask for the same: method, path and query, in one spelling. Secrets of the headers are not in it.
    pub fn key(&self) -> String {
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let path: Vec<String> = self.path.iter().map(|it| part(it)).collect();
        let mut query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect();
        // Pairs of one name keep their order.
        query.sort_by(|one, two| one.split('=').next().cmp(&two.split('=').next()));
        let body = self.body.as_ref().map_or_else(String::new, |body| format!(" {:032x}", xxh3_128(body)));
        format!("{} /{}?{}{body}", self.method, path.join("/"), query.join("&"))
    }

    /// The path as errors and logs show it. The query is left out, as keys may stand there.
    pub(super) fn shown(&self) -> String {
        format!("/{}", self.path.join("/")).chars().filter(|letter| !letter.is_control()).take(200).collect()
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.query.iter().map(|(name, _)| name).collect();
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &names)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn calls_that_ask_for_the_same_have_one_key() {
        let one = Call::get(["series", "a/b"]).query("limit", "1").query("id", "x&y=z").query("id", "a");
        let two = Call::get(["series", "a/b"]).query("id", "x&y=z").query("id", "a").query("limit", "1");
        assert_eq!(one.key(), two.key());
        for other in [
            Call::get(["series", "a", "b"]).query("id", "x&y=z").query("id", "a").query("limit", "1"),
            Call::get(["series", "a/b"]).query("id", "a").query("id", "x&y=z").query("limit", "1"),
            Call::get(["series", "a/b"])
                .query("id", "x")
                .query("y", "z")
                .query("id", "a")
                .query("limit", "1"),
            Call::post(["series", "a/b"], &1).unwrap(),
        ] {
            assert_ne!(one.key(), other.key());
        }
    }
}

//! The parameters behind the question mark of an address. One that is not known is an error: it may be a misspelt one.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::problem::{Outcome, Problem};

/// Parameters in their order; a name may come several times.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Outcome<Self> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Refuses parameters that are none of these.
    pub(crate) fn only(self, known: &[&str]) -> Outcome<Self> {
        match self.0.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(self),
            Some((name, _)) => {
                let allowed = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                Err(Problem::bad_value(name, format!("there is no such parameter; allowed: {allowed}")))
            }
        }
    }

    /// The names that are given, each once.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let is_first = |index: usize, name: &str| !self.0[..index].iter().any(|(earlier, _)| earlier == name);
        let names = self.0.iter().map(|(name, _)| name.as_str()).enumerate();
        names.filter(move |(index, name)| is_first(*index, name)).map(|(_, name)| name)
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that may be given once.
    pub(crate) fn one(&self, name: &str) -> Outcome<Option<&str>> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            None => Ok(first),
            Some(_) => Err(Problem::bad_value(name, "it is given more than once")),
        }
    }

    /// A parameter that must be given.
    pub(crate) fn required(&self, name: &str) -> Outcome<&str> {
        self.one(name)?.ok_or_else(|| Problem::bad_value(name, "it is missing"))
    }

    /// A parameter that reads as something.
    pub(crate) fn read<T: FromStr<Err: Display>>(&self, name: &str) -> Outcome<Option<T>> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| Problem::bad_value(name, error))
    }

    /// A whole number within bounds.
    pub(crate) fn number(&self, name: &str, allowed: RangeInclusive<u64>) -> Outcome<Option<u64>> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| allowed.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (allowed.start(), allowed.end());
            Problem::bad_value(name, format!("`{text}` is no whole number from {least} to {most}"))
        })
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Outcome<Option<T>> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant);
        found.map(Some).ok_or_else(|| {
            let allowed: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Problem::bad_value(name, format!("`{text}` is not one of {}", allowed.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn reads_what_is_there() {
        let query = Query::parse("pattern=a.*&pattern=b+c%2A&limit=5&x=");
        assert_eq!(query.all("pattern").collect::<Vec<_>>(), ["a.*", "b c*"]);
        assert_eq!(query.number("limit", 1..=10).unwrap(), Some(5));
        assert_eq!(query.number("none", 1..=10).unwrap(), None);
        assert_eq!(query.one("x").unwrap(), Some(""));
        assert_eq!(query.choice("limit", &[("5", 'a'), ("6", 'b')]).unwrap(), Some('a'));
    }

    #[test]
    fn says_what_is_wrong_and_what_is_allowed() {
        let query = Query::parse("limit=0&limits=1&twice=1&twice=2&wait=never");
        let said = |outcome: Result<_, crate::problem::Problem>| match outcome {
            Ok(()) => String::new(),
            Err(problem) => problem.detail().to_owned(),
        };
        assert_eq!(said(query.number("limit", 1..=9).map(drop)), "limit: `0` is no whole number from 1 to 9");
        assert_eq!(said(query.one("twice").map(drop)), "twice: it is given more than once");
        assert_eq!(said(query.required("none").map(drop)), "none: it is missing");
        let wait = query.choice("wait", &[("stored", 1), ("accepted", 2)]);
        assert_eq!(said(wait.map(drop)), "wait: `never` is not one of stored, accepted");
        let unknown = query.only(&["limit", "twice", "wait"]).map(drop);
        assert_eq!(said(unknown), "limits: there is no such parameter; allowed: limit, twice, wait");
    }
}

//! What one check says: the verdict, and why.

use std::fmt::Display;

use crate::report::Status;

/// The outcome of a check, without its name and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) status: Status,
    pub(crate) detail: String,
    pub(crate) advice: String,
}

/// Why a check could not be carried through. Anything that goes wrong on the way becomes one, with `?`.
#[derive(Debug)]
pub(crate) struct Trouble(pub(crate) String);

/// What a check ends with.
pub(crate) type Looked = Result<Finding, Trouble>;

impl Finding {
    fn new(status: Status, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), advice: advice.into() }
    }

    pub(crate) fn pass(detail: impl Into<String>) -> Self {
        Self::new(Status::Pass, detail, "")
    }

    pub(crate) fn warn(detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Status::Warn, detail, advice)
    }

    pub(crate) fn fail(detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Status::Fail, detail, advice)
    }

    pub(crate) fn skip(detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Status::Skip, detail, advice)
    }

    /// A check that was not finished in its time.
    pub(crate) fn late(seconds: f64) -> Self {
        Self::fail(
            format!("it was not finished after {seconds:.1} s"),
            "the store or the way to it is slow or stands still: look at its load, its log and the network",
        )
    }
}

impl<E: std::error::Error> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl From<Trouble> for Finding {
    fn from(Trouble(detail): Trouble) -> Self {
        let advice = advice(&detail);
        Self::fail(detail, advice)
    }
}

/// What helps against what a store says.
fn advice(words: &str) -> &'static str {
    let known = [
        ("NOPERM", "the check `acl` says which rights the user misses"),
        ("OOM", "the server is full: raise its maxmemory, or trim the streams"),
        ("READONLY", "this server is a replica: name the primary as the store"),
        ("MISCONF", "the server cannot write to its disk: look at its log and the space on it"),
        ("LOADING", "the server is still reading its data: try again when it has"),
        ("MOVED", "this is a node of a cluster: the bus needs a server of its own"),
    ];
    let fitting = known.into_iter().find(|(code, _)| words.contains(code));
    fitting.map_or("look at the log of the server and at the network", |(_, advice)| advice)
}

/// Things, with commas between them and a word before the last.
pub(crate) fn listed<T: Display>(things: &[T]) -> String {
    let texts: Vec<String> = things.iter().map(ToString::to_string).collect();
    match &texts[..] {
        [] => String::new(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Trouble, listed};
    use crate::report::Status;

    #[test]
    fn trouble_is_a_failure_with_advice() {
        let finding = Finding::from(Trouble("x cannot do it now: OOM command not allowed".to_owned()));
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.advice.contains("maxmemory"), "{}", finding.advice);
        assert!(Finding::from(Trouble("odd".to_owned())).advice.contains("log"));
    }

    #[test]
    fn lists_read_as_text() {
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!((listed(&["a"]), listed::<&str>(&[])), ("a".to_owned(), String::new()));
    }
}

//! What a server says about itself: `INFO`, `CONFIG GET`.

use std::collections::HashMap;

use tradebus::StreamStore;
use tradebus::store::{ServerReply, StoreError};

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// There is no server: the store is in this process.
    Embedded,
    /// It may not be asked, or does not know: the server's words.
    Refused(String),
    /// What it says.
    Said(Facts),
}

/// Names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts(HashMap<String, String>);

/// A section of `INFO`.
pub(crate) async fn info(store: &dyn StreamStore, section: &str) -> Result<Told, StoreError> {
    Ok(match store.ask_server(&["INFO", section]).await? {
        None => Told::Embedded,
        Some(ServerReply::Text(text)) => Told::Said(Facts::of_info(&text)),
        Some(other) => Told::Refused(refusal(other)),
    })
}

/// Settings of the server. Each is asked for by itself: Redis 6.2 takes one name at a time.
pub(crate) async fn settings(store: &dyn StreamStore, names: &[&str]) -> Result<Told, StoreError> {
    let mut facts = Facts::default();
    for name in names {
        match store.ask_server(&["CONFIG", "GET", name]).await? {
            None => return Ok(Told::Embedded),
            Some(ServerReply::List(pairs)) => facts.take_pairs(&pairs),
            Some(other) => return Ok(Told::Refused(refusal(other))),
        }
    }
    Ok(Told::Said(facts))
}

fn refusal(reply: ServerReply) -> String {
    match reply {
        ServerReply::Refused(words) => words,
        other => format!("an answer that says nothing: {other:?}"),
    }
}

impl Told {
    /// What was said, or nothing.
    pub(crate) fn facts(self) -> Facts {
        match self {
            Self::Said(facts) => facts,
            Self::Embedded | Self::Refused(_) => Facts::default(),
        }
    }
}

impl Facts {
    /// The lines of `INFO`.
    pub(crate) fn of_info(text: &str) -> Self {
        let pairs =
            text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
    }

    fn take_pairs(&mut self, pairs: &[ServerReply]) {
        for pair in pairs.chunks_exact(2) {
            if let (Some(name), Some(value)) = (pair[0].text(), pair[1].text()) {
                self.0.insert(name.to_ascii_lowercase(), value.to_owned());
            }
        }
    }

    /// What it says of something, if it does.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

#[cfg(test)]
impl Facts {
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use tradebus::store::ServerReply;

    use super::Facts;

    #[test]
    fn reads_the_lines_of_info() {
        let facts = Facts::of_info(
            "# Server\r\nredis_version:7.0.15\r\nexecutable:/usr/a:b\r\n\r\nused_memory:42\r\nodd\r\n",
        );
        assert_eq!((facts.get("redis_version"), facts.get("executable")), (Some("7.0.15"), Some("/usr/a:b")));
        assert_eq!((facts.number("used_memory"), facts.number("executable")), (Some(42), None));
        assert_eq!((facts.get("# Server"), facts.get("odd")), (None, None));
    }

    #[test]
    fn reads_pairs_of_settings() {
        let text = |text: &str| ServerReply::Text(text.to_owned());
        let mut facts = Facts::default();
        facts.take_pairs(&[text("Save"), text("3600 1"), text("lonely")]);
        facts.take_pairs(&[ServerReply::Null, text("x")]);
        assert_eq!((facts.get("save"), facts.get("lonely")), (Some("3600 1"), None));
    }
}

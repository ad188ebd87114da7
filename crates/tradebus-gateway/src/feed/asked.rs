//! What a client asks for.

use http::HeaderMap;
use smol_str::SmolStr;
use tradebus::{
    Bus, EntryId, GroupSubscription, Merged, Pattern, Priority, StartFrom, SubscribeOptions,
    SubscriptionPolicy,
};

use super::source::{OnSlow, Source};
use crate::closing::Closing;
use crate::problem::{Outcome, Problem};
use crate::query::Query;

const KNOWN: [&str; 9] =
    ["pattern", "from", "priority", "on_slow", "buffer", "max_rate", "group", "consumer", "prefetch"];
const MOST_PATTERNS: usize = 16;
/// Messages of a tier that wait for a client, as long as it says nothing else.
const BUFFER: usize = 10_000;
/// Messages of a tier that wait for a client with a `max_rate`: it shall see what is new.
const SAMPLED_BUFFER: usize = 64;
/// A client that comes again gets what was stored so long before the last message that it has seen: streams side by side are not in one order.
const OVERLAP_MS: u64 = 1_000;

/// A subscription over HTTP.
#[derive(Debug)]
pub(super) struct Asked {
    patterns: Vec<Pattern>,
    from: StartFrom,
    tiers: Vec<Priority>,
    on_slow: OnSlow,
    buffer: Option<usize>,
    max_rate: Option<u64>,
    pub(super) group: Option<SmolStr>,
    consumer: Option<SmolStr>,
    pub(super) prefetch: usize,
}

impl Asked {
    pub(super) fn read(query: Query, headers: &HeaderMap) -> Outcome<Self> {
        let query = query.only(&KNOWN)?;
        let on_slow = query.choice("on_slow", &OnSlow::WORDS)?;
        let asked = Self {
            patterns: patterns(&query)?,
            from: match last_seen(headers)? {
                Some(seen) => StartFrom::After(EntryId::new(seen.ms.saturating_sub(OVERLAP_MS), 0)),
                None => query.read("from")?.unwrap_or_default(),
            },
            tiers: tiers(&query)?,
            on_slow: on_slow.unwrap_or(OnSlow::Disconnect),
            buffer: query.number("buffer", 1..=100_000)?.map(|messages| messages as usize),
            max_rate: query.number("max_rate", 1..=10_000)?,
            group: query.one("group")?.map(SmolStr::from),
            consumer: query.one("consumer")?.map(SmolStr::from),
            prefetch: query.number("prefetch", 1..=10_000)?.unwrap_or(64) as usize,
        };
        asked.check()
    }

    /// Refuses what does not go together.
    fn check(self) -> Outcome<Self> {
        if self.max_rate.is_some() && (self.on_slow == OnSlow::Disconnect || self.group.is_some()) {
            let detail =
                "it leaves messages out: it goes with on_slow=drop or on_slow=conflate, and without a group";
            return Err(Problem::bad_value("max_rate", detail));
        }
        if self.group.is_none() && self.consumer.is_some() {
            return Err(Problem::bad_value(
                "consumer",
                "it is the name of a member of a group: give a group too",
            ));
        }
        if self.group.is_some() && (self.patterns.len() > 1 || !self.tiers.is_empty()) {
            let detail = "a group has one pattern and no tiers: what its members leave out, nobody gets";
            return Err(Problem::bad_value("group", detail));
        }
        Ok(self)
    }

    /// All messages.
    pub(super) async fn source(self, bus: &Bus, closing: Closing) -> Outcome<Source> {
        let buffer = match self.max_rate {
            Some(_) => self.buffer.unwrap_or(SAMPLED_BUFFER),
            None => self.buffer.unwrap_or(BUFFER),
        };
        let patterns = self.patterns.len();
        let mut options = SubscribeOptions::default().from(self.from).policy(self.on_slow.policy());
        options = options.tiers(self.tiers);
        if self.on_slow != OnSlow::Disconnect {
            // It is told what it misses, as it wanted: the node has lost nothing.
            options = options.sampling();
        }
        // Each pattern has a queue of its own; together they hold what was asked for.
        options = options.capacity(buffer.div_ceil(patterns));
        let mut subscriptions = Vec::with_capacity(self.patterns.len());
        for pattern in self.patterns {
            subscriptions.push(bus.subscribe(pattern, options.clone()).await?);
        }
        Ok(Source::new(Merged::new(subscriptions), self.on_slow, self.max_rate, closing))
    }

    /// A share of the messages.
    pub(super) async fn members(&self, bus: &Bus) -> Outcome<GroupSubscription> {
        let (Some(group), Some(pattern)) = (&self.group, self.patterns.first()) else {
            return Err(Problem::bad_value("group", "it is missing"));
        };
        let mut options = SubscribeOptions::group(group.clone()).from(self.from).capacity(self.prefetch);
        if let Some(consumer) = &self.consumer {
            options = options.consumer(consumer.clone());
        }
        Ok(bus.subscribe(pattern.clone(), options).await?)
    }
}

fn patterns(query: &Query) -> Outcome<Vec<Pattern>> {
    let patterns: Vec<_> = query.all("pattern").collect();
    if patterns.is_empty() || patterns.len() > MOST_PATTERNS {
        let detail = format!("give 1 to {MOST_PATTERNS} patterns, such as pattern=risk.*");
        return Err(Problem::bad_value("pattern", detail));
    }
    let read = |text: &str| Pattern::new(text).map_err(|error| Problem::bad_value("pattern", error));
    patterns.into_iter().map(read).collect()
}

fn tiers(query: &Query) -> Outcome<Vec<Priority>> {
    let Some(names) = query.one("priority")? else { return Ok(Vec::new()) };
    let read = |name: &str| name.trim().parse().map_err(|error| Problem::bad_value("priority", error));
    names.split(',').map(read).collect()
}

/// The last message that a browser has seen, when it comes again.
fn last_seen(headers: &HeaderMap) -> Outcome<Option<EntryId>> {
    let Some(id) = headers.get("last-event-id") else { return Ok(None) };
    let id = id.to_str().unwrap_or_default();
    id.parse().map(Some).map_err(|error| Problem::bad_value("Last-Event-ID", error))
}

impl OnSlow {
    const WORDS: [(&'static str, Self); 3] =
        [("disconnect", Self::Disconnect), ("drop", Self::Drop), ("conflate", Self::Conflate)];

    const fn policy(self) -> SubscriptionPolicy {
        match self {
            Self::Disconnect | Self::Drop => SubscriptionPolicy::DropOldest,
            Self::Conflate => SubscriptionPolicy::Conflate,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use tradebus::{EntryId, Priority, StartFrom};

    use super::{Asked, OnSlow};
    use crate::problem::Outcome;
    use crate::query::Query;

    fn asked(text: &str) -> Outcome<Asked> {
        Asked::read(Query::parse(text), &HeaderMap::new())
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let it =
            asked("pattern=a.*&pattern=b&priority=critical,high&on_slow=drop&max_rate=50&from=10-1").unwrap();
        assert_eq!(it.patterns.len(), 2);
        assert_eq!(it.tiers, [Priority::Critical, Priority::High]);
        assert_eq!((it.on_slow, it.max_rate), (OnSlow::Drop, Some(50)));
        assert_eq!(it.from, StartFrom::After(EntryId::new(10, 1)));
        let plain = asked("pattern=*").unwrap();
        assert_eq!((plain.on_slow, plain.from), (OnSlow::Disconnect, StartFrom::Latest));
    }

    #[test]
    fn a_browser_that_comes_again_misses_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", "5000-3".parse().unwrap());
        let it = Asked::read(Query::parse("pattern=*&from=earliest"), &headers).unwrap();
        assert_eq!(it.from, StartFrom::After(EntryId::new(4000, 0)));
        headers.insert("last-event-id", "x".parse().unwrap());
        assert!(Asked::read(Query::parse("pattern=*"), &headers).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("", "pattern: give 1 to 16"),
            ("pattern=*&patern=x", "patern: there is no such parameter"),
            ("pattern=*&priority=urgent", "priority: "),
            ("pattern=*&on_slow=wait", "`wait` is not one of disconnect, drop, conflate"),
            ("pattern=*&max_rate=0&on_slow=drop", "max_rate: `0` is no whole number from 1 to 10000"),
            ("pattern=*&max_rate=5", "it goes with on_slow=drop"),
            ("pattern=*&from=soon", "from: `soon` is no place to start"),
            ("pattern=*&consumer=x", "give a group too"),
            ("pattern=*&pattern=b&group=g", "a group has one pattern"),
        ];
        for (text, expected) in cases {
            let problem = asked(text).unwrap_err();
            assert!(problem.detail().contains(expected), "{text}: {}", problem.detail());
        }
        assert!(asked(&format!("pattern={}", "x".repeat(70_000))).is_err());
    }
}

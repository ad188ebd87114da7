//! Which subscriptions want a topic.

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::{Pattern, Topic};

/// Answers for a topic, remembered: however many subscriptions there are, a topic that is known costs one look-up.
#[derive(Debug)]
pub(super) struct Router {
    /// By slot; free slots are `None`.
    patterns: Vec<Option<Pattern>>,
    known: HashMap<Topic, Slots>,
    most_known: usize,
}

/// Slots of the subscriptions that want a topic.
pub(super) type Slots = SmallVec<[u32; 4]>;

impl Router {
    /// Remembers the answers for so many topics.
    pub(super) fn new(most_known: usize) -> Self {
        Self { patterns: Vec::new(), known: HashMap::new(), most_known }
    }

    /// Adds a subscription and returns its slot.
    pub(super) fn add(&mut self, pattern: Pattern) -> usize {
        self.known.clear();
        if let Some(slot) = self.patterns.iter().position(Option::is_none) {
            self.patterns[slot] = Some(pattern);
            return slot;
        }
        self.patterns.push(Some(pattern));
        self.patterns.len() - 1
    }

    /// Removes the subscription of a slot.
    pub(super) fn remove(&mut self, slot: usize) {
        self.known.clear();
        self.patterns[slot] = None;
    }

    /// Whether any subscription wants a topic, without remembering the answer.
    pub(super) fn wants(&self, topic: &[u8]) -> bool {
        self.patterns.iter().flatten().any(|pattern| pattern.matches(topic))
    }

    /// The subscriptions that want a topic.
    pub(super) fn route(&mut self, topic: &str) -> (&Topic, &Slots) {
        if !self.known.contains_key(topic) {
            if self.known.len() >= self.most_known {
                self.known.clear();
            }
            self.known.insert(Topic::as_read(topic), self.wanting(topic));
        }
        self.known.get_key_value(topic).expect("the topic was just added")
    }

    fn wanting(&self, topic: &str) -> Slots {
        let wants =
            |pattern: &Option<Pattern>| pattern.as_ref().is_some_and(|it| it.matches(topic.as_bytes()));
        (0u32..).zip(&self.patterns).filter(|(_, pattern)| wants(pattern)).map(|(slot, _)| slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Router;
    use crate::Pattern;

    fn routed(router: &mut Router, topic: &str) -> Vec<u32> {
        router.route(topic).1.to_vec()
    }

    #[test]
    fn answers_follow_the_subscriptions() {
        let mut router = Router::new(16);
        let all = router.add(Pattern::new("*").unwrap());
        let quotes = router.add(Pattern::new("data.quotes.*").unwrap());
        assert_eq!(routed(&mut router, "data.quotes.X"), [all as u32, quotes as u32]);
        assert_eq!(routed(&mut router, "risk"), [all as u32]);
        router.remove(all);
        assert_eq!(routed(&mut router, "risk"), [0; 0]);
        assert_eq!(routed(&mut router, "data.quotes.X"), [quotes as u32]);
        assert_eq!(router.add(Pattern::new("risk").unwrap()), all, "free slots are used again");
        assert_eq!(routed(&mut router, "risk"), [all as u32]);
    }

    #[test]
    fn what_it_remembers_is_bounded() {
        let mut router = Router::new(16);
        router.add(Pattern::new("*").unwrap());
        for n in 0..1000 {
            assert_eq!(routed(&mut router, &format!("t{n}")), [0]);
            assert!(router.known.len() <= 16);
        }
    }
}

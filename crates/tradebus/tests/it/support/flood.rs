//! Messages with numbers, and what became of them.

use std::collections::HashMap;

use tradebus::{Delivery, Message};

use super::text;

/// A message whose payload is its number.
pub(crate) fn numbered(topic: &str, number: u64) -> Message {
    Message::new(topic, number.to_string()).expect("a valid topic")
}

pub(crate) fn number_of(delivery: &Delivery) -> u64 {
    text(delivery).split(' ').next().unwrap_or_default().parse().expect("a number")
}

/// What has arrived of numbered messages, topic by topic.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    numbers: HashMap<String, Vec<u64>>,
}

impl Arrivals {
    pub(crate) fn note(&mut self, delivery: &Delivery) {
        self.numbers.entry(delivery.topic.to_string()).or_default().push(number_of(delivery));
    }

    /// Each number from 0 to `count` exactly once and in order, in each of `topics` topics.
    pub(crate) fn assert_exact(&self, topics: usize, count: u64) {
        assert_eq!(self.numbers.len(), topics, "topics");
        for (topic, numbers) in &self.numbers {
            let wrong = numbers.iter().zip(0..).position(|(number, place)| *number != place);
            if let Some(at) = wrong {
                let around = &numbers[at.saturating_sub(3)..numbers.len().min(at + 4)];
                panic!("{topic}: at {at} of {}: {around:?}", numbers.len());
            }
            assert_eq!(numbers.len() as u64, count, "{topic}");
        }
    }

    /// Each number from 0 to `count` at least once; the first arrival of each is in order. Returns the repeats.
    pub(crate) fn assert_complete(&self, topics: usize, count: u64) -> u64 {
        assert_eq!(self.numbers.len(), topics, "topics");
        let mut repeats = 0;
        for (topic, numbers) in &self.numbers {
            let mut next = 0;
            for &number in numbers {
                assert!(number <= next, "{topic}: {number} came where {next} was still missing");
                repeats += u64::from(number < next);
                next = next.max(number + 1);
            }
            assert_eq!(next, count, "{topic}");
        }
        repeats
    }
}

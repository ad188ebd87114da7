//! Finding phrases in a text: one pass over its words, one look into a hash map a word.

use std::collections::HashMap;

/// The words of a text in lower case. Everything but letters and digits separates words.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    ends: Vec<usize>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut words = Self { text: String::with_capacity(text.len()), ends: Vec::new() };
        words.add(text);
        words
    }

    /// Adds a text; phrases are not found across its beginning.
    pub(super) fn add(&mut self, text: &str) {
        if !self.ends.is_empty() {
            // An empty word between the texts: no phrase has one.
            self.ends.push(self.text.len());
        }
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                self.text.push(c.to_ascii_lowercase());
            } else if c.is_alphanumeric() {
                self.text.extend(c.to_lowercase());
            } else if !matches!(c, '\'' | '’') {
                self.end();
            }
        }
        self.end();
    }

    fn end(&mut self) {
        if self.text.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.text.len());
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn word(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[index]]
    }

    /// The words with a space between them.
    pub(super) fn joined(&self) -> String {
        (0..self.len()).map(|index| self.word(index)).collect::<Vec<_>>().join(" ")
    }
}

/// Phrases, each with a number.
#[derive(Debug, Clone, Default)]
pub(super) struct Dictionary {
    /// By the first word: the words that follow, longest phrase first.
    phrases: HashMap<Box<str>, Vec<Phrase>>,
    /// By the first byte of a first word: the lengths that occur, a bit each. Spares most words the look into the map.
    lengths: Lengths,
}

#[derive(Debug, Clone)]
struct Lengths([u64; 256]);

impl Default for Lengths {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Lengths {
    fn place(word: &str) -> (usize, u64) {
        (usize::from(word.as_bytes().first().copied().unwrap_or(0)), 1 << word.len().min(63))
    }

    fn add(&mut self, word: &str) {
        let (byte, bit) = Self::place(word);
        self.0[byte] |= bit;
    }

    fn may_have(&self, word: &str) -> bool {
        let (byte, bit) = Self::place(word);
        self.0[byte] & bit != 0
    }
}

#[derive(Debug, Clone)]
struct Phrase {
    rest: Vec<Box<str>>,
    number: usize,
}

impl Dictionary {
    /// Adds a phrase. False if it has no word, or is there already.
    pub(super) fn add(&mut self, phrase: &str, number: usize) -> bool {
        let words = Words::of(phrase);
        if words.len() == 0 {
            return false;
        }
        let rest: Vec<Box<str>> = (1..words.len()).map(|index| words.word(index).into()).collect();
        let others = self.phrases.entry(words.word(0).into()).or_default();
        if others.iter().any(|other| other.rest == rest) {
            return false;
        }
        others.push(Phrase { rest, number });
        self.lengths.add(words.word(0));
        others.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        true
    }

    /// Calls `found` with the number of each phrase, from left to right; a word belongs to one phrase only, the longest.
    pub(super) fn find(&self, words: &Words, mut found: impl FnMut(usize)) {
        let mut at = 0;
        while at < words.len() {
            let word = words.word(at);
            let beginning = if self.lengths.may_have(word) { self.phrases.get(word) } else { None };
            let longest = beginning
                .and_then(|phrases| phrases.iter().find(|phrase| follows(words, at + 1, &phrase.rest)));
            at += 1;
            if let Some(phrase) = longest {
                at += phrase.rest.len();
                found(phrase.number);
            }
        }
    }

    /// Whether any phrase is in the text.
    pub(super) fn finds_any(&self, words: &Words) -> bool {
        let mut any = false;
        self.find(words, |_| any = true);
        any
    }
}

fn follows(words: &Words, from: usize, rest: &[Box<str>]) -> bool {
    from + rest.len() <= words.len()
        && rest.iter().enumerate().all(|(n, word)| words.word(from + n) == &**word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> Vec<usize> {
        let mut dictionary = Dictionary::default();
        for (number, phrase) in phrases.iter().enumerate() {
            assert!(dictionary.add(phrase, number));
        }
        let mut all = Vec::new();
        dictionary.find(&Words::of(text), |number| all.push(number));
        all
    }

    #[test]
    fn whole_words_in_any_case_and_the_longest_phrase() {
        let phrases = ["price index", "consumer price index", "H.15", "oil"];
        assert_eq!(found(&phrases, "The CONSUMER-price/Index (CPI)"), [1]);
        assert_eq!(found(&phrases, "Selected rates (h15), H.15"), [2]);
        assert_eq!(found(&phrases, "soil oils consumer prices"), [0; 0]);
        assert_eq!(found(&phrases, "price index of oil"), [0, 3]);
        assert_eq!(found(&phrases, "consumer price"), [0; 0]);
    }

    #[test]
    fn no_phrase_goes_across_two_keywords() {
        let mut dictionary = Dictionary::default();
        dictionary.add("crude oil", 0);
        let mut words = Words::of("crude");
        words.add("oil");
        assert!(!dictionary.finds_any(&words));
        words.add("Crude-Oil");
        assert!(dictionary.finds_any(&words));
    }

    #[test]
    fn a_phrase_is_there_once_and_has_a_word() {
        let mut dictionary = Dictionary::default();
        assert!(dictionary.add("short-term energy outlook", 0));
        assert!(!dictionary.add("Short Term Energy Outlook", 1));
        assert!(!dictionary.add(" - ", 2));
    }
}

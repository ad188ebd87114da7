//! Rules made ready for scoring.

use std::collections::HashMap;

use jiff::civil::Date;

use super::dictionary::{Dictionary, Words};
use super::rules::{BUILT_IN, Rules, RulesError, Terms, within};
use super::score::{Part, Score};
use crate::datagov::model::Hit;

/// Compiled rules. Made once; scores from any number of threads.
#[derive(Debug, Clone)]
pub struct Relevance {
    pub(super) rules: Rules,
    pub(super) positive: Lexicon,
    pub(super) negative: Lexicon,
    pub(super) machine_readable: Dictionary,
    pub(super) national: Dictionary,
    /// By the words of the name, in lower case.
    pub(super) publishers: HashMap<String, f64>,
}

/// A dictionary with the points of its phrases.
#[derive(Debug, Clone, Default)]
pub(super) struct Lexicon {
    pub(super) dictionary: Dictionary,
    pub(super) terms: Vec<Term>,
}

#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) phrase: String,
    pub(super) class: String,
    pub(super) points: f64,
}

impl Relevance {
    /// The rules that come with the crate.
    ///
    /// # Errors
    /// Never in a released crate: a test reads the rules.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::from_toml(BUILT_IN)
    }

    /// Reads rules with the fields of `relevance.toml`.
    ///
    /// # Errors
    /// Names the line or the field, what stands there and what is allowed.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        let rules = Rules::parse(text)?;
        Ok(Self {
            positive: Lexicon::new("terms", &rules.terms)?,
            negative: Lexicon::new("negative.terms", &rules.negative.terms)?,
            machine_readable: dictionary("machine_readable.words", &rules.machine_readable.words)?,
            national: dictionary("place.words", &rules.place.words)?,
            publishers: rules
                .publisher
                .iter()
                .map(|(name, &points)| (Words::of(name).joined(), points))
                .collect(),
            rules,
        })
    }

    /// The same rules with another threshold, 0 to 1.
    ///
    /// # Errors
    /// When it is out of bounds.
    pub fn with_threshold(mut self, threshold: f64) -> Result<Self, RulesError> {
        within("threshold", threshold, 0.0, 1.0)?;
        self.rules.threshold = threshold;
        Ok(self)
    }

    /// From this total on a dataset counts as relevant.
    pub fn threshold(&self) -> f64 {
        self.rules.threshold
    }

    /// Scores a dataset. `today` is the day from which its age is counted.
    pub fn score(&self, hit: &Hit, today: Date) -> Score {
        let mut parts: Vec<Part> = Vec::with_capacity(12);
        self.publisher_signals(hit, &mut parts);
        self.word_signals(hit, &mut parts);
        self.record_signals(hit, today, &mut parts);
        parts.retain(|part| part.points.abs() > 0.0);
        let sum: f64 = parts.iter().map(|part| part.points).sum();
        // Rounded, so that 0.15 + 0.3 reaches a threshold of 0.45.
        let total = (sum.clamp(0.0, 1.0) * 1e9).round() / 1e9;
        Score { total, relevant: total >= self.rules.threshold, parts }
    }
}

impl Lexicon {
    fn new(field: &str, lists: &[Terms]) -> Result<Self, RulesError> {
        let mut lexicon = Self::default();
        for Terms { class, points, words } in lists {
            for phrase in words {
                add(&mut lexicon.dictionary, &format!("{field}.{class}"), phrase, lexicon.terms.len())?;
                lexicon.terms.push(Term { phrase: phrase.clone(), class: class.clone(), points: *points });
            }
        }
        Ok(lexicon)
    }

    /// The distinct terms in a text, in the order of their first place.
    pub(super) fn find(&self, words: &Words) -> Vec<&Term> {
        let mut numbers: Vec<usize> = Vec::new();
        self.dictionary.find(words, |number| {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        });
        numbers.into_iter().filter_map(|number| self.terms.get(number)).collect()
    }
}

fn dictionary(field: &str, words: &[String]) -> Result<Dictionary, RulesError> {
    let mut dictionary = Dictionary::default();
    for phrase in words {
        add(&mut dictionary, field, phrase, 0)?;
    }
    Ok(dictionary)
}

fn add(dictionary: &mut Dictionary, field: &str, phrase: &str, number: usize) -> Result<(), RulesError> {
    if dictionary.add(phrase, number) {
        return Ok(());
    }
    Err(RulesError::Phrase { field: field.to_owned(), phrase: phrase.to_owned() })
}

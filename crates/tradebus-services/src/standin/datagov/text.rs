//! How the search reads `q` (datagov-catalog, query code of August 2026).

use super::catalog::Entry;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query {
    /// Everything.
    All,
    /// Any of these.
    Any(Vec<Clause>),
}

/// Words that all have to occur in the same field, or a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Clause {
    Words(Vec<String>),
    Phrase(Vec<String>),
}

/// The English stop words of Lucene.
const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
    "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to",
    "was", "will", "with",
];

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let (mut clauses, with_or) = clauses(text);
        clauses.retain(|clause| !clause.words().is_empty());
        let phrases = clauses.iter().filter(|clause| matches!(clause, Clause::Phrase(_))).count();
        if clauses.is_empty() || (!with_or && phrases > 0 && clauses.len() > 1) {
            // A quirk: several phrases, or a phrase with words, without OR find everything.
            return Self::All;
        }
        Self::Any(clauses)
    }

    /// How well a data set fits, or `None` if it does not.
    pub(super) fn score(&self, entry: &Entry) -> Option<f64> {
        let Self::Any(clauses) = self else { return Some(1.0) };
        let fields = fields(entry);
        let score: f64 = clauses.iter().map(|clause| clause.score(&fields)).sum();
        (score > 0.0).then_some(score)
    }
}

impl Clause {
    fn words(&self) -> &[String] {
        match self {
            Self::Words(words) | Self::Phrase(words) => words,
        }
    }

    /// The sum over the fields that hold all words (`most_fields`, with the operator AND in each field).
    fn score(&self, fields: &[(f64, Vec<String>)]) -> f64 {
        let fits = |field: &[String]| match self {
            Self::Words(words) => words.iter().all(|word| field.contains(word)),
            Self::Phrase(words) => field.windows(words.len()).any(|window| window == words),
        };
        let fitting = fields.iter().filter(|(_, field)| fits(field));
        // Shorter fields say more; otherwise the weights decide.
        fitting
            .map(|(weight, field)| weight * self.words().len() as f64 * (1.0 + 1.0 / field.len() as f64))
            .sum()
    }
}

/// The clauses in their order, and whether an OR stands between any of them.
fn clauses(text: &str) -> (Vec<Clause>, bool) {
    let (mut clauses, mut with_or) = (Vec::new(), false);
    for (place, piece) in text.split('"').enumerate() {
        if place % 2 == 1 {
            clauses.push(Clause::Phrase(tokens(piece)));
            continue;
        }
        let mut words = Vec::new();
        for word in piece.split_whitespace() {
            if word.eq_ignore_ascii_case("or") {
                with_or = true;
                clauses.push(Clause::Words(std::mem::take(&mut words)));
            } else {
                words.extend(tokens(word));
            }
        }
        clauses.push(Clause::Words(words));
    }
    (clauses, with_or)
}

/// The words of a text in lower case, without stop words and without stemming.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| !word.is_empty() && !STOP_WORDS.contains(&word.as_str())).collect()
}

/// The fields that are searched, with their weights.
fn fields(entry: &Entry) -> Vec<(f64, Vec<String>)> {
    let record = entry.record;
    let titles: Vec<&str> = record.formats.iter().map(|format| format.title()).collect();
    vec![
        (5.0, tokens(record.title)),
        (3.0, tokens(record.description)),
        (3.0, tokens(record.publisher)),
        (2.0, tokens(&record.keywords.join(" "))),
        (2.0, tokens(&titles.join(" "))),
        (1.0, tokens(&record.themes.join(" "))),
        (1.0, tokens(record.identifier)),
    ]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn words(text: &str) -> Clause {
        Clause::Words(tokens(text))
    }

    fn phrase(text: &str) -> Clause {
        Clause::Phrase(tokens(text))
    }

    #[rstest]
    #[case("", Query::All)]
    #[case("the of", Query::All)]
    #[case("Oil prices", Query::Any(vec![words("oil prices")]))]
    #[case("\"crude oil\"", Query::Any(vec![phrase("crude oil")]))]
    #[case("oil or gas", Query::Any(vec![words("oil"), words("gas")]))]
    #[case("\"crude oil\" OR gas", Query::Any(vec![phrase("crude oil"), words("gas")]))]
    #[case("\"crude oil\" gas", Query::All)]
    #[case("\"a b\" \"c d\"", Query::All)]
    fn queries(#[case] text: &str, #[case] expected: Query) {
        assert_eq!(Query::parse(text), expected);
    }
}

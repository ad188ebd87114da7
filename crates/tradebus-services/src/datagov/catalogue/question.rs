//! What people look for, as an expression of the index.
//!
//! Nothing that they write is syntax of the index: it is cut into words of letters and digits, and each is quoted.

/// The columns in which words are looked for.
const COLUMNS: [&str; 7] =
    ["title", "description", "keyword", "publisher", "distribution", "theme", "identifier"];

/// English words that say nothing (those of Lucene, which the API uses). In a phrase they count.
const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
    "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to",
    "was", "will", "with",
];

/// What stands between two `OR`: all of it must be found.
#[derive(Debug, Default)]
struct Part {
    /// All in one column.
    words: Vec<String>,
    /// Each in any column.
    phrases: Vec<Vec<String>>,
}

/// The expression for a question; `None` where nothing is asked for, which finds everything.
pub(super) fn expression(question: &str) -> Option<String> {
    let parts: Vec<String> = parts(question).into_iter().filter_map(Part::expression).collect();
    (!parts.is_empty()).then(|| parts.join(" OR "))
}

/// The expression for a whole keyword, among others perhaps; `None` if there is nothing in it that is sure to be a word.
pub(super) fn keyword(keyword: &str) -> Option<String> {
    let there = keyword.contains(|letter: char| letter.is_ascii_alphanumeric());
    // The index reads up to the first zero.
    let quoted = keyword.replace('\0', " ").replace('"', "\"\"");
    there.then(|| format!("keyword : \"{quoted}\""))
}

fn parts(question: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    for (place, piece) in question.split('"').enumerate() {
        let quoted = place % 2 == 1;
        if quoted {
            let phrase = words(piece);
            if let (Some(part), true) = (parts.last_mut(), phrase.iter().any(|word| !says_nothing(word))) {
                part.phrases.push(phrase);
            }
            continue;
        }
        for text in piece.split_whitespace() {
            if text.eq_ignore_ascii_case("or") {
                parts.push(Part::default());
            } else if let Some(part) = parts.last_mut() {
                part.add(words(text));
            }
        }
    }
    parts
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| !word.is_empty()).collect()
}

fn says_nothing(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

impl Part {
    fn add(&mut self, words: Vec<String>) {
        for word in words {
            if !says_nothing(&word) && !self.words.contains(&word) {
                self.words.push(word);
            }
        }
    }

    fn expression(self) -> Option<String> {
        let phrases = self.phrases.iter().map(|phrase| format!("\"{}\"", phrase.join(" ")));
        let all: Vec<String> = in_one_column(&self.words).into_iter().chain(phrases).collect();
        (!all.is_empty()).then(|| format!("({})", all.join(" AND ")))
    }
}

fn in_one_column(words: &[String]) -> Option<String> {
    let all = match words {
        [] => return None,
        [word] => return Some(format!("\"{word}\"")),
        words => words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND "),
    };
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("{column} : ({all})")).collect();
    Some(format!("({})", columns.join(" OR ")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::expression;

    #[rstest]
    #[case("", None)]
    #[case("the of", None)]
    #[case("\"the of\" OR or \"", None)]
    #[case("Oil", Some("(\"oil\")"))]
    #[case("\"price of oil\"", Some("(\"price of oil\")"))]
    #[case("oil or gas", Some("(\"oil\") OR (\"gas\")"))]
    #[case(
        "\"crude oil\" gas OR NEAR(x",
        Some(
            "(\"gas\" AND \"crude oil\") OR ((title : (\"near\" AND \"x\") OR \
        description : (\"near\" AND \"x\") OR keyword : (\"near\" AND \"x\") OR publisher : (\"near\" AND \"x\") OR \
        distribution : (\"near\" AND \"x\") OR theme : (\"near\" AND \"x\") OR identifier : (\"near\" AND \"x\")))"
        )
    )]
    fn questions(#[case] question: &str, #[case] expected: Option<&str>) {
        assert_eq!(expression(question).as_deref(), expected);
    }
}

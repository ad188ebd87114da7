//! Which series are meant: masks, dimensions, words.

use super::arguments::Dimensions;
use super::database::Series;

/// Codes of dimensions in their order, each a list of alternatives; an empty list means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask(Vec<Vec<String>>);

impl Mask {
    /// Reads `M.FR+DE.`: places are parted by dots, alternatives by `+`; a value with a `+` in it stands in double quotes.
    /// `None` if it names more places than there are dimensions.
    pub(super) fn parse(text: &str, dimensions: usize) -> Option<Self> {
        let mut places = vec![vec![String::new()]];
        let mut quoted = false;
        for letter in text.chars() {
            match (letter, places.last_mut()) {
                ('"', _) => quoted = !quoted,
                ('.', _) if !quoted => places.push(vec![String::new()]),
                ('+', Some(place)) if !quoted => place.push(String::new()),
                (letter, Some(place)) => {
                    place.iter_mut().last().into_iter().for_each(|value| value.push(letter))
                }
                (_, None) => {}
            }
        }
        places.iter_mut().for_each(|place| place.retain(|value| !value.is_empty()));
        (places.len() <= dimensions).then_some(Self(places))
    }

    /// Whether a series is meant, whose dimensions stand in the order of the dataset.
    pub(super) fn fits(&self, series: &Series) -> bool {
        self.0
            .iter()
            .zip(&series.dimensions)
            .all(|(place, (_, value))| place.is_empty() || place.contains(value))
    }
}

/// Whether a series has one of the values in each of the dimensions. Unknown names and values fit nothing.
pub(super) fn has_dimensions(series: &Series, wanted: &Dimensions) -> bool {
    wanted.iter().all(|(name, values)| {
        series.dimensions.iter().any(|(dimension, value)| dimension == name && values.contains(value))
    })
}

/// Whether all words of `q` occur in the texts.
pub(super) fn has_words(q: &str, texts: &[&str]) -> bool {
    let text = texts.join(" ").to_lowercase();
    q.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> Option<Mask> {
        Mask::parse(text, 3)
    }

    fn places(places: &[&[&str]]) -> Option<Mask> {
        Some(Mask(
            places.iter().map(|place| place.iter().map(|value| (*value).to_owned()).collect()).collect(),
        ))
    }

    #[test]
    fn masks_have_places_and_alternatives() {
        assert_eq!(mask("M.FR+DE.X"), places(&[&["M"], &["FR", "DE"], &["X"]]));
        assert_eq!(mask("M.."), places(&[&["M"], &[], &[]]));
        assert_eq!(mask("M"), places(&[&["M"]]));
        assert_eq!(mask("\"A+B\".X"), places(&[&["A+B"], &["X"]]));
        assert_eq!(mask("a.b.c.d"), None);
    }
}

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
        let (mut places, mut place, mut value) = (Vec::new(), Vec::new(), String::new());
        let mut quoted = false;
        for letter in text.chars() {
            match letter {
                '"' => quoted = !quoted,
                '.' | '+' if !quoted => {
                    place.push(std::mem::take(&mut value));
                    if letter == '.' {
                        places.push(std::mem::take(&mut place));
                    }
                }
                letter => value.push(letter),
            }
        }
        place.push(value);
        places.push(place);
        for place in &mut places {
            place.retain(|value: &String| !value.is_empty());
        }
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

    fn places(places: &[&[&str]]) -> Mask {
        Mask(places.iter().map(|place| place.iter().map(|value| (*value).to_owned()).collect()).collect())
    }

    #[test]
    fn masks_have_places_and_alternatives() {
        assert_eq!(mask("M.FR+DE.X"), Some(places(&[&["M"], &["FR", "DE"], &["X"]])));
        assert_eq!(mask("M.."), Some(places(&[&["M"], &[], &[]])));
        assert_eq!(mask("M"), Some(places(&[&["M"]])));
        assert_eq!(mask("\"A+B\".X"), Some(places(&[&["A+B"], &["X"]])));
        assert_eq!(mask("a.b.c.d"), None);
    }
}

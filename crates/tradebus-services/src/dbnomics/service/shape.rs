//! What an answer of the API must have to be used at all.
//!
//! The models read leniently, so that one odd field spoils nothing. An answer of which nothing is left is another matter:
//! it is refused here, before it gets into the cache.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::dbnomics::model::{
    Cell, Dataset, DatasetAnswer, LastUpdates, Page, Provider, ProviderAnswer, ProvidersAnswer, SearchAnswer,
    Series, SeriesAnswer,
};

/// An answer of the API.
pub(super) trait Shape: DeserializeOwned {
    /// The field without which it is no such answer.
    const FIELD: &'static str;

    /// What speaks against using it.
    fn check(&self, body: &[u8]) -> Result<(), String>;
}

/// Reads an answer.
///
/// # Errors
///
/// Says what is wrong with its form.
pub(super) fn read<T: Shape>(body: &[u8]) -> Result<T, String> {
    #[expect(clippy::zero_sized_map_values, reason = "serde reads no object as a set")]
    let fields: HashMap<String, IgnoredAny> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if !fields.contains_key(T::FIELD) {
        return Err(format!("the field `{}` is missing", T::FIELD));
    }
    let answer: T = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    answer.check(body)?;
    Ok(answer)
}

/// An entry of a list of the API.
pub(super) trait Entry {
    /// Whether it says what it is about. An entry of another form is read as one that does not.
    fn is_named(&self) -> bool;
}

impl Entry for Provider {
    fn is_named(&self) -> bool {
        !self.code.is_empty()
    }
}

impl Entry for Dataset {
    fn is_named(&self) -> bool {
        !self.code.is_empty()
    }
}

impl Entry for Series {
    fn is_named(&self) -> bool {
        self.id().is_ok()
    }
}

/// How many entries of a page cannot be used.
pub(super) fn unusable<T: Entry>(page: &Page<T>) -> usize {
    page.skipped() + page.docs().iter().filter(|entry| !entry.is_named()).count()
}

fn usable<T: Entry>(page: &Page<T>) -> Result<(), String> {
    let lost = unusable(page);
    let all = page.docs().len() + page.skipped();
    if lost > 0 && lost == all {
        return Err(format!("none of its {all} entries can be read"));
    }
    Ok(())
}

impl Shape for ProvidersAnswer {
    const FIELD: &'static str = "providers";

    fn check(&self, _: &[u8]) -> Result<(), String> {
        usable(&self.providers)
    }
}

impl Shape for ProviderAnswer {
    const FIELD: &'static str = "provider";

    fn check(&self, body: &[u8]) -> Result<(), String> {
        #[derive(Deserialize)]
        struct Tree {
            #[serde(default, rename = "category_tree")]
            _category_tree: Option<Vec<IgnoredAny>>,
        }
        if !self.provider.as_ref().is_some_and(Entry::is_named) {
            return Err("the provider has no code".to_owned());
        }
        // The model reads what is no list as an empty one.
        serde_json::from_slice::<Tree>(body).map_err(|error| format!("`category_tree`: {error}"))?;
        Ok(())
    }
}

impl Shape for DatasetAnswer {
    const FIELD: &'static str = "datasets";

    fn check(&self, _: &[u8]) -> Result<(), String> {
        usable(&self.datasets)
    }
}

impl Shape for SearchAnswer {
    const FIELD: &'static str = "results";

    fn check(&self, _: &[u8]) -> Result<(), String> {
        usable(&self.results)
    }
}

impl Shape for LastUpdates {
    const FIELD: &'static str = "datasets";

    fn check(&self, _: &[u8]) -> Result<(), String> {
        usable(&self.datasets)?;
        usable(&self.providers)
    }
}

impl Shape for SeriesAnswer {
    const FIELD: &'static str = "series";

    fn check(&self, _: &[u8]) -> Result<(), String> {
        usable(&self.series)?;
        let mut wrong = self.series.docs().iter().map(lists);
        // One good series among others is worth keeping; the others are reported one by one.
        match wrong.next() {
            Some(Err(first)) if wrong.all(|series| series.is_err()) => Err(first),
            _ => Ok(()),
        }
    }
}

/// Whether the lists of a series belong together, and hold values.
pub(super) fn lists(series: &Series) -> Result<(), String> {
    series.check_lengths().map_err(|error| error.to_string())?;
    let cells = || series.value.iter().flatten();
    let strange = strange(series);
    if strange > 0 && !cells().any(|cell| matches!(cell, Cell::Number(_))) {
        return Err(format!("none of {} values is a number", cells().count()));
    }
    Ok(())
}

/// How many values are neither numbers nor missing.
pub(super) fn strange(series: &Series) -> usize {
    series.value.iter().flatten().filter(|cell| matches!(cell, Cell::Strange)).count()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{DatasetAnswer, LastUpdates, ProviderAnswer, SeriesAnswer, Shape, read};

    fn reason<T: Shape>(body: &str) -> String {
        read::<T>(body.as_bytes()).err().unwrap_or_default()
    }

    #[rstest]
    #[case(reason::<SeriesAnswer>("[]"), "map")]
    #[case(reason::<SeriesAnswer>(r#"{"message": "hello"}"#), "`series` is missing")]
    #[case(reason::<SeriesAnswer>(r#"{"series": 1}"#), "invalid type")]
    #[case(reason::<DatasetAnswer>(r#"{"datasets": {"docs": {"items": [{"code": "A"}]}}}"#), "none of its 1 entries")]
    #[case(reason::<LastUpdates>(r#"{"datasets": {"docs": []}, "providers": {"docs": [7]}}"#), "none of its 1 entries")]
    #[case(reason::<ProviderAnswer>(r#"{"provider": {"code": "A"}, "category_tree": {}}"#), "`category_tree`")]
    #[case(reason::<ProviderAnswer>(r#"{"provider": null}"#), "has no code")]
    fn what_is_of_another_form_is_refused(#[case] reason: String, #[case] says: &str) {
        assert!(reason.contains(says), "{reason}");
    }

    #[test]
    fn an_empty_page_is_a_page() {
        assert_eq!(reason::<SeriesAnswer>(r#"{"series": {"docs": [], "num_found": 0}, "errors": null}"#), "");
        assert_eq!(reason::<ProviderAnswer>(r#"{"provider": {"code": "A"}}"#), "");
    }
}

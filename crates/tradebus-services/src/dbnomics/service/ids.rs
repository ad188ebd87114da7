//! The parameter `series_ids`: one id, or a list of them.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::dbnomics::SeriesId;

/// At most so many ids in one request.
pub(super) const MAX_IDS: usize = 500;

/// Ids of series, from 1 to [`MAX_IDS`], each once, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ids(pub(super) Vec<SeriesId>);

struct IdsVisitor;

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = Ids;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an id PROVIDER/DATASET/SERIES, or a list of 1 to {MAX_IDS} of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Ids, E> {
        text.parse().map(|id| Ids(vec![id])).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ids, A::Error> {
        let (mut ids, mut seen, mut given) = (Vec::new(), HashSet::new(), 0_usize);
        while let Some(id) = seq.next_element::<SeriesId>()? {
            given += 1;
            if given > MAX_IDS {
                let all = given + seq.size_hint().unwrap_or(0);
                return Err(A::Error::custom(format!("{all} ids are given: allowed are 1 to {MAX_IDS}")));
            }
            if seen.insert(id.clone()) {
                ids.push(id);
            }
        }
        if ids.is_empty() {
            return Err(A::Error::custom(format!("no id is given: allowed are 1 to {MAX_IDS}")));
        }
        Ok(Ids(ids))
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdsVisitor)
    }
}

//! A page of hits: `GET /search`, and `GET /dataset/{slug}`, which answers with a page of one.

use serde::Serialize;
use serde_json::Value;

use super::hit::Hit;
use super::read::{self, NoAnswer};

/// A page of hits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchPage {
    /// Those that could be read.
    pub hits: Vec<Hit>,
    /// Those that could not.
    pub unreadable: Vec<Unreadable>,
    /// The cursor of the next page; `None` after the last. Opaque.
    pub after: Option<String>,
    /// The order that was used.
    pub sort: Option<String>,
    /// `GET /dataset` only: 0 with status 404 where there is no such dataset.
    pub total: Option<u64>,
}

/// A hit that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Its place on the page, from 0.
    pub index: usize,
    /// What it can be named by: its document id, if it has one.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
}

impl SearchPage {
    /// Reads a body.
    ///
    /// # Errors
    /// Where it is no JSON object with a list `results`. A single hit never fails the page.
    pub fn parse(body: &[u8]) -> Result<Self, NoAnswer> {
        let (map, results) = read::body(body, "results")?;
        let mut fields = read::Fields::of(&map);
        let mut page = Self {
            after: fields.text("after"),
            sort: fields.text("sort"),
            total: fields.count("total"),
            ..Self::default()
        };
        for (index, value) in results.iter().enumerate() {
            match Hit::read(value) {
                Ok(hit) => page.hits.push(hit),
                Err(reason) => page.unreadable.push(Unreadable { index, name: name(value), reason }),
            }
        }
        Ok(page)
    }
}

fn name(value: &Value) -> Option<String> {
    let id = value.get("_sort")?.as_array()?.last()?.as_str()?;
    Some(id.chars().take(64).collect())
}

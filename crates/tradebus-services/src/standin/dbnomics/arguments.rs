//! The arguments of a query, checked as the API checks them.

use std::collections::BTreeMap;

use super::failure;
use crate::standin::pairs::Pairs;
use crate::standin::reply::Reply;

/// Values of dimensions by dimension.
pub(super) type Dimensions = BTreeMap<String, Vec<String>>;

/// A page of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) limit: usize,
    pub(super) offset: usize,
}

impl Page {
    /// Reads `limit` and `offset`; `prefix` stands before both names.
    pub(super) fn parse(query: &Pairs, prefix: &str, default: usize, most: usize) -> Result<Self, Reply> {
        let limit = number(query, &format!("{prefix}limit"), default, Some(most))?;
        Ok(Self { limit, offset: number(query, &format!("{prefix}offset"), 0, None)? })
    }

    pub(super) fn of<T>(self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.offset).take(self.limit).collect()
    }

    /// A page of a list that never ends: it begins again and again.
    pub(super) fn of_endless<T: Clone>(self, items: &[T]) -> Vec<T> {
        match items.len() {
            0 => Vec::new(),
            length => items.iter().cycle().skip(self.offset % length).take(self.limit).cloned().collect(),
        }
    }
}

/// Refuses arguments that do not belong there.
pub(super) fn only(query: &Pairs, allowed: &[&str]) -> Result<(), Reply> {
    let Some((name, value)) = query.iter().find(|(name, _)| !allowed.contains(name)) else { return Ok(()) };
    Err(invalid(&format!("{{'{name}': '{value}'}} (dict): additional properties: ['{name}']")))
}

pub(super) fn flag(query: &Pairs, name: &str, default: bool) -> Result<bool, Reply> {
    match query.get(name).map(str::to_lowercase).as_deref() {
        None => Ok(default),
        Some("1" | "true") => Ok(true),
        Some("0" | "false") => Ok(false),
        // The words are ours.
        Some(value) => Err(invalid(&format!("'{value}' (str): must be a boolean (at {name})"))),
    }
}

/// `dimensions`: a JSON object of lists.
pub(super) fn dimensions(query: &Pairs) -> Result<Dimensions, Reply> {
    let Some(text) = query.get("dimensions").filter(|text| !text.is_empty()) else {
        return Ok(Dimensions::new());
    };
    serde_json::from_str(text)
        // The words are ours.
        .map_err(|_| invalid(&format!("'{text}' (str): must be a JSON object of lists (at dimensions)")))
}

fn number(query: &Pairs, name: &str, default: usize, most: Option<usize>) -> Result<usize, Reply> {
    let Some(text) = query.get(name) else { return Ok(default) };
    // The words of the first two are ours, those of the last were seen.
    let given: i64 =
        text.parse().map_err(|_| invalid(&format!("'{text}' (str): must be an integer (at {name})")))?;
    let number = usize::try_from(given)
        .map_err(|_| invalid(&format!("{given} (int): must not be smaller than 0 (at {name})")))?;
    match most {
        Some(most) if number > most => {
            Err(invalid(&format!("{given} (int): must not be larger than {most} (at {name})")))
        }
        _ => Ok(number),
    }
}

pub(super) fn invalid(what: &str) -> Reply {
    failure(400, &format!("Invalid value {what}"))
}

//! The data sets, and what may change about them.

use parking_lot::RwLock;

use super::gateway::Gateway;
use super::organizations::ORGANIZATIONS;
use super::record::{Organization, Record};
use super::records::RECORDS;

/// All data sets with what belongs to them.
#[derive(Debug)]
pub(crate) struct Catalog {
    entries: RwLock<Vec<Entry>>,
    gateway: Gateway,
}

/// A data set.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) record: &'static Record,
    pub(super) organization: &'static Organization,
    /// At most 90 characters, as the catalogue makes them.
    pub(super) slug: String,
    /// The document id: a UUID, or 32 hex digits in older records.
    pub(super) id: String,
    /// The id of the harvest record, always a UUID of version 4.
    pub(super) harvest_id: String,
    pub(super) modified: String,
    /// ISO date-time without a zone.
    pub(super) harvested: String,
}

impl Catalog {
    pub(crate) fn new() -> Self {
        let entries = RECORDS.iter().enumerate().map(|(number, record)| Entry::new(number, record)).collect();
        Self { entries: RwLock::new(entries), gateway: Gateway::new() }
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.read().clone()
    }

    pub(super) fn find(&self, fits: impl Fn(&Entry) -> bool) -> Option<Entry> {
        self.entries.read().iter().find(|entry| fits(entry)).cloned()
    }

    pub(crate) fn slugs(&self) -> Vec<String> {
        self.entries.read().iter().map(|entry| entry.slug.clone()).collect()
    }

    pub(crate) fn touch(&self, slug: &str, modified: &str) -> bool {
        let mut entries = self.entries.write();
        let Some(entry) = entries.iter_mut().find(|entry| entry.slug == slug) else { return false };
        modified.clone_into(&mut entry.modified);
        entry.harvested = format!("{modified}T23:30:00.000001");
        true
    }
}

impl Entry {
    fn new(number: usize, record: &'static Record) -> Self {
        let organization = ORGANIZATIONS
            .iter()
            .find(|organization| organization.slug == record.organization)
            .unwrap_or(&ORGANIZATIONS[0]);
        let id = if record.old {
            format!("{:032x}", 0x5eed_0000_0000_0000_0000_0000_0000_0000_u128 + number as u128)
        } else {
            format!("5eed0000-0000-4000-8000-{number:012x}")
        };
        let day = 1 + number % 20;
        Self {
            record,
            organization,
            slug: slug(record.title),
            id,
            harvest_id: format!("5eed0001-0000-4000-8000-{number:012x}"),
            modified: record.modified.to_owned(),
            harvested: format!("2026-11-{day:02}T21:{:02}:18.{:06}", number % 60, 600_001 + number),
        }
    }
}

/// The title in lower case with hyphens, cut to 90 characters, in the middle of a word if need be.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') && letter != '\'' {
            slug.push('-');
        }
    }
    slug.truncate(90);
    slug.trim_end_matches('-').to_owned()
}

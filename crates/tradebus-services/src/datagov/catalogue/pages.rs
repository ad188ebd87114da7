//! Writing a page: its datasets, and how far the walk has come with it, become durable together.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::error::CatalogueError;
use super::walks::{self, Walk};
use super::{Catalogue, record};
use crate::datagov::Hit;

/// What became of the datasets of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saved {
    /// Those that were not there before.
    pub new: u64,
    /// Those that were.
    pub replaced: u64,
}

impl Catalogue {
    /// Keeps the datasets of a page, and counts them and the page into the walk, which goes on from its `after`. All of it or, with an error,
    /// nothing: the walk is then as it was, but for its `after` and what the caller has counted himself.
    ///
    /// # Errors
    ///
    /// [`CatalogueError::Full`] where there is no room; others when the file cannot be written.
    pub fn save(&self, hits: Vec<Hit>, walk: &mut Walk) -> Result<Saved, CatalogueError> {
        let mut writer = self.writer.lock();
        let save = || {
            let begun = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let saved = put_all(&begun, hits)?;
            let mut further = walk.clone();
            further.count(saved);
            walks::put(&begun, &mut further)?;
            begun.commit()?;
            *walk = further;
            Ok(saved)
        };
        save().map_err(|error: CatalogueError| error.of_writing(self.max_bytes))
    }
}

fn put_all(begun: &Transaction<'_>, hits: Vec<Hit>) -> Result<Saved, CatalogueError> {
    let mut saved = Saved::default();
    for hit in hits {
        if put(begun, hit)? {
            saved.new += 1;
        } else {
            saved.replaced += 1;
        }
    }
    Ok(saved)
}

/// Keeps a dataset. Whether it is new.
fn put(begun: &Transaction<'_>, hit: Hit) -> Result<bool, CatalogueError> {
    let row = Row::of(&hit);
    let packed = record::pack(hit)?;
    let known: Option<(i64, Vec<u8>)> = begun
        .prepare_cached("SELECT number, hit FROM dataset WHERE key = ?1")?
        .query_row([&row.key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let number = match known {
        // All that is beside it was made of it.
        Some((_, before)) if before == packed => return Ok(false),
        Some((number, _)) => {
            begun.prepare_cached("DELETE FROM dataset_text WHERE rowid = ?1")?.execute([number])?;
            Some(number)
        }
        None => None,
    };
    begun
        .prepare_cached(
            "INSERT INTO dataset (number, key, org_slug, org_type, publisher, keywords, has_download, harvested, hit)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (key) DO UPDATE SET org_slug = excluded.org_slug, org_type = excluded.org_type,
                publisher = excluded.publisher, keywords = excluded.keywords, has_download = excluded.has_download,
                harvested = excluded.harvested, hit = excluded.hit",
        )?
        .execute(params![
            number, row.key, row.org_slug, row.org_type, row.publisher, row.keywords, row.has_download,
            row.harvested, packed
        ])?;
    let number = number.unwrap_or_else(|| begun.last_insert_rowid());
    let [title, description, keyword, publisher, files, theme, identifier] = &row.texts;
    begun
        .prepare_cached(
            "INSERT INTO dataset_text (rowid, title, description, keyword, publisher, distribution, theme, identifier)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![number, title, description, keyword, publisher, files, theme, identifier])?;
    Ok(known.is_none())
}

/// What is looked for in a dataset.
struct Row {
    key: String,
    org_slug: String,
    org_type: String,
    publisher: String,
    keywords: String,
    has_download: bool,
    harvested: String,
    /// In the order of the columns of the index.
    texts: [String; 7],
}

impl Row {
    fn of(hit: &Hit) -> Self {
        let organization = hit.organization.as_ref();
        let publisher = hit.publisher.clone().unwrap_or_default();
        let identifier = hit.identifier.clone().unwrap_or_default();
        let lines = |texts: &[String]| texts.join("\n");
        Self {
            key: key(hit).to_owned(),
            org_slug: organization.map(|of| of.slug.clone()).unwrap_or_default(),
            org_type: organization.and_then(|of| of.organization_type.clone()).unwrap_or_default(),
            publisher: publisher.to_lowercase(),
            keywords: hit.keyword.iter().map(|keyword| among(keyword)).collect(),
            has_download: hit.has_download == Some(true),
            harvested: hit.last_harvested_date.clone().unwrap_or_default(),
            texts: [
                hit.title.clone(),
                hit.description.clone(),
                lines(&hit.keyword),
                publisher,
                lines(&hit.distribution_titles),
                lines(&hit.theme),
                identifier,
            ],
        }
    }
}

/// What a dataset is known by: its id, else its slug, else what it has.
fn key(hit: &Hit) -> &str {
    let names = [hit.id.as_deref(), Some(hit.slug.as_str()), hit.identifier.as_deref()];
    names.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or(&hit.title)
}

/// A whole keyword as it stands among those of a dataset, so that no part of another one is found in its place.
pub(super) fn among(keyword: &str) -> String {
    format!("\n{}\n", keyword.to_lowercase().replace('\n', " "))
}

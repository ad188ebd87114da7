//! Walks: which queries are loaded, and how far they have come.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::Serialize;
use serde_json::Value;

use super::Catalogue;
use super::error::CatalogueError;
use super::pages::Saved;

/// Walks that are remembered. Of more, those that ended first are forgotten, not their datasets.
const REMEMBERED: i64 = 100;

/// A query that is loaded page by page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Walk {
    /// Its id: a hash of its filters.
    pub load: String,
    /// What narrows it, as the parameters of its request.
    pub filters: Value,
    /// How it is.
    pub state: WalkState,
    /// Datasets that a page has, 1 to 1000.
    pub per_page: u64,
    /// After so many it stops.
    pub max_records: Option<u64>,
    /// The cursor of the next page; `None` before the first and after the last.
    #[serde(skip)]
    pub after: Option<String>,
    /// Whether it has begun anew because the API did not take a cursor, which it does once.
    #[serde(skip)]
    pub began_anew: bool,
    /// Pages that it has seen.
    pub pages: u64,
    /// Datasets that it has seen.
    pub records: u64,
    /// Of these, those that were not in the catalogue.
    pub new: u64,
    /// And those that were: loaded before, or twice on this walk.
    pub replaced: u64,
    /// What could not be read, and is not counted in `records`.
    pub unreadable: u64,
    /// Why it has ended before the end, or what else there is to say.
    pub message: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When it was last written down.
    pub changed: Timestamp,
}

/// How a walk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkState {
    /// It is under way, or will be when the service runs again.
    Running,
    /// It has seen all that its query finds.
    Done,
    /// It could not go on.
    Failed,
    /// It has seen as many as it should.
    Stopped,
}

impl Walk {
    /// One that begins.
    pub fn new(load: impl Into<String>, filters: Value, per_page: u64) -> Self {
        let now = Timestamp::now();
        Self {
            load: load.into(),
            filters,
            state: WalkState::Running,
            per_page,
            max_records: None,
            after: None,
            began_anew: false,
            pages: 0,
            records: 0,
            new: 0,
            replaced: 0,
            unreadable: 0,
            message: None,
            began: now,
            changed: now,
        }
    }

    /// Whether it has ended before its end and can go on from there.
    pub(crate) fn goes_on(&self) -> bool {
        self.state != WalkState::Done && self.after.is_some()
    }

    /// Stops it if it has seen as many as it should.
    pub(crate) fn stop_if_full(&mut self) {
        if let Some(max) =
            self.max_records.filter(|max| self.state == WalkState::Running && *max <= self.records)
        {
            self.state = WalkState::Stopped;
            self.message = Some(format!("there are more than `max_records` allows, which is {max}"));
        }
    }

    pub(super) fn count(&mut self, saved: Saved) {
        self.pages += 1;
        self.records += saved.new + saved.replaced;
        self.new += saved.new;
        self.replaced += saved.replaced;
        self.stop_if_full();
    }

    fn read(row: &Row<'_>) -> Result<Self, CatalogueError> {
        let damaged = |what: &str, error: &dyn std::fmt::Display| {
            CatalogueError::Damaged(format!("the {what} of a walk: {error}"))
        };
        let time = |name: &str| -> Result<Timestamp, CatalogueError> {
            row.get::<_, String>(name)?.parse().map_err(|error: jiff::Error| damaged(name, &error))
        };
        let (filters, state): (String, String) = (row.get("filters")?, row.get("state")?);
        Ok(Self {
            load: row.get("load")?,
            filters: serde_json::from_str(&filters).map_err(|error| damaged("filters", &error))?,
            state: WalkState::of(&state).ok_or_else(|| damaged("state", &state))?,
            per_page: row.get("per_page")?,
            max_records: row.get("max_records")?,
            after: row.get("after")?,
            began_anew: row.get("began_anew")?,
            pages: row.get("pages")?,
            records: row.get("records")?,
            new: row.get("new")?,
            replaced: row.get("replaced")?,
            unreadable: row.get("unreadable")?,
            message: row.get("message")?,
            began: time("began")?,
            changed: time("changed")?,
        })
    }
}

impl WalkState {
    const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Stopped];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Catalogue {
    /// A walk by its id.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn walk(&self, load: &str) -> Result<Option<Walk>, CatalogueError> {
        self.readers.with(|connection| {
            let mut asked = connection.prepare_cached("SELECT * FROM walk WHERE load = ?1")?;
            asked.query_row([load], |row| Ok(Walk::read(row))).optional()?.transpose()
        })
    }

    /// All walks, that which changed last first: 100 at most.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn walks(&self) -> Result<Vec<Walk>, CatalogueError> {
        self.readers.with(|connection| {
            let mut asked =
                connection.prepare_cached("SELECT * FROM walk ORDER BY changed DESC, load LIMIT ?1")?;
            asked.query_map([REMEMBERED], |row| Ok(Walk::read(row)))?.map(|read| read?).collect()
        })
    }

    /// Writes down how a walk is.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn put_walk(&self, walk: &mut Walk) -> Result<(), CatalogueError> {
        put(&self.writer.lock(), walk).map_err(|error| error.of_writing(self.max_bytes))
    }
}

pub(super) fn put(connection: &Connection, walk: &mut Walk) -> Result<(), CatalogueError> {
    walk.changed = Timestamp::now();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO walk
            (load, filters, state, per_page, max_records, after, began_anew, pages, records, new, replaced, unreadable,
                message, began, changed)
            VALUES (:load, :filters, :state, :per_page, :max_records, :after, :began_anew, :pages, :records, :new,
                :replaced, :unreadable, :message, :began, :changed)",
        )?
        .execute(named_params! {
            ":load": walk.load,
            ":filters": walk.filters.to_string(),
            ":state": walk.state.name(),
            ":per_page": walk.per_page,
            ":max_records": walk.max_records,
            ":after": walk.after,
            ":began_anew": walk.began_anew,
            ":pages": walk.pages,
            ":records": walk.records,
            ":new": walk.new,
            ":replaced": walk.replaced,
            ":unreadable": walk.unreadable,
            ":message": walk.message,
            ":began": walk.began.to_string(),
            ":changed": walk.changed.to_string(),
        })?;
    connection
        .prepare_cached(
            "DELETE FROM walk WHERE load IN
            (SELECT load FROM walk ORDER BY state = 'running' DESC, changed DESC LIMIT -1 OFFSET ?1)",
        )?
        .execute([REMEMBERED])?;
    Ok(())
}

//! The tables, and how a file with them is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::error::CatalogueError;

/// Stands in the file, so that databases of others are told apart: `tbdg`.
const APPLICATION: i64 = 0x7462_6467;
/// The version of the tables. One that changes them has another number.
const VERSION: i64 = 1;
/// How long one connection waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// `dataset_text` holds words and no texts, which are in `hit` already; its columns and their weights are those of the API.
const TABLES: &str = "
CREATE TABLE dataset (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    org_slug TEXT NOT NULL,
    org_type TEXT NOT NULL,
    publisher TEXT NOT NULL,
    keywords TEXT NOT NULL,
    has_download INTEGER NOT NULL,
    harvested TEXT NOT NULL,
    hit BLOB NOT NULL
) STRICT;
CREATE INDEX dataset_of_organization ON dataset (org_slug);
CREATE INDEX dataset_by_date ON dataset (harvested DESC);
CREATE VIRTUAL TABLE dataset_text USING fts5 (
    title, description, keyword, publisher, distribution, theme, identifier,
    content = '', contentless_delete = 1, tokenize = \"unicode61 remove_diacritics 0\"
);
CREATE TABLE walk (
    load TEXT PRIMARY KEY,
    filters TEXT NOT NULL,
    state TEXT NOT NULL,
    per_page INTEGER NOT NULL,
    max_records INTEGER,
    after TEXT,
    began_anew INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    records INTEGER NOT NULL,
    new INTEGER NOT NULL,
    replaced INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    message TEXT,
    began TEXT NOT NULL,
    changed TEXT NOT NULL
) STRICT;
";

/// Opens a file for writing. One that is new or empty gets the tables.
pub(super) fn open(path: &Path, max_bytes: u64) -> Result<Connection, CatalogueError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = connect(path, flags)?;
    if !is_ours(path, &connection)? {
        // Whoever comes first makes the tables; the other one finds them.
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !is_ours(path, &begun)? {
            make(&begun)?;
        }
        begun.commit()?;
    }
    // The log lets others read while a page is written.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    let page_size: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = i64::try_from(max_bytes / page_size.max(1)).unwrap_or(i64::MAX).clamp(1, 0xffff_fffe);
    // It answers with what holds: never less than there are already.
    connection.pragma_update_and_check(None, "max_page_count", pages, |_row| Ok(()))?;
    Ok(connection)
}

/// Opens a file that has the tables, for reading.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, CatalogueError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "cache_size", -8_192)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, CatalogueError> {
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| CatalogueError::File { path: path.to_owned(), reason: error.to_string() })?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

fn make(begun: &Transaction<'_>) -> Result<(), CatalogueError> {
    begun.execute_batch(TABLES)?;
    begun.pragma_update(None, "application_id", APPLICATION)?;
    begun.pragma_update(None, "user_version", VERSION)?;
    Ok(())
}

/// Whether the tables are there; false for a file with nothing in it.
fn is_ours(path: &Path, connection: &Connection) -> Result<bool, CatalogueError> {
    let foreign = |reason: String| CatalogueError::Foreign { path: path.to_owned(), reason };
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign("it is no database".to_owned()),
        _ => CatalogueError::from(error),
    })?;
    let found = number("user_version")?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, found, tables) {
        (APPLICATION, VERSION, _) => Ok(true),
        (APPLICATION, found, _) => {
            Err(CatalogueError::Version { path: path.to_owned(), found, known: VERSION })
        }
        (0, 0, 0) => Ok(false),
        _ => Err(foreign("it is a database of something else".to_owned())),
    }
}

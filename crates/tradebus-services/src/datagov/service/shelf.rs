//! Where the catalogue on disk stands. It is opened when it is needed first, so that a service that loads nothing needs no place for it.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::sync::{Mutex, Semaphore};
use tradebus::{ErrorCode, ServiceError};

use crate::datagov::{Catalogue, CatalogueError};
use crate::settings::SettingsError;

/// Searches and rankings that read at one time; others wait.
const READERS: usize = 4;
/// The smallest bound: an empty catalogue takes some tens of kilobytes.
const LEAST_BYTES: u64 = 1 << 20;

/// The table `[services.datagov.catalogue]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CatalogueSettings {
    /// Its file. Default `$XDG_DATA_HOME/tradebus/datagov.sqlite`, and `$HOME/.local/share` where that is not set.
    pub path: Option<PathBuf>,
    /// The largest that its file gets, in bytes, at least 1 MiB. Default 4 GiB.
    pub max_bytes: u64,
}

impl Default for CatalogueSettings {
    fn default() -> Self {
        Self { path: None, max_bytes: 4 << 30 }
    }
}

/// The catalogue, if there is one.
#[derive(Debug)]
pub(super) struct Shelf {
    place: Place,
    max_bytes: u64,
    opened: Mutex<Option<Arc<Catalogue>>>,
    readers: Arc<Semaphore>,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    /// Made when it is needed, and gone with the service.
    Temporary(Mutex<Option<TempDir>>),
    Unknown,
}

impl Shelf {
    pub(super) fn new(settings: &CatalogueSettings, temporary: bool) -> Result<Self, SettingsError> {
        let max_bytes = settings.max_bytes;
        if max_bytes < LEAST_BYTES {
            let problem = format!("`catalogue.max_bytes` is {max_bytes}: allowed are {LEAST_BYTES} and more");
            return Err(SettingsError::Service { problems: vec![problem] });
        }
        let place = match &settings.path {
            Some(path) => Place::File(path.clone()),
            None if temporary => Place::Temporary(Mutex::default()),
            None => usual(|name| env::var_os(name).map(PathBuf::from)).map_or(Place::Unknown, Place::File),
        };
        Ok(Self { place, max_bytes, opened: Mutex::default(), readers: Arc::new(Semaphore::new(READERS)) })
    }

    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// The catalogue, made where there is none.
    pub(super) async fn make(&self) -> Result<Arc<Catalogue>, ServiceError> {
        let mut opened = self.opened.lock().await;
        if let Some(catalogue) = &*opened {
            return Ok(catalogue.clone());
        }
        let (path, max_bytes) = (self.path().await?, self.max_bytes);
        let catalogue = Arc::new(blocking(move || Catalogue::open(&path, max_bytes)).await?);
        Ok(opened.insert(catalogue).clone())
    }

    /// The catalogue, if there is one.
    pub(super) async fn look(&self) -> Result<Option<Arc<Catalogue>>, ServiceError> {
        let mut opened = self.opened.lock().await;
        if opened.is_none() {
            if let Place::Temporary(folder) = &self.place
                && folder.lock().await.is_none()
            {
                return Ok(None);
            }
            let (path, max_bytes) = (self.path().await?, self.max_bytes);
            *opened = blocking(move || Catalogue::open_if_there(&path, max_bytes)).await?.map(Arc::new);
        }
        Ok(opened.clone())
    }

    /// Reads from the catalogue.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Catalogue) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let Some(catalogue) = self.look().await? else {
            return Err(ServiceError::not_found(
                "nothing is loaded: `datagov.datasets.load` fills the local catalogue",
            ));
        };
        // It is never closed. A search goes on when nobody waits for it any more, and counts as long as it does.
        let permit = self.readers.clone().acquire_owned().await;
        blocking(move || {
            let _permit = permit;
            read(&catalogue)
        })
        .await
    }

    async fn path(&self) -> Result<PathBuf, ServiceError> {
        let unusable = |reason: String| ServiceError::new(ErrorCode::Unavailable, reason);
        match &self.place {
            Place::File(path) => Ok(path.clone()),
            Place::Temporary(folder) => {
                let mut folder = folder.lock().await;
                let folder = match &mut *folder {
                    Some(folder) => folder,
                    none => none.insert(
                        TempDir::with_prefix("tradebus-datagov-")
                            .map_err(|error| unusable(format!("there is no place for the catalogue: {error}")))?,
                    ),
                };
                Ok(folder.path().join("datagov.sqlite"))
            }
            Place::Unknown => Err(unusable(
                "there is no place for the catalogue: set `services.datagov.catalogue.path`, or XDG_DATA_HOME or HOME in the environment"
                    .to_owned(),
            )),
        }
    }
}

/// Where the data of a user lie (XDG base directories: a path that is not absolute counts for nothing).
fn usual(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let data = variable("XDG_DATA_HOME").filter(absolute);
    let home = || variable("HOME").filter(absolute).map(|home| home.join(Path::new(".local/share")));
    Some(data.or_else(home)?.join("tradebus/datagov.sqlite"))
}

/// Does what blocks where it is in nobody's way.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogueError> + Send + 'static,
) -> Result<T, ServiceError> {
    let outcome = tokio::task::spawn_blocking(work).await;
    let outcome = outcome.map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))?;
    outcome.map_err(|error| match error {
        CatalogueError::Cursor => ServiceError::bad_request(error.to_string()),
        _ => ServiceError::new(ErrorCode::Unavailable, error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{PathBuf, usual};

    #[rstest]
    #[case(Some("/data"), Some("/home/u"), Some("/data/tradebus/datagov.sqlite"))]
    #[case(Some("data"), Some("/home/u"), Some("/home/u/.local/share/tradebus/datagov.sqlite"))]
    #[case(None, Some("/home/u"), Some("/home/u/.local/share/tradebus/datagov.sqlite"))]
    #[case(None, Some(""), None)]
    #[case(None, None, None)]
    fn the_usual_place(#[case] data: Option<&str>, #[case] home: Option<&str>, #[case] path: Option<&str>) {
        let found = usual(|name| if name == "HOME" { home } else { data }.map(PathBuf::from));
        assert_eq!(found, path.map(PathBuf::from));
    }
}

//! The directory of a store: who has it, and which files it holds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::OpenError;
use super::frame::FileKind;

/// Added to the names of files that a repair put aside.
const DAMAGED: &str = "damaged";
/// Added to the name of a file that is being made.
const UNFINISHED: &str = "unfinished";

/// A directory that this process has for itself, for as long as this lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// For syncing the names of files.
    handle: File,
    lock: File,
}

/// The numbers of the files, rising.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) segments: Vec<u64>,
    pub(super) snapshots: Vec<u64>,
}

impl Directory {
    /// Takes the directory, which is created if there is none.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        fs::create_dir_all(path).map_err(OpenError::io(path, "create the directory"))?;
        let lock_path = path.join("LOCK");
        let cannot_lock = OpenError::io(&lock_path, "lock the directory");
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&lock_path);
        let mut lock = open.map_err(OpenError::io(&lock_path, "open the lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = lock.read_to_string(&mut pid);
                return Err(OpenError::InUse { directory: path.into(), pid: pid.trim().parse().ok() });
            }
            Err(TryLockError::Error(source)) => return Err(cannot_lock(source)),
        }
        let written = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        written.map_err(OpenError::io(&lock_path, "write"))?;
        let handle = File::open(path).map_err(OpenError::io(path, "open the directory"))?;
        Ok(Self { path: path.into(), handle, lock })
    }

    /// Gives the directory to whoever wants it next, before this is dropped.
    pub(super) fn release(&self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, directory = %self.path.display(), "the directory could not be unlocked");
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self, kind: FileKind, number: u64) -> PathBuf {
        self.path.join(file_name(kind, number))
    }

    /// Where a file is made before it counts.
    pub(super) fn unfinished(&self, kind: FileKind) -> PathBuf {
        self.path.join(format!("{}.{UNFINISHED}", kind.extension()))
    }

    /// What there is. Files of other names are left alone.
    pub(super) fn list(&self) -> Result<Listing, OpenError> {
        let cannot_read = || OpenError::io(&self.path, "read the directory");
        let mut listing = Listing::default();
        for entry in fs::read_dir(&self.path).map_err(cannot_read())? {
            let name = entry.map_err(cannot_read())?.file_name();
            match parse_name(&name.to_string_lossy()) {
                Some((FileKind::Log, number)) => listing.segments.push(number),
                Some((FileKind::Snapshot, number)) => listing.snapshots.push(number),
                None => {}
            }
        }
        listing.segments.sort_unstable();
        listing.snapshots.sort_unstable();
        Ok(listing)
    }

    /// Makes sure that files that were made, renamed or removed stay so.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.handle.sync_all()
    }

    /// Keeps a damaged file under a name that nobody reads.
    pub(super) fn put_aside(&self, kind: FileKind, number: u64) -> Result<PathBuf, OpenError> {
        let from = self.file(kind, number);
        let to = self.aside(&from);
        fs::rename(&from, &to).map_err(OpenError::io(&from, "rename"))?;
        Ok(to)
    }

    /// Keeps a copy of a file that is about to be cut.
    pub(super) fn copy_aside(&self, kind: FileKind, number: u64) -> Result<PathBuf, OpenError> {
        let from = self.file(kind, number);
        let to = self.aside(&from);
        fs::copy(&from, &to).map_err(OpenError::io(&to, "copy the damaged file here"))?;
        Ok(to)
    }

    /// A name that no earlier repair has used.
    fn aside(&self, file: &Path) -> PathBuf {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut path = self.path.join(format!("{name}.{DAMAGED}"));
        let mut nth = 2;
        while path.exists() {
            path = self.path.join(format!("{name}.{nth}.{DAMAGED}"));
            nth += 1;
        }
        path
    }
}

fn file_name(kind: FileKind, number: u64) -> String {
    format!("{number:020}.{}", kind.extension())
}

fn parse_name(name: &str) -> Option<(FileKind, u64)> {
    let (digits, extension) = name.split_once('.')?;
    let kind = [FileKind::Log, FileKind::Snapshot].into_iter().find(|kind| kind.extension() == extension)?;
    let number = digits.parse().ok()?;
    (file_name(kind, number) == name).then_some((kind, number))
}

#[cfg(test)]
mod tests {
    use super::{Directory, FileKind, Listing, OpenError};

    #[test]
    fn one_at_a_time() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("deep/store");
        let first = Directory::open(&path).expect("it is created");
        let Err(OpenError::InUse { pid, .. }) = Directory::open(&path) else { panic!("it is taken") };
        assert_eq!(pid, Some(std::process::id()));
        drop(first);
        Directory::open(&path).expect("it is free again");
    }

    #[test]
    fn lists_its_own_files_only() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = Directory::open(place.path()).expect("it is there");
        let (log, snapshot) =
            (directory.file(FileKind::Log, 10), directory.file(FileKind::Snapshot, u64::MAX));
        let others =
            ["7.log", "00000000000000000007.logs", "00000000000000000007.log.damaged", "x.log", "notes"];
        for path in [log, directory.file(FileKind::Log, 9), snapshot] {
            std::fs::write(path, "").expect("a file");
        }
        for name in others {
            std::fs::write(place.path().join(name), "").expect("a file");
        }
        let listing = directory.list().expect("it can be read");
        assert_eq!(listing, Listing { segments: vec![9, 10], snapshots: vec![u64::MAX] });
        let aside = directory.put_aside(FileKind::Log, 9).expect("renamed");
        assert!(aside.exists());
        assert_eq!(directory.list().expect("it can be read").segments, [10]);
    }
}

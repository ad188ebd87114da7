//! A way in for fuzz targets, which is there for them only.

use crate::Engine;
use crate::log::RecordReader;

/// Makes the changes that the records of a frame say, as far as they can be made.
pub fn replay(records: &[u8]) {
    let engine = Engine::new();
    let mut db = engine.lock();
    let mut reader = RecordReader::new(records);
    while let Some(record) = reader.read() {
        let _ = db.replay(&record);
    }
}

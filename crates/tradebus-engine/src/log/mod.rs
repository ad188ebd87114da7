//! What makes the store durable: a log of all changes, and snapshots that bound it.
//!
//! A change is written down as a [`Record`] in the [`Journal`] of the open store. The [writer](writer), a thread of its own, takes
//! what has gathered as one frame, appends it to the [segment](segment) at hand, and syncs by the [`Fsync`] policy. When the log has grown,
//! a [snapshot](snapshot) of the store is written beside it, and the segments before it go. [`recovery`] reads both again.
//!
//! ```text
//! DIR/LOCK                       held while the store is open; the process that holds it
//! DIR/00000000000000000007.log        a segment; all of them have numbers without gaps
//! DIR/00000000000000000007.snapshot   the store before that segment
//!
//! file   = head, frame*                      numbers are little endian here
//! head   = "TRADEBUS", version u16, kind u8 ('L' log, 'S' snapshot), 0 u8, number u64, checksum u32
//! frame  = mark u32, checksum u32, length u64, records      mark "tbF1", or "tbE1" for the last one of a file
//! ```
//! The checksum of a frame (CRC-32C) covers the number of its file, its place in it, its mark, its length and its records, so that a frame
//! is valid only where it was written. Segments are allocated whole: behind the last frame of one that was not closed
//! stand zeros.

mod codec;
mod directory;
mod error;
mod frame;
mod handle;
mod journal;
mod options;
mod record;
mod recovery;
mod segment;
mod snapshot;
mod snapshots;
mod syncer;
mod writer;

pub use error::{Damage, LogError, OpenError};
pub(crate) use handle::{LogHandle, open};
pub(crate) use journal::Journal;
pub use journal::LogPosition;
pub use options::{Fsync, LogOptions, UnknownFsync};
pub(crate) use record::Record;
#[cfg(fuzzing)]
pub(crate) use record::RecordReader;
pub use recovery::Recovered;
pub(crate) use writer::WriterWaker;

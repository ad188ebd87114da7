//! The wire format: how a message lies in a stream entry, and what a payload holds.
//!
//! In the order in which a message meets them: [`nautilus`] names the stream, [`compress`] makes the payload smaller, and
//! [`record`] lists the fields of the entry and reads them back.

pub(crate) mod compress;
pub(crate) mod nautilus;
pub(crate) mod record;
mod text;

//! The wire format: how a message lies in a stream entry, and what a payload holds.
//!
//! `docs/wire-format.md` gives the format to the byte. In the order in which a message meets them:
//! [`nautilus`] names the stream, [`compress`] makes the payload smaller, [`record`] lists the fields of the
//! entry and reads them back, [`payload`] looks into the payload ([`msgpack`] reads one of its formats), and
//! [`json`] prints a delivery. [`sequence`] is the number of a record. [`dead`] is the record of a message that could
//! not be handled, [`delayed`] says where those lie whose time has not come.

pub(crate) mod compress;
pub(crate) mod dead;
pub(crate) mod delayed;
pub(crate) mod json;
pub(crate) mod msgpack;
pub(crate) mod nautilus;
pub(crate) mod payload;
pub(crate) mod record;
pub(crate) mod sequence;
mod text;

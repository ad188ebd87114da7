//! A message on its way to the store, and how it becomes the fields of an entry.

use bytes::Bytes;

use super::receipt::Promise;
use crate::config::BusConfig;
use crate::store::{EntryFields, UseFields};
use crate::wire::compress::Packer;
use crate::wire::record::with_fields;
use crate::wire::sequence::Sequence;
use crate::{Message, Priority};

/// A message that was accepted and is on its way to the store.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) message: Message,
    /// Whether the payload has been compressed for the wire.
    pub(super) compressed: bool,
    /// Its number in its stream, where records are numbered; given when it is sent.
    pub(super) sequence: Option<Sequence>,
    pub(super) promise: Promise,
}

impl Queued {
    pub(super) fn new(message: Message, promise: Promise) -> Self {
        Self { message, compressed: false, sequence: None, promise }
    }

    /// What it counts for in the bounds.
    pub(super) fn size(&self) -> usize {
        self.message.payload.len() + self.message.topic.len()
    }

    /// Compresses the payload where that is worth it.
    pub(super) fn compress(&mut self, packer: &mut Packer) {
        if let Some(packed) = packer.pack(&self.message.payload) {
            self.message.payload = Bytes::copy_from_slice(packed);
            self.compressed = true;
        }
    }
}

impl EntryFields for Queued {
    fn with(&self, use_fields: &mut UseFields<'_>) {
        let packed = self.compressed.then_some(&self.message.payload[..]);
        with_fields(&self.message, packed, self.sequence, |fields| use_fields(fields));
    }
}

/// What compresses the payloads of a tier, where that is wanted.
pub(super) fn packer(config: &BusConfig, tier: Priority) -> Option<Packer> {
    let buffer = config.buffer(tier);
    let packs = buffer.enable_compression || config.compression_enabled;
    // A level that was validated is not refused; without memory for it payloads go as they are.
    packs.then(|| Packer::new(config.compression_level, buffer.compression_threshold))?.ok()
}

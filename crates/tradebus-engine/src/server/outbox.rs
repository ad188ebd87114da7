//! Messages of channels on their way to one client.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::BytesMut;
use parking_lot::Mutex;
use tradebus_resp::{Protocol, ReplyEncoder};

/// A message, written for all who get it.
pub(super) struct Letter {
    /// As it is in RESP3; RESP2 differs in the first byte.
    bytes: BytesMut,
}

impl Letter {
    /// A letter of these words, the first of which says what it is.
    pub(super) fn new(words: &[&[u8]]) -> Self {
        let mut bytes = BytesMut::new();
        let mut out = ReplyEncoder::new(&mut bytes, Protocol::Resp3);
        out.push(words.len());
        for word in words {
            out.bulk(word);
        }
        Self { bytes }
    }
}

/// Publishers put letters in, the connection takes them out when it has sent everything else.
#[derive(Default)]
pub(super) struct Outbox {
    letters: Mutex<BytesMut>,
    /// Whoever gets letters speaks RESP3.
    pushes: AtomicBool,
}

impl Outbox {
    pub(super) fn set_protocol(&self, protocol: Protocol) {
        self.pushes.store(protocol == Protocol::Resp3, Ordering::Relaxed);
    }

    /// Puts a letter in; `false` when there is no room, and there will be none any more.
    pub(super) fn put(&self, letter: &Letter, max_bytes: usize) -> bool {
        let mut letters = self.letters.lock();
        if letters.len() + letter.bytes.len() > max_bytes {
            *letters = BytesMut::new();
            return false;
        }
        let start = letters.len();
        letters.extend_from_slice(&letter.bytes);
        if !self.pushes.load(Ordering::Relaxed) {
            letters[start] = b'*';
        }
        true
    }

    /// Moves all letters to the replies.
    pub(super) fn take(&self, output: &mut BytesMut) {
        let mut letters = self.letters.lock();
        if output.is_empty() {
            std::mem::swap(&mut *letters, output);
        } else {
            output.extend_from_slice(&letters);
            letters.clear();
        }
    }

    /// Bytes that wait, and bytes that are reserved for them.
    pub(super) fn size(&self) -> (usize, usize) {
        let letters = self.letters.lock();
        (letters.len(), letters.capacity())
    }
}

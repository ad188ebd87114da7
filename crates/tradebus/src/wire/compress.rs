//! Compression of payloads with zstd: the field `zip` of the record.

use std::cell::RefCell;
use std::io;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;

use super::record::Malformed;

/// What the field `zip` itself adds to an entry in Redis' protocol: two lengths, name and value, line ends.
const FIELD_COST: usize = b"$3\r\nzip\r\n$4\r\nzstd\r\n".len();

/// Room for the content of a frame that does not say how large it is, at first.
const FIRST_ROOM: usize = 64 << 10;

/// Compresses the payloads of one publisher, one after the other; owns the memory that this takes.
pub(crate) struct Packer {
    compressor: Compressor<'static>,
    threshold: usize,
    packed: Vec<u8>,
}

impl Packer {
    /// A packer for payloads of at least `threshold` bytes; `level` as zstd's (1 to 22, 0 for its default,
    /// below 0 for speed).
    ///
    /// # Errors
    ///
    /// When zstd refuses the level or has no memory.
    pub(crate) fn new(level: i32, threshold: usize) -> io::Result<Self> {
        Ok(Self { compressor: Compressor::new(level)?, threshold, packed: Vec::new() })
    }

    /// The payload compressed, valid until the next one; `None` where it is too small or would not make the
    /// entry smaller.
    pub(crate) fn pack(&mut self, payload: &[u8]) -> Option<&[u8]> {
        let worth = payload.len().checked_sub(FIELD_COST + 1)?;
        if payload.len() < self.threshold {
            return None;
        }
        self.packed.clear();
        self.packed.reserve_exact(worth);
        // The buffer keeps the capacity of the largest payload so far, so a result that fits need not be
        // smaller.
        self.compressor.compress_to_buffer(payload, &mut self.packed).ok()?;
        (self.packed.len() <= worth).then_some(&self.packed[..])
    }
}

thread_local! {
    /// Some 100 KiB that readers use again and again; absent if zstd had no memory for it.
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = RefCell::new(Decompressor::new().ok());
}

/// The payload decompressed: at most `limit` bytes, and not more memory than that either, whatever the frame
/// says of itself.
///
/// # Errors
///
/// [`Malformed::PayloadTooLarge`] and [`Malformed::BrokenCompression`].
pub(crate) fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, Malformed> {
    if packed.is_empty() {
        // zstd takes this for nothing compressed; a frame of nothing has a head all the same.
        return Err(Malformed::BrokenCompression);
    }
    DECOMPRESSOR.with_borrow_mut(|decompressor| {
        let decompressor = decompressor.as_mut().ok_or(Malformed::BrokenCompression)?;
        match Decompressor::upper_bound(packed) {
            Some(size) if size > limit => Err(Malformed::PayloadTooLarge),
            Some(size) => unpack_within(decompressor, packed, size).map_err(|_| Malformed::BrokenCompression),
            None => unpack_unsized(decompressor, packed, limit),
        }
    })
}

/// A frame as streaming compressors write it: nobody knows how large its content is. Tries with ever more
/// room: decompressing piece by piece would take a window of memory as large as the frame asks for, which
/// says nothing about the content.
fn unpack_unsized(
    decompressor: &mut Decompressor<'_>,
    packed: &[u8],
    limit: usize,
) -> Result<Bytes, Malformed> {
    let mut room = packed.len().saturating_mul(8).max(FIRST_ROOM).min(limit);
    loop {
        match unpack_within(decompressor, packed, room) {
            Ok(payload) => return Ok(payload),
            Err(error) if !needs_more_room(&error) => return Err(Malformed::BrokenCompression),
            Err(_) if room == limit => return Err(Malformed::PayloadTooLarge),
            Err(_) => room = room.saturating_mul(4).min(limit),
        }
    }
}

fn unpack_within(decompressor: &mut Decompressor<'_>, packed: &[u8], room: usize) -> io::Result<Bytes> {
    let mut payload = Vec::with_capacity(room);
    decompressor.decompress_to_buffer(packed, &mut payload)?;
    payload.shrink_to_fit();
    Ok(payload.into())
}

fn needs_more_room(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<zstd::Error>());
    error.is_some_and(|error| error.is(ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{FIELD_COST, Packer, unpack};
    use crate::wire::record::Malformed;

    fn unsized_frame(payload: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        // Flushed in the middle, so that the encoder cannot know the size when it writes the head of the
        // frame.
        encoder.write_all(&payload[..payload.len() / 2]).unwrap();
        encoder.flush().unwrap();
        encoder.write_all(&payload[payload.len() / 2..]).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packs_from_the_threshold_on() {
        let mut packer = Packer::new(3, 1000).unwrap();
        assert_eq!(packer.pack(&[7; 999]), None);
        let packed = packer.pack(&[7; 1000]).unwrap().to_vec();
        assert!(packed.len() < 100);
        assert_eq!(unpack(&packed, 1000).unwrap(), vec![7; 1000]);
    }

    #[test]
    fn packs_only_what_gets_smaller() {
        let mut packer = Packer::new(3, 0).unwrap();
        let mut random = fastrand::Rng::with_seed(7);
        let noise: Vec<u8> = (0..10_000).map(|_| random.u8(..)).collect();
        assert_eq!(packer.pack(&noise), None);
        assert!(packer.pack(&[7; 10_000]).is_some());
        // The buffer is large by now; what fits in it may still be no gain.
        assert_eq!(packer.pack(&noise[..500]), None);
        for bytes in 0..64 {
            if let Some(packed) = packer.pack(&vec![7; bytes]) {
                assert!(packed.len() + FIELD_COST < bytes, "{bytes}");
            }
        }
    }

    #[test]
    fn reads_frames_with_and_without_a_size() {
        let payload: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        let sized = Packer::new(1, 0).unwrap().pack(&payload).unwrap().to_vec();
        for packed in [sized, unsized_frame(&payload)] {
            assert_eq!(unpack(&packed, payload.len()).unwrap(), payload);
            assert_eq!(unpack(&packed, payload.len() - 1), Err(Malformed::PayloadTooLarge));
            assert_eq!(unpack(&packed[..packed.len() / 2], payload.len()), Err(Malformed::BrokenCompression));
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let zeros = vec![0; 64 << 20];
        let sized = Packer::new(1, 0).unwrap().pack(&zeros).unwrap().to_vec();
        for bomb in [sized, unsized_frame(&zeros)] {
            assert!(bomb.len() < 64 << 10);
            assert_eq!(unpack(&bomb, 1 << 20), Err(Malformed::PayloadTooLarge));
        }
        // A frame that claims 2^62 bytes.
        let liar = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &(1u64 << 62).to_le_bytes(), &[1, 0, 0]].concat();
        assert_eq!(unpack(&liar, usize::MAX >> 8), Err(Malformed::PayloadTooLarge));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for rubbish in
            [&b""[..], b"x", b"{\"a\":1}", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00"]
        {
            assert_eq!(unpack(rubbish, 1000), Err(Malformed::BrokenCompression), "{rubbish:?}");
        }
    }
}

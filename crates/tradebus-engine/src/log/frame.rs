//! Frames: what is written at once, with a checksum.

use std::io::{self, Read};

/// The files of this version of the format.
pub(super) const VERSION: u16 = 1;

const MAGIC: &[u8; 8] = b"TRADEBUS";
const RECORDS: [u8; 4] = *b"tbF1";
const END: [u8; 4] = *b"tbE1";

/// Bytes of the head of a file.
pub(super) const HEAD: usize = 24;
/// Bytes of the head of a frame.
pub(super) const FRAME_HEAD: usize = 16;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Log,
    Snapshot,
}

impl FileKind {
    const fn letter(self) -> u8 {
        match self {
            Self::Log => b'L',
            Self::Snapshot => b'S',
        }
    }

    /// What the names of such files end in, behind the dot.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Snapshot => "snapshot",
        }
    }
}

/// What is wrong with the head of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHead {
    /// There is none: the file was made and not written.
    Missing,
    Version(u16),
    Damaged,
}

pub(super) fn file_head(kind: FileKind, number: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MAGIC);
    head[8..10].copy_from_slice(&VERSION.to_le_bytes());
    head[10] = kind.letter();
    head[12..20].copy_from_slice(&number.to_le_bytes());
    let checksum = crc32c::crc32c(&head[..20]);
    head[20..].copy_from_slice(&checksum.to_le_bytes());
    head
}

/// Checks the first bytes of a file.
pub(super) fn check_file_head(bytes: &[u8], kind: FileKind, number: u64) -> Result<(), BadHead> {
    let Some(head) = bytes.get(..HEAD) else {
        return Err(if bytes.iter().all(|byte| *byte == 0) { BadHead::Missing } else { BadHead::Damaged });
    };
    if head.iter().all(|byte| *byte == 0) {
        return Err(BadHead::Missing);
    }
    let version = u16::from_le_bytes([head[8], head[9]]);
    // A version that comes later may have another checksum: it is looked at first.
    if &head[..8] == MAGIC && version > VERSION {
        return Err(BadHead::Version(version));
    }
    if head == file_head(kind, number) { Ok(()) } else { Err(BadHead::Damaged) }
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) file: u64,
    pub(super) offset: u64,
}

/// Fills in the head of a frame, for which room was left in front of its records.
pub(super) fn close(frame: &mut [u8], place: Place) {
    write_head(frame, RECORDS, place);
}

/// The frame behind the last one of a file.
pub(super) fn end(place: Place) -> [u8; FRAME_HEAD] {
    let mut frame = [0; FRAME_HEAD];
    write_head(&mut frame, END, place);
    frame
}

fn write_head(frame: &mut [u8], mark: [u8; 4], place: Place) {
    let length = (frame.len() - FRAME_HEAD) as u64;
    let checksum = checksum(mark, place, &frame[FRAME_HEAD..]);
    frame[..4].copy_from_slice(&mark);
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
    frame[8..FRAME_HEAD].copy_from_slice(&length.to_le_bytes());
}

fn checksum(mark: [u8; 4], place: Place, records: &[u8]) -> u32 {
    let mut head = [0; 28];
    head[..4].copy_from_slice(&mark);
    head[4..12].copy_from_slice(&place.file.to_le_bytes());
    head[12..20].copy_from_slice(&place.offset.to_le_bytes());
    head[20..].copy_from_slice(&(records.len() as u64).to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&head), records)
}

/// What stands at a place of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Records, which were put into the buffer that was given.
    Records,
    /// The mark that nothing follows.
    End,
    /// Nothing: the file ends here, or only zeros were written so far.
    Nothing,
    /// Something that is no frame of this place.
    Bad,
}

/// Reads the next frame. `left` is how many bytes the file has from here on.
pub(super) fn read(
    input: &mut impl Read,
    place: Place,
    left: u64,
    records: &mut Vec<u8>,
) -> io::Result<Found> {
    let mut head = [0; FRAME_HEAD];
    let got = read_up_to(input, &mut head)?;
    if head[..got].iter().all(|byte| *byte == 0) {
        return Ok(Found::Nothing);
    }
    let mark = [head[0], head[1], head[2], head[3]];
    let length = u64::from_le_bytes(head[8..].try_into().expect("eight bytes"));
    if got < FRAME_HEAD || !matches!(mark, RECORDS | END) || length > left - FRAME_HEAD as u64 {
        return Ok(Found::Bad);
    }
    records.clear();
    input.take(length).read_to_end(records)?;
    if checksum(mark, place, records).to_le_bytes() != head[4..8] {
        return Ok(Found::Bad);
    }
    Ok(if mark == END { Found::End } else { Found::Records })
}

fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match input.read(&mut buffer[got..])? {
            0 => break,
            bytes => got += bytes,
        }
    }
    Ok(got)
}

/// Whether a valid frame begins anywhere in these bytes, which stand at `place`, and where.
pub(super) fn find(bytes: &[u8], place: Place) -> Option<u64> {
    // Both marks begin alike.
    memchr::memmem::find_iter(bytes, &RECORDS[..2]).find_map(|at| {
        let at_place = Place { offset: place.offset + at as u64, ..place };
        let rest = &bytes[at..];
        let found = read(&mut &*rest, at_place, rest.len() as u64, &mut Vec::new());
        matches!(found, Ok(Found::Records | Found::End)).then_some(at_place.offset)
    })
}

#[cfg(test)]
mod tests {
    use super::{
        BadHead, FRAME_HEAD, FileKind, Found, Place, check_file_head, close, end, file_head, find, read,
    };

    const PLACE: Place = Place { file: 7, offset: 24 };

    fn frame(records: &[u8]) -> Vec<u8> {
        let mut frame = [&[0; FRAME_HEAD], records].concat();
        close(&mut frame, PLACE);
        frame
    }

    fn read_at(bytes: &[u8], place: Place) -> (Found, Vec<u8>) {
        let mut records = Vec::new();
        let found = read(&mut &*bytes, place, bytes.len() as u64, &mut records).expect("memory can be read");
        (found, records)
    }

    #[test]
    fn a_frame_is_valid_only_where_it_was_written() {
        let bytes = frame(b"records");
        assert_eq!(read_at(&bytes, PLACE), (Found::Records, b"records".to_vec()));
        assert_eq!(read_at(&bytes, Place { offset: 25, ..PLACE }).0, Found::Bad);
        assert_eq!(read_at(&bytes, Place { file: 8, ..PLACE }).0, Found::Bad);
        assert_eq!(read_at(&end(PLACE), PLACE).0, Found::End);
        for zeros in [0, 5, 100] {
            assert_eq!(read_at(&vec![0; zeros], PLACE).0, Found::Nothing);
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = frame(b"some records");
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_at(&bytes, PLACE).0, Found::Bad, "bit {bit}");
        }
        for len in 1..bytes.len() {
            assert_eq!(read_at(&bytes[..len], PLACE).0, Found::Bad, "{len} bytes");
        }
    }

    #[test]
    fn frames_are_found_behind_damage() {
        let bytes = [b"tbF1 is not one".as_slice(), &frame(b"records")].concat();
        assert_eq!(find(&bytes, Place { offset: PLACE.offset - 15, ..PLACE }), Some(PLACE.offset));
        assert_eq!(find(&bytes, PLACE), None);
    }

    #[test]
    fn heads_tell_their_version_and_kind() {
        let head = file_head(FileKind::Log, 7);
        assert_eq!(check_file_head(&head, FileKind::Log, 7), Ok(()));
        assert_eq!(check_file_head(&head, FileKind::Log, 8), Err(BadHead::Damaged));
        assert_eq!(check_file_head(&head, FileKind::Snapshot, 7), Err(BadHead::Damaged));
        assert_eq!(check_file_head(&head[..10], FileKind::Log, 7), Err(BadHead::Damaged));
        assert_eq!(check_file_head(&[0; 100], FileKind::Log, 7), Err(BadHead::Missing));
        assert_eq!(check_file_head(&[], FileKind::Log, 7), Err(BadHead::Missing));
        let mut newer = head;
        newer[8] = 9;
        assert_eq!(check_file_head(&newer, FileKind::Log, 7), Err(BadHead::Version(9)));
    }
}

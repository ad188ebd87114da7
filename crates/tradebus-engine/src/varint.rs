//! Unsigned numbers in as few bytes as they need: seven bits a byte, the lowest first, the high bit set while more
//! follow; and texts behind their length.

/// Bytes that the number takes: 1 to 10.
pub(crate) fn len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends the number.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that a text takes behind its length.
#[inline]
pub(crate) fn text_len(text: &[u8]) -> usize {
    len(text.len() as u64) + text.len()
}

/// Appends a text behind its length.
#[inline]
pub(crate) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put(out, text.len() as u64);
    out.extend_from_slice(text);
}

/// A place in a block, read forward. Beyond the end it reads zeros and empty texts: a block holds only what this
/// module wrote, so that is never seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    #[inline]
    pub(crate) fn number(&mut self) -> u64 {
        let first = self.byte();
        if first < 0x80 { u64::from(first) } else { self.long_number(first) }
    }

    fn long_number(&mut self, first: u8) -> u64 {
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    #[inline]
    pub(crate) fn text(&mut self) -> &'a [u8] {
        let len = self.number() as usize;
        let text = self.bytes.get(self.at..self.at.saturating_add(len)).unwrap_or_default();
        self.at = self.at.saturating_add(len);
        text
    }
}

/// Reads bytes that may be anything. `None` means that what was asked for does not stand there.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) const fn left(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has room for one bit.
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Reader, len, put, put_text, text_len};

    #[test]
    fn numbers_come_back() {
        for value in (0..64).flat_map(|shift| [(1u64 << shift) - 1, 1 << shift]).chain([u64::MAX]) {
            let mut bytes = Vec::new();
            put(&mut bytes, value);
            assert_eq!(bytes.len(), len(value), "{value}");
            let mut cursor = Cursor::new(&bytes, 0);
            assert_eq!(cursor.number(), value);
            assert!(cursor.is_at_end());
        }
    }

    #[test]
    fn texts_come_back() {
        for size in [0, 1, 127, 128, 70_000] {
            let text = vec![7u8; size];
            let mut bytes = Vec::new();
            put_text(&mut bytes, &text);
            assert_eq!(bytes.len(), text_len(&text));
            assert_eq!(Cursor::new(&bytes, 0).text(), text);
            assert_eq!(Reader::new(&bytes).text(), Some(&text[..]));
            assert_eq!(Reader::new(&bytes[..bytes.len() - 1]).text(), None);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bytes in
            [&[][..], &[0x80], &[0xff; 11], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]]
        {
            assert_eq!(Reader::new(bytes).number(), None, "{bytes:?}");
        }
    }
}

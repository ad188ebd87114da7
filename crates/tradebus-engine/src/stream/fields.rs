//! The fields of one entry, read in place.

use crate::varint::Cursor;

/// The fields of an entry in the order in which they were given, as `(name, value)`, borrowed from the store.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    names: Cursor<'a>,
    values: Cursor<'a>,
    left: usize,
}

impl<'a> Fields<'a> {
    /// Names and values lie apart: the names once for all entries that share them.
    pub(super) const fn new(names: Cursor<'a>, values: Cursor<'a>, left: usize) -> Self {
        Self { names, values, left }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some((self.names.text(), self.values.text()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Fields<'_> {}
impl std::iter::FusedIterator for Fields<'_> {}

//! Commands as a client sends them: arrays of bulk strings.

use bytes::{BufMut, BytesMut};

/// Writes commands one behind the other into a buffer that is sent in one go.
#[derive(Debug)]
pub struct CommandWriter<'a> {
    out: &'a mut BytesMut,
}

impl<'a> CommandWriter<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self { out }
    }

    /// Starts a command of `words` words, its name among them; exactly as many calls of [`word`](Self::word) or
    /// [`number`](Self::number) must follow.
    pub fn begin(&mut self, words: usize) -> &mut Self {
        self.header(b'*', words);
        self
    }

    /// The next word.
    pub fn word(&mut self, word: &[u8]) -> &mut Self {
        self.header(b'$', word.len());
        self.out.reserve(word.len() + 2);
        self.out.put_slice(word);
        self.out.put_slice(b"\r\n");
        self
    }

    /// The next word, a number in decimal digits.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.word(itoa::Buffer::new().format(number).as_bytes())
    }

    /// A whole command of these words.
    pub fn command(&mut self, words: &[&[u8]]) -> &mut Self {
        self.begin(words.len());
        for word in words {
            self.word(word);
        }
        self
    }

    fn header(&mut self, kind: u8, count: usize) {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(count).as_bytes();
        self.out.reserve(digits.len() + 3);
        self.out.put_u8(kind);
        self.out.put_slice(digits);
        self.out.put_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::CommandWriter;
    use bytes::BytesMut;

    #[test]
    fn writes_arrays_of_bulk_strings() {
        let mut out = BytesMut::new();
        CommandWriter::new(&mut out).begin(3).word(b"XLEN").word(b"").number(12);
        CommandWriter::new(&mut out).command(&[b"PING"]);
        assert_eq!(&out[..], b"*3\r\n$4\r\nXLEN\r\n$0\r\n\r\n$2\r\n12\r\n*1\r\n$4\r\nPING\r\n");
    }
}

//! Lines of a file or of standard input, as they come: whatever its length, the input is never held as a whole.

use std::fs::File;
use std::io::{self, Read};
use std::thread;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use crate::failure::{Failure, Outcome};

/// Bytes of one read.
const CHUNK: usize = 64 << 10;
/// Chunks that are read ahead.
const AHEAD: usize = 4;

/// One line of the input, or one payload.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Payload(Bytes),
    /// What was too large to be held, and how large is allowed.
    TooLarge(String),
}

/// The lines of an input. A thread reads them, since reading a file or a terminal cannot be waited for otherwise.
pub(crate) struct Lines {
    name: String,
    chunks: mpsc::Receiver<io::Result<Vec<Piece>>>,
    ready: std::vec::IntoIter<Piece>,
}

impl Lines {
    /// Opens a file, or standard input where it is called `-`. Lines of more than `limit` bytes are left out.
    pub(crate) fn open(source: &str, limit: usize) -> Outcome<Self> {
        let (name, reader): (_, Box<dyn Read + Send>) = if source == "-" {
            ("standard input".to_owned(), Box::new(io::stdin()))
        } else {
            let file = File::open(source);
            (
                source.to_owned(),
                Box::new(file.map_err(|error| Failure::failed(format!("cannot open {source}: {error}")))?),
            )
        };
        let (send, chunks) = mpsc::channel(AHEAD);
        let splitter = Splitter::new(limit);
        thread::Builder::new()
            .name("lines".into())
            .spawn(move || read(reader, splitter, &send))
            .map_err(|error| Failure::failed(format!("cannot start a thread that reads {name}: {error}")))?;
        Ok(Self { name, chunks, ready: Vec::new().into_iter() })
    }

    /// The next line; `None` at the end. Cancel safe.
    pub(crate) async fn next(&mut self) -> Outcome<Option<Piece>> {
        loop {
            if let Some(line) = self.ready.next() {
                return Ok(Some(line));
            }
            match self.chunks.recv().await {
                Some(Ok(lines)) => self.ready = lines.into_iter(),
                Some(Err(error)) => {
                    return Err(Failure::failed(format!("cannot read {}: {error}", self.name)));
                }
                None => return Ok(None),
            }
        }
    }
}

/// Reads until the end, until an error, or until nobody wants lines any more.
fn read(
    mut reader: Box<dyn Read + Send>,
    mut splitter: Splitter,
    chunks: &mpsc::Sender<io::Result<Vec<Piece>>>,
) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut lines = Vec::new();
        let read = match reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return drop(chunks.blocking_send(Err(error))),
            Ok(read) => read,
        };
        if read == 0 {
            splitter.end(&mut lines);
        } else {
            splitter.add(&buffer[..read], &mut lines);
        }
        if (!lines.is_empty() && chunks.blocking_send(Ok(lines)).is_err()) || read == 0 {
            return;
        }
    }
}

/// Cuts bytes into lines.
struct Splitter {
    limit: usize,
    /// The start of a line whose end has not come.
    open: BytesMut,
    /// Bytes of an open line that were left out, because it is too long.
    skipped: usize,
    number: u64,
}

impl Splitter {
    fn new(limit: usize) -> Self {
        Self { limit, open: BytesMut::with_capacity(CHUNK), skipped: 0, number: 0 }
    }

    fn add(&mut self, mut bytes: &[u8], lines: &mut Vec<Piece>) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.keep(&bytes[..end]);
            lines.push(self.line(true));
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// What has no line end at the end is a line too.
    fn end(&mut self, lines: &mut Vec<Piece>) {
        if !self.open.is_empty() || self.skipped > 0 {
            lines.push(self.line(false));
        }
    }

    fn keep(&mut self, part: &[u8]) {
        // One byte more than the limit, since the last may be half a line end.
        let room = (self.limit + 1).saturating_sub(self.open.len());
        let kept = part.len().min(room);
        self.open.extend_from_slice(&part[..kept]);
        self.skipped += part.len() - kept;
    }

    fn line(&mut self, ended: bool) -> Piece {
        self.number += 1;
        let skipped = std::mem::take(&mut self.skipped);
        let mut line: Bytes = self.open.split().freeze();
        if ended && skipped == 0 && line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        let bytes = line.len() + skipped;
        if bytes > self.limit {
            return Piece::TooLarge(format!(
                "line {} has {bytes} bytes, which is too large: max_payload_bytes allows {}",
                self.number, self.limit
            ));
        }
        Piece::Payload(line)
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Splitter};

    /// The lines of a text that comes in parts of so many bytes.
    fn lines(text: &[u8], part: usize, limit: usize) -> Vec<Result<Vec<u8>, String>> {
        let mut splitter = Splitter::new(limit);
        let mut lines = Vec::new();
        text.chunks(part).for_each(|part| splitter.add(part, &mut lines));
        splitter.end(&mut lines);
        let line = |piece| match piece {
            Piece::Payload(bytes) => Ok(bytes.to_vec()),
            Piece::TooLarge(why) => Err(why),
        };
        lines.into_iter().map(line).collect()
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let cases: [(&[u8], &[&[u8]]); 8] = [
            (b"", &[]),
            (b"a", &[b"a"]),
            (b"a\n", &[b"a"]),
            (b"a\r\nb\n", &[b"a", b"b"]),
            (b"\n\na", &[b"", b"", b"a"]),
            (b"\r\n\r", &[b"", b"\r"]),
            (b"a\rb\n\0\xff\n", &[b"a\rb", b"\0\xff"]),
            (b"a\r\r\n", &[b"a\r"]),
        ];
        for (text, expected) in cases {
            for part in 1..=text.len().max(1) {
                let found: Vec<_> = lines(text, part, 100).into_iter().map(Result::unwrap).collect();
                assert_eq!(found, expected, "{text:?} in parts of {part}");
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_and_named() {
        for part in 1..12 {
            let found = lines(b"ok\n1234567890\nabcd\r\n12345", part, 4);
            assert_eq!((&found[0], &found[2]), (&Ok(b"ok".to_vec()), &Ok(b"abcd".to_vec())));
            assert_eq!(
                found[1],
                Err("line 2 has 10 bytes, which is too large: max_payload_bytes allows 4".to_owned())
            );
            assert!(found[3].as_ref().unwrap_err().starts_with("line 4 has 5 bytes"), "{found:?}");
            assert_eq!(found.len(), 4);
        }
    }
}

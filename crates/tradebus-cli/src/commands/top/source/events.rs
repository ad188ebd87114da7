//! Server-sent events, as <https://html.spec.whatwg.org/multipage/server-sent-events.html> has them, in bounded memory.

/// Most bytes of a line, and of the data of an event: a snapshot with its 100 streams has some ten thousand.
pub(super) const LIMIT: usize = 8 << 20;

/// An event that has come as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    /// The lines of its data, apart by line ends.
    pub(super) data: Vec<u8>,
}

/// A line, or an event, is longer than [`LIMIT`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Cuts bytes into events.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// The last byte was `\r`: a `\n` that follows belongs to it.
    after_return: bool,
    /// Something has come, so that no byte order mark can come any more.
    begun: bool,
    name: String,
    data: Vec<u8>,
    has_data: bool,
}

impl Events {
    /// Takes what has come, and hands over the events that end in it.
    pub(super) fn add(&mut self, mut bytes: &[u8], found: &mut impl Extend<Event>) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
                return self.keep(bytes);
            };
            self.keep(&bytes[..end])?;
            self.after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            if let Some(event) = self.line(&line)? {
                found.extend([event]);
            }
        }
        Ok(())
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if part.len() > LIMIT.saturating_sub(self.line.len()) {
            return Err(TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    /// Takes a line; an empty one ends an event.
    fn line(&mut self, mut line: &[u8]) -> Result<Option<Event>, TooLong> {
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.event());
        }
        let (field, value) = match line.iter().position(|&byte| byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            b"data" => {
                let end: &[u8] = if self.has_data { b"\n" } else { b"" };
                if value.len() + end.len() > LIMIT.saturating_sub(self.data.len()) {
                    return Err(TooLong);
                }
                self.data.extend_from_slice(end);
                self.data.extend_from_slice(value);
                self.has_data = true;
            }
            // A comment, an id, or how soon to come again: that is known here.
            _ => {}
        }
        Ok(None)
    }

    /// Without data it is none.
    fn event(&mut self) -> Option<Event> {
        let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        std::mem::take(&mut self.has_data).then_some(Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Events, LIMIT, TooLong};

    fn events(text: &[u8], part: usize) -> Vec<(String, String)> {
        let (mut events, mut found) = (Events::default(), Vec::new());
        for part in text.chunks(part) {
            events.add(part, &mut found).unwrap();
        }
        let text = |event: Event| (event.name, String::from_utf8_lossy(&event.data).into_owned());
        found.into_iter().map(text).collect()
    }

    /// Names and data.
    type Expected = &'static [(&'static str, &'static str)];

    #[test]
    fn events_are_the_same_however_they_come() {
        let cases: [(&[u8], Expected); 13] = [
            (b"", &[]),
            (b"event: snapshot\ndata: {}\n\n", &[("snapshot", "{}")]),
            (b"event: snapshot\r\ndata: {}\r\n\r\ndata:x\r\n\r\n", &[("snapshot", "{}"), ("", "x")]),
            (b"event: snapshot\rdata: {}\r\rdata:x\r\r", &[("snapshot", "{}"), ("", "x")]),
            (b"id: 1\nretry: 2000\nevent: a\ndata: 1\ndata:  2\ndata\n\n", &[("a", "1\n 2\n")]),
            (b": a comment\n\n:\n\ndata: 1\n\n", &[("", "1")]),
            (b"event: a\n\ndata: 1\n\n", &[("", "1")]),
            (b"data: 1\n\ndata: not ended\n", &[("", "1")]),
            (b"\xef\xbb\xbfdata: 1\n\n", &[("", "1")]),
            (b"data: 1\n\n\xef\xbb\xbfdata: 2\n\n", &[("", "1")]),
            (b"data: \xff\nevent: \xff\n\n", &[("\u{fffd}", "\u{fffd}")]),
            (b"nonsense\nDATA: 1\n: :\ndata:a:b\n\n", &[("", "a:b")]),
            (b"\n\n\r\n\r\r", &[]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
            for part in 1..=text.len().max(1) {
                assert_eq!(events(text, part), expected, "{:?} by {part}", String::from_utf8_lossy(text));
            }
        }
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mebibyte = vec![b'x'; 1 << 20];
        let fill = |before: &[u8], after: &[u8]| {
            let (mut events, mut found) = (Events::default(), Vec::new());
            for number in 0..=2 * (LIMIT >> 20) {
                let given = [before, &mebibyte, after].into_iter();
                if given.map(|part| events.add(part, &mut found)).any(|added| added == Err(TooLong)) {
                    assert!(found.is_empty());
                    return number;
                }
            }
            panic!("more than the limit was kept");
        };
        // One line without an end, and many lines of one event.
        assert_eq!(fill(b"", b""), LIMIT >> 20);
        assert_eq!(fill(b"data:", b"\n"), (LIMIT >> 20) - 1);
    }
}

//! Reading what clients send: arrays of strings, and lines that people type.

mod error;
mod inline;

use std::ops::Range;

use smallvec::SmallVec;

pub use error::ProtocolError;

/// What a request may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// Arguments, the name of the command included.
    pub max_args: usize,
    /// Bytes of one argument.
    pub max_bulk: usize,
    /// Bytes of a line: a whole request that is typed, or a length.
    pub max_line: usize,
    /// Arguments before the client has shown its password.
    pub max_args_unauthenticated: usize,
    /// Bytes of one argument before the client has shown its password.
    pub max_bulk_unauthenticated: usize,
}

impl Default for RequestLimits {
    /// The limits of Redis.
    fn default() -> Self {
        Self {
            max_args: 1024 * 1024,
            max_bulk: 512 * 1024 * 1024,
            max_line: 64 * 1024,
            max_args_unauthenticated: 10,
            max_bulk_unauthenticated: 16 * 1024,
        }
    }
}

/// A complete request. Its arguments lie in the buffer in which it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    bytes: &'a [u8],
    args: &'a [Range<usize>],
    wire_len: usize,
}

impl<'a> Request<'a> {
    /// How many arguments there are, the name of the command included. None is a request that asks for nothing and
    /// gets no reply.
    pub const fn len(&self) -> usize {
        self.args.len()
    }

    /// Whether it asks for nothing.
    pub const fn is_empty(&self) -> bool {
        self.args.is_empty()
    }

    /// An argument; 0 is the name of the command.
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.get(self.args.get(index)?.clone())
    }

    /// All arguments.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        let bytes = self.bytes;
        self.args.iter().map(move |range| bytes.get(range.clone()).unwrap_or_default())
    }

    /// How many bytes at the beginning of the buffer belong to it.
    pub const fn wire_len(&self) -> usize {
        self.wire_len
    }
}

/// Finds requests in the input of a connection.
///
/// The caller keeps a buffer and takes away the bytes of a request ([`Request::wire_len`]) when it is done with it,
/// and nothing else: the scanner remembers how far it came, so that no byte is looked at twice however a request
/// arrives.
///
/// ```
/// use tradebus_resp::RequestScanner;
///
/// let mut scanner = RequestScanner::default();
/// assert!(scanner.scan(b"*1\r\n$4\r\nPI")?.is_none());
/// let input = b"*1\r\n$4\r\nPING\r\nECHO 'two words'\r\n";
/// let request = scanner.scan(input)?.expect("complete");
/// assert_eq!(request.get(0), Some(b"PING".as_slice()));
/// let rest = &input[request.wire_len()..];
/// let request = scanner.scan(rest)?.expect("complete");
/// assert!(request.iter().eq([b"ECHO".as_slice(), b"two words"]));
/// # Ok::<(), tradebus_resp::ProtocolError>(())
/// ```
#[derive(Debug, Default)]
pub struct RequestScanner {
    limits: RequestLimits,
    unauthenticated: bool,
    /// The arguments found so far: in the caller's buffer, or, of a line, in `words`.
    args: SmallVec<[Range<usize>; 16]>,
    words: Vec<u8>,
    /// Up to here the request is understood.
    at: usize,
    /// Up to here no line end was found.
    searched: usize,
    awaited: Awaited,
}

/// What stands at [`RequestScanner::at`].
#[derive(Debug, Clone, Copy, Default)]
enum Awaited {
    #[default]
    Request,
    /// The length of an argument, of so many that are missing.
    Length { args: usize },
    /// The bytes of an argument, of so many that are missing.
    Bulk { args: usize, len: usize },
    /// Nothing: the caller still holds the last request.
    Removal,
}

impl RequestScanner {
    /// A scanner with limits of its own.
    pub fn new(limits: RequestLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Whether the client has shown its password, if it needs one: until then its requests must be small.
    pub const fn set_authenticated(&mut self, authenticated: bool) {
        self.unauthenticated = !authenticated;
    }

    /// How many bytes are still missing of an argument whose length is known, when the buffer holds so many: room for
    /// them can be made at once. 0 when none is awaited.
    pub const fn bytes_missing(&self, buffered: usize) -> usize {
        match self.awaited {
            Awaited::Bulk { len, .. } => {
                self.at.saturating_add(len).saturating_add(2).saturating_sub(buffered)
            }
            _ => 0,
        }
    }

    /// The request at the beginning of the buffer, or `None` while it is incomplete.
    ///
    /// # Errors
    /// When this is no request, or a larger one than the limits allow. What follows cannot be understood any more:
    /// answer with [`ProtocolError::reply`] and close the connection.
    pub fn scan<'a>(&'a mut self, buffer: &'a [u8]) -> Result<Option<Request<'a>>, ProtocolError> {
        if let Awaited::Removal = self.awaited {
            self.args.clear();
            (self.at, self.searched, self.awaited) = (0, 0, Awaited::Request);
        }
        loop {
            self.awaited = match self.awaited {
                Awaited::Request => match buffer.first() {
                    Some(b'*') => match self.array_header(buffer)? {
                        None => return Ok(None),
                        Some(0) => return Ok(Some(self.request(buffer))),
                        Some(args) => Awaited::Length { args },
                    },
                    Some(_) if self.inline(buffer)? => return self.typed_request().map(Some),
                    None | Some(_) => return Ok(None),
                },
                Awaited::Length { args } => match self.bulk_header(buffer)? {
                    None => return Ok(None),
                    Some(len) => Awaited::Bulk { args, len },
                },
                Awaited::Bulk { args, len } => {
                    // Two more bytes end an argument. Redis does not look at them either.
                    if self.bytes_missing(buffer.len()) > 0 {
                        return Ok(None);
                    }
                    self.args.push(self.at..self.at + len);
                    self.at += len + 2;
                    self.searched = self.at;
                    if args == 1 {
                        guard_against_http(&buffer[self.args[0].clone()])?;
                        return Ok(Some(self.request(buffer)));
                    }
                    Awaited::Length { args: args - 1 }
                }
                Awaited::Removal => return Ok(None),
            };
        }
    }

    fn request<'a>(&'a mut self, bytes: &'a [u8]) -> Request<'a> {
        self.awaited = Awaited::Removal;
        Request { bytes, args: &self.args, wire_len: self.at }
    }

    fn typed_request(&mut self) -> Result<Request<'_>, ProtocolError> {
        self.awaited = Awaited::Removal;
        if let Some(name) = self.args.first() {
            guard_against_http(&self.words[name.clone()])?;
        }
        Ok(Request { bytes: &self.words, args: &self.args, wire_len: self.at })
    }

    /// `*N`: how many arguments follow.
    fn array_header(&mut self, buffer: &[u8]) -> Result<Option<usize>, ProtocolError> {
        let Some(line) = self.header_line(buffer, ProtocolError::CountTooLong)? else { return Ok(None) };
        // `*-1` is an empty request too.
        let args = signed(&buffer[line.start + 1..line.end])
            .map(|args| usize::try_from(args).unwrap_or(0))
            .filter(|args| *args <= self.limits.max_args)
            .ok_or(ProtocolError::InvalidCount)?;
        if self.unauthenticated && args > self.limits.max_args_unauthenticated {
            return Err(ProtocolError::UnauthenticatedCount);
        }
        Ok(Some(args))
    }

    /// `$len`: how long the next argument is.
    fn bulk_header(&mut self, buffer: &[u8]) -> Result<Option<usize>, ProtocolError> {
        let Some(line) = self.header_line(buffer, ProtocolError::LengthTooLong)? else { return Ok(None) };
        match buffer[line.start] {
            b'$' => {}
            other => return Err(ProtocolError::NoLength(other)),
        }
        let len = signed(&buffer[line.start + 1..line.end])
            .and_then(|len| usize::try_from(len).ok())
            .filter(|len| *len <= self.limits.max_bulk)
            .ok_or(ProtocolError::InvalidLength)?;
        if self.unauthenticated && len > self.limits.max_bulk_unauthenticated {
            return Err(ProtocolError::UnauthenticatedLength);
        }
        Ok(Some(len))
    }

    /// The line at `at` without its end, which is a CR and whatever byte follows it. Steps behind it.
    fn header_line(
        &mut self,
        buffer: &[u8],
        too_long: ProtocolError,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        let rest = buffer.get(self.searched..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\r', rest).map(|end| self.searched + end) else {
            self.searched = buffer.len();
            return if buffer.len().saturating_sub(self.at) > self.limits.max_line {
                Err(too_long)
            } else {
                Ok(None)
            };
        };
        self.searched = end;
        if buffer.len() < end + 2 {
            return Ok(None);
        }
        // A line that is only its end has no first byte to tell what it is: let its CR be that byte.
        let line = self.at..end.max(self.at + 1);
        self.at = end + 2;
        self.searched = self.at;
        Ok(Some(line))
    }

    /// A line of words. Returns whether it is complete.
    fn inline(&mut self, buffer: &[u8]) -> Result<bool, ProtocolError> {
        let rest = buffer.get(self.searched..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest).map(|end| self.searched + end) else {
            self.searched = buffer.len();
            return if buffer.len() > self.limits.max_line {
                Err(ProtocolError::LineTooLong)
            } else {
                Ok(false)
            };
        };
        self.at = end + 1;
        let line = &buffer[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.words.clear();
        inline::split(line, &mut self.words, &mut self.args).ok_or(ProtocolError::UnbalancedQuotes)?;
        Ok(true)
    }
}

/// A browser can be made to send a request to any port. Its first lines must not be taken for a typo that more
/// commands follow.
fn guard_against_http(name: &[u8]) -> Result<(), ProtocolError> {
    if name.eq_ignore_ascii_case(b"POST") || name.eq_ignore_ascii_case(b"Host:") {
        return Err(ProtocolError::Http);
    }
    Ok(())
}

/// A number in the one way in which it is written: no sign but a minus, no zeros in front.
fn signed(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        [b'0'] if digits.len() == text.len() => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 18 => {}
        _ => return None,
    }
    let value = digits
        .iter()
        .try_fold(0i64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))?;
    Some(if digits.len() == text.len() { value } else { -value })
}

#[cfg(test)]
mod tests;

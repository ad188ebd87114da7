//! A reply in its parts. Nothing is lost: two replies are equal if their bytes are.

/// A reply, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// What stands on one line: status, error, number, null.
    Line(Vec<u8>),
    /// A text with its kind.
    Text(u8, Vec<u8>),
    /// A list, a set or a map (then names and values in turn) with its kind.
    List(u8, Vec<Reply>),
}

impl Reply {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let reply = Self::take(&mut rest);
        assert!(rest.is_empty(), "more than a reply: {}", bytes.escape_ascii());
        reply
    }

    fn take(rest: &mut &[u8]) -> Self {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("a whole reply");
        let (line, behind) = (&rest[..end], &rest[end + 2..]);
        *rest = behind;
        let number = std::str::from_utf8(&line[1..]).ok().and_then(|digits| digits.parse::<usize>().ok());
        match (line[0], number) {
            (kind @ (b'$' | b'='), Some(len)) => {
                *rest = &behind[len + 2..];
                Self::Text(kind, behind[..len].to_vec())
            }
            (kind @ (b'*' | b'~'), Some(len)) => {
                Self::List(kind, (0..len).map(|_| Self::take(rest)).collect())
            }
            (b'%', Some(len)) => Self::List(b'%', (0..2 * len).map(|_| Self::take(rest)).collect()),
            _ => Self::Line(line.to_vec()),
        }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Line(line) => std::str::from_utf8(line).ok()?.strip_prefix(':')?.parse().ok(),
            _ => None,
        }
    }

    /// The parts of a list.
    pub(crate) fn parts(&mut self) -> &mut [Self] {
        match self {
            Self::List(_, parts) => parts,
            _ => &mut [],
        }
    }

    /// The value of a name in a map.
    pub(crate) fn named(&mut self, name: &str) -> Option<&mut Self> {
        let is_named =
            |pair: &&mut [Self]| matches!(&pair[0], Self::Text(_, text) if *text == name.as_bytes());
        self.parts().chunks_exact_mut(2).find(is_named).map(|pair| &mut pair[1])
    }

    /// The order of a list does not matter.
    pub(crate) fn sort(&mut self) {
        self.parts().sort_by_cached_key(|part| format!("{part:?}"));
    }
}

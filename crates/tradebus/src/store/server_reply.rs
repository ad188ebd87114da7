//! What a server answers in its own language.

use tradebus_resp::{BrokenReply, Token, Tokens};

/// The answer of a server to a command, as it came: see [`StreamStore::ask_server`](super::StreamStore::ask_server).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerReply {
    /// Nothing.
    Null,
    /// Text; bytes that are none are replaced.
    Text(String),
    /// A number.
    Number(i64),
    /// Several answers; a map has keys and values in turn.
    List(Vec<Self>),
    /// The server refuses: its words, code first, such as `NOPERM` or `ERR unknown command`.
    Refused(String),
}

/// Lists in lists: no answer that anybody asks for has more, and one that does is not followed.
const MOST_NESTED: usize = 16;

impl ServerReply {
    /// The answer that comes next.
    pub(super) fn pull(tokens: &mut Tokens<'_>) -> Result<Self, BrokenReply> {
        Self::pull_nested(tokens, 0)
    }

    fn pull_nested(tokens: &mut Tokens<'_>, depth: usize) -> Result<Self, BrokenReply> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(match tokens.pull()? {
            Token::Null => Self::Null,
            Token::Status(status) => Self::Text(text(status)),
            Token::Bulk(bytes) => Self::Text(text(bytes)),
            Token::Integer(number) => Self::Number(number),
            Token::Error(error) => Self::Refused(text(error)),
            Token::List(_) if depth == MOST_NESTED => {
                return Err(BrokenReply::new("lists are nested too deeply"));
            }
            Token::List(len) => {
                let elements = (0..len).map(|_| Self::pull_nested(tokens, depth + 1));
                Self::List(elements.collect::<Result<_, _>>()?)
            }
        })
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tradebus_resp::Tokens;

    use super::{MOST_NESTED, ServerReply};

    fn read(reply: &[u8]) -> Option<ServerReply> {
        ServerReply::pull(&mut Tokens::new(reply)).ok()
    }

    #[test]
    fn takes_answers_as_they_come() {
        let text = |text: &str| ServerReply::Text(text.to_owned());
        let list = ServerReply::List(vec![text("save"), ServerReply::Null, ServerReply::Number(-3)]);
        assert_eq!(read(b"*3\r\n$4\r\nsave\r\n$-1\r\n:-3\r\n"), Some(list));
        assert_eq!(read(b"+OK\r\n"), Some(text("OK")));
        assert_eq!(read(b"-NOPERM no\r\n"), Some(ServerReply::Refused("NOPERM no".to_owned())));
        assert_eq!(read(b"*2\r\n:1\r\n"), None);
    }

    #[test]
    fn does_not_follow_lists_without_end() {
        let nested = |depth: usize| [b"*1\r\n".repeat(depth), b":1\r\n".to_vec()].concat();
        assert!(read(&nested(MOST_NESTED)).is_some());
        assert!(read(&nested(MOST_NESTED + 1)).is_none());
        assert!(read(&nested(100_000)).is_none());
    }
}

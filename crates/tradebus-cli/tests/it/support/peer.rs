//! A client that speaks the Redis protocol by itself, and notices when the server is gone.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use bytes::BytesMut;
use tradebus_resp::{CommandWriter, ReplyScanner, Token, Tokens};

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(String),
    Error(String),
    Number(i64),
    Nothing,
    List(Vec<Reply>),
}

impl Reply {
    /// Its text, if it is one.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            other => panic!("no text: {other:?}"),
        }
    }

    /// Its elements; none if there is nothing.
    #[track_caller]
    pub(crate) fn list(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            Self::Nothing => &[],
            other => panic!("no list: {other:?}"),
        }
    }
}

/// A connection.
pub(crate) struct Peer {
    stream: TcpStream,
    received: BytesMut,
    scanner: ReplyScanner,
}

impl Peer {
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: BytesMut::new(), scanner: ReplyScanner::default() })
    }

    /// Sends commands together, and returns their answers.
    pub(crate) fn pipeline(&mut self, commands: &[Vec<Vec<u8>>]) -> io::Result<Vec<Reply>> {
        let mut out = BytesMut::new();
        for command in commands {
            let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
            CommandWriter::new(&mut out).command(&words);
        }
        self.stream.write_all(&out)?;
        commands.iter().map(|_| self.reply()).collect()
    }

    /// One command, its words apart by blanks.
    pub(crate) fn ask(&mut self, line: &str) -> io::Result<Reply> {
        self.pipeline(&[words(line)]).map(|mut replies| replies.remove(0))
    }

    fn reply(&mut self) -> io::Result<Reply> {
        loop {
            if let Some(len) = self.scanner.scan(&self.received).map_err(io::Error::other)? {
                let bytes = self.received.split_to(len);
                return Ok(read(&mut Tokens::new(&bytes)));
            }
            let mut part = [0; 16 * 1024];
            match self.stream.read(&mut part)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                bytes => self.received.extend_from_slice(&part[..bytes]),
            }
        }
    }
}

/// A command, its words apart by blanks.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

fn read(tokens: &mut Tokens<'_>) -> Reply {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match tokens.pull().expect("a whole reply") {
        Token::Status(bytes) | Token::Bulk(bytes) => Reply::Text(text(bytes)),
        Token::Error(bytes) => Reply::Error(text(bytes)),
        Token::Integer(number) => Reply::Number(number),
        Token::Null => Reply::Nothing,
        Token::List(elements) => Reply::List((0..elements).map(|_| read(tokens)).collect()),
    }
}

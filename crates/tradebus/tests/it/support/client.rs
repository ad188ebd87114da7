//! A plain client for what a test does to a server behind the back of the bus.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::BytesMut;
use tradebus_resp::{CommandWriter, ReplyScanner, Token, Tokens};

/// A reply, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Status(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    List(Vec<Value>),
}

/// A blocking connection.
#[derive(Debug)]
pub(crate) struct Client {
    socket: TcpStream,
}

impl Client {
    pub(crate) fn connect(port: u16) -> std::io::Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(Duration::from_mins(1)))?;
        Ok(Self { socket })
    }

    pub(crate) fn ask<W: AsRef<[u8]>>(&mut self, words: &[W]) -> std::io::Result<Value> {
        let words: Vec<&[u8]> = words.iter().map(AsRef::as_ref).collect();
        let mut out = BytesMut::new();
        CommandWriter::new(&mut out).command(&words);
        self.socket.write_all(&out)?;
        let (mut input, mut scanner, mut chunk) = (Vec::new(), ReplyScanner::default(), vec![0; 1 << 16]);
        loop {
            if let Some(end) = scanner.scan(&input).map_err(std::io::Error::other)? {
                return Ok(value(&mut Tokens::new(&input[..end])));
            }
            match self.socket.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => input.extend_from_slice(&chunk[..read]),
            }
        }
    }
}

fn value(tokens: &mut Tokens<'_>) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match tokens.pull().expect("the reply is whole") {
        Token::Null => Value::Null,
        Token::Status(status) => Value::Status(text(status)),
        Token::Error(error) => Value::Error(text(error)),
        Token::Integer(number) => Value::Integer(number),
        Token::Bulk(bytes) => Value::Bulk(bytes.to_vec()),
        Token::List(len) => Value::List((0..len).map(|_| value(tokens)).collect()),
    }
}

impl Value {
    pub(crate) fn list(self) -> Vec<Value> {
        match self {
            Self::List(values) => values,
            other => panic!("{other:?} is no list"),
        }
    }

    pub(crate) fn bulk(self) -> Vec<u8> {
        match self {
            Self::Bulk(bytes) => bytes,
            other => panic!("{other:?} is no bulk string"),
        }
    }

    pub(crate) fn text(self) -> String {
        String::from_utf8(self.bulk()).expect("text")
    }
}

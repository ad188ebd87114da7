//! Compares servers at consuming with a group: `cargo run --release -p tradebus-engine --example groups -- ADDRESS...`.
//!
//! Each server in turn, round after round, gets a stream of quotes and hands it to one consumer, which acknowledges what it
//! got together with its next read. The stream `groups-bench` of each server is removed.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use bytes::BytesMut;
use tradebus_resp::{CommandWriter, ReplyScanner, Token, Tokens};

const STREAM: &[u8] = b"groups-bench";
const ENTRIES: usize = 200_000;
const ROUNDS: usize = 3;
/// Entries of a read.
const COUNTS: [u64; 3] = [1, 10, 1000];

fn main() -> io::Result<()> {
    let addresses: Vec<String> = std::env::args().skip(1).collect();
    for round in 1..=ROUNDS {
        for address in &addresses {
            for count in COUNTS {
                let entries = if count == 1 { ENTRIES / 10 } else { ENTRIES };
                let per_second = Client::connect(address)?.consume(entries, count)?;
                println!(
                    "round {round}, {address}, COUNT {count}: {per_second:.0} entries/s read and acknowledged"
                );
            }
        }
    }
    Ok(())
}

struct Client {
    stream: TcpStream,
    received: BytesMut,
    scanner: ReplyScanner,
}

impl Client {
    fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: BytesMut::new(), scanner: ReplyScanner::default() })
    }

    /// Entries a second.
    fn consume(&mut self, entries: usize, count: u64) -> io::Result<f64> {
        self.fill(entries)?;
        let start = Instant::now();
        let mut ids: Vec<Vec<u8>> = Vec::new();
        let mut consumed = 0;
        while consumed < entries {
            let mut out = BytesMut::new();
            let mut writer = CommandWriter::new(&mut out);
            if !ids.is_empty() {
                writer.begin(3 + ids.len()).word(b"XACK").word(STREAM).word(b"g");
                for id in &ids {
                    writer.word(id);
                }
            }
            let digits = count.to_string();
            writer.command(&[
                b"XREADGROUP",
                b"GROUP",
                b"g",
                b"c",
                b"COUNT",
                digits.as_bytes(),
                b"STREAMS",
                STREAM,
                b">",
            ]);
            self.stream.write_all(&out)?;
            if !ids.is_empty() {
                self.reply()?;
            }
            ids = ids_of(&self.reply()?);
            consumed += ids.len();
        }
        let seconds = start.elapsed().as_secs_f64();
        self.call(&[b"DEL", STREAM])?;
        Ok(entries as f64 / seconds)
    }

    fn fill(&mut self, entries: usize) -> io::Result<()> {
        self.call(&[b"DEL", STREAM])?;
        let payload = [b'x'; 100];
        let entry: [&[u8]; 11] = [
            b"XADD",
            STREAM,
            b"*",
            b"topic",
            b"data.quotes.BINANCE.BTCUSDT",
            b"payload",
            &payload,
            b"type",
            b"QuoteTick",
            b"encoding",
            b"Json",
        ];
        for _ in 0..entries / 1000 {
            let mut out = BytesMut::new();
            for _ in 0..1000 {
                CommandWriter::new(&mut out).command(&entry);
            }
            self.stream.write_all(&out)?;
            for _ in 0..1000 {
                self.reply()?;
            }
        }
        self.call(&[b"XGROUP", b"CREATE", STREAM, b"g", b"0"])?;
        Ok(())
    }

    fn call(&mut self, words: &[&[u8]]) -> io::Result<BytesMut> {
        let mut out = BytesMut::new();
        CommandWriter::new(&mut out).command(words);
        self.stream.write_all(&out)?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<BytesMut> {
        loop {
            if let Some(len) = self.scanner.scan(&self.received).map_err(io::Error::other)? {
                return Ok(self.received.split_to(len));
            }
            let mut part = [0; 16 * 1024];
            match self.stream.read(&mut part)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                bytes => self.received.extend_from_slice(&part[..bytes]),
            }
        }
    }
}

/// The ids in an answer of XREADGROUP: the first of the two parts of each entry.
fn ids_of(reply: &[u8]) -> Vec<Vec<u8>> {
    let mut tokens = Tokens::new(reply);
    let mut ids = Vec::new();
    let mut after_pair = false;
    while let Ok(token) = tokens.pull() {
        if let (true, Token::Bulk(text)) = (after_pair, token)
            && text != STREAM
        {
            ids.push(text.to_vec());
        }
        after_pair = token == Token::List(2);
    }
    ids
}

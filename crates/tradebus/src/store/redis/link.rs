//! One connection to a server: dialled, introduced, and then a pipe for commands and replies.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use smol_str::{SmolStr, format_smolstr};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tradebus_resp::{BrokenReply, CommandWriter, ReplyScanner, Token, Tokens};

use super::reply;
use super::tls::Encryption;
use crate::config::{Address, RedisServer};
use crate::store::StoreError;

/// Room that is made for each read from the socket, in bytes.
const READ_BYTES: usize = 64 * 1024;
/// A silent peer is found after this time even when nothing is being asked.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// What every connection to one server has in common.
#[derive(Debug, Clone)]
pub(super) struct Dialer {
    pub(super) server: RedisServer,
    pub(super) encryption: Option<Encryption>,
    /// The address for messages; no secrets in it.
    pub(super) name: Arc<str>,
    pub(super) client_name: SmolStr,
    pub(super) connect_timeout: Duration,
    pub(super) command_timeout: Duration,
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection. Commands gather in `output` until [`flush`](Self::flush); replies are taken in order.
pub(super) struct Link {
    socket: Box<dyn Socket>,
    input: BytesMut,
    scanner: ReplyScanner,
    output: BytesMut,
    server: Arc<str>,
    /// The server's number for this connection, where it tells.
    pub(super) client_id: Option<u64>,
}

impl Dialer {
    /// Connects, logs in and checks that the server is one that can be used.
    pub(super) async fn open(&self, role: &str) -> Result<Link, StoreError> {
        let socket = self.dial().await?;
        let mut link = Link {
            socket,
            input: BytesMut::with_capacity(READ_BYTES),
            scanner: ReplyScanner::default(),
            output: BytesMut::new(),
            server: self.name.clone(),
            client_id: None,
        };
        let introduced = self.in_time("the login", link.introduce(self, role)).await;
        introduced.map_err(|error| self.explained(error))?;
        Ok(link)
    }

    /// A server that wants TLS answers a login without it with an alert, or with nothing and leaves.
    fn explained(&self, error: StoreError) -> StoreError {
        const HELP: &str = "a server with TLS is reached by rediss://";
        match error {
            StoreError::Disconnected { server, source } if self.encryption.is_none() => {
                let text = format!("it left during the login ({source}); {HELP}");
                StoreError::Connect { server, source: Arc::new(io::Error::new(source.kind(), text)) }
            }
            StoreError::Protocol { server, detail } if self.encryption.is_none() => {
                StoreError::Protocol { server, detail: format!("{detail}; {HELP}") }
            }
            other => other,
        }
    }

    async fn in_time<T>(
        &self,
        what: &'static str,
        step: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(self.connect_timeout, step).await.unwrap_or_else(|_| {
            Err(StoreError::TimedOut { server: self.name.clone(), what, after: self.connect_timeout })
        })
    }

    async fn dial(&self) -> Result<Box<dyn Socket>, StoreError> {
        let failed = |source| StoreError::Connect { server: self.name.clone(), source: Arc::new(source) };
        let request = "the connection request";
        let (host, port) = match &self.server.address {
            Address::Tcp { host, port } => (host, *port),
            Address::Unix(path) => {
                let socket = async { UnixStream::connect(path).await.map_err(failed) };
                return Ok(Box::new(self.in_time(request, socket).await?));
            }
        };
        let socket = self.in_time(request, async { connect_tcp(host, port).await.map_err(failed) }).await?;
        Ok(match &self.encryption {
            // A server that does not speak TLS may wait for the end of what it takes for a command.
            Some(encryption) => Box::new(
                self.in_time("the TLS handshake (redis:// is for one without)", encryption.connect(socket))
                    .await?,
            ),
            None => Box::new(socket),
        })
    }
}

async fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let socket = TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 3);
    SockRef::from(&socket).set_tcp_keepalive(&keepalive)?;
    Ok(socket)
}

impl Link {
    /// Logs in, chooses the database, says who we are, and looks at the version: one round trip.
    async fn introduce(&mut self, dialer: &Dialer, role: &str) -> Result<(), StoreError> {
        let auth = dialer.server.auth();
        if let Some(words) = &auth {
            self.command(words);
        }
        let database = itoa::Buffer::new().format(dialer.server.database).to_owned();
        let name = format_smolstr!("{}:{role}", dialer.client_name);
        let selects = dialer.server.database != 0;
        if selects {
            self.command(&[b"SELECT", database.as_bytes()]);
        }
        self.command(&[b"CLIENT", b"SETNAME", name.as_bytes()]);
        self.command(&[b"CLIENT", b"SETINFO", b"LIB-NAME", b"tradebus"]);
        self.command(&[b"CLIENT", b"SETINFO", b"LIB-VER", env!("CARGO_PKG_VERSION").as_bytes()]);
        self.command(&[b"CLIENT", b"ID"]);
        self.command(&[b"INFO", b"server"]);
        self.command(&[b"PING"]);
        self.flush().await?;

        if auth.is_some() {
            self.accepted().await?;
        }
        if selects {
            self.accepted().await?;
        }
        for _courtesy in ["SETNAME", "LIB-NAME", "LIB-VER"] {
            self.reply().await?;
        }
        let id = self.reply().await?;
        self.client_id = match Tokens::new(&id).pull() {
            Ok(Token::Integer(id)) => u64::try_from(id).ok(),
            _ => None,
        };
        let info = self.reply().await?;
        reply::check_version(&info, &self.server)?;
        // A server that is still loading takes all of the above, but not what we are here for: it would refuse the first
        // batches and take those behind them.
        match self.accepted().await {
            // A user may not be allowed to ask.
            Err(StoreError::Refused { .. }) => Ok(()),
            answered => answered,
        }
    }

    async fn accepted(&mut self) -> Result<(), StoreError> {
        let answer = self.reply().await?;
        match Tokens::new(&answer).pull().map_err(|error| self.broken(&error))? {
            Token::Error(text) => Err(reply::error(text, &self.server)),
            _ => Ok(()),
        }
    }

    /// Writes commands into the output; they go with the next [`flush`](Self::flush).
    pub(super) fn writer(&mut self) -> CommandWriter<'_> {
        CommandWriter::new(&mut self.output)
    }

    /// Adds one command to the output.
    pub(super) fn command(&mut self, words: &[&[u8]]) {
        self.writer().command(words);
    }

    /// Sends what has gathered.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        let sent = self.socket.write_all(&self.output).await;
        self.output.clear();
        sent.map_err(|source| self.lost(source))?;
        // An encrypted connection holds the end back until it is told.
        self.socket.flush().await.map_err(|source| self.lost(source))
    }

    /// The next reply, whole. Cancel safe.
    pub(super) async fn reply(&mut self) -> Result<Bytes, StoreError> {
        loop {
            if let Some(len) = self.complete()? {
                return Ok(self.input.split_to(len).freeze());
            }
            self.more().await?;
        }
    }

    /// Takes the next reply if all of it has arrived, and hands it over where it lies.
    pub(super) fn take<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, StoreError> {
        let Some(len) = self.complete()? else { return Ok(None) };
        let value = read(&self.input[..len]);
        self.input.advance(len);
        Ok(Some(value))
    }

    fn complete(&mut self) -> Result<Option<usize>, StoreError> {
        self.scanner.scan(&self.input).map_err(|error| self.broken(&error))
    }

    /// Waits for more bytes from the server. Cancel safe.
    pub(super) async fn more(&mut self) -> Result<(), StoreError> {
        self.input.reserve(READ_BYTES);
        match self.socket.read_buf(&mut self.input).await {
            Ok(0) => Err(self.lost(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(source) => Err(self.lost(source)),
        }
    }

    pub(super) fn server(&self) -> &Arc<str> {
        &self.server
    }

    pub(super) fn broken(&self, error: &BrokenReply) -> StoreError {
        StoreError::Protocol { server: self.server.clone(), detail: error.to_string() }
    }

    fn lost(&self, source: io::Error) -> StoreError {
        StoreError::Disconnected { server: self.server.clone(), source: Arc::new(source) }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("server", &self.server)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

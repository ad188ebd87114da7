//! The bytes of one connection on their way in and out.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

use super::stats::Stats;

/// What is read at once from clients that send one request after the other, and from those that send many.
const FEW_BYTES: usize = 4 * 1024;
const MANY_BYTES: usize = 64 * 1024;

/// After so many small reads a client counts as one of the first kind again.
const SMALL_READS: u8 = 100;

/// A buffer for replies that grew larger is given back once it is empty.
const KEPT_BYTES: usize = 64 * 1024;

/// A stream, which may be encrypted, and its buffers.
pub(super) struct Wire<S> {
    stream: S,
    pub(super) input: BytesMut,
    pub(super) output: BytesMut,
    read_bytes: usize,
    small_reads: u8,
    /// Something of what was written may still lie in the stream: in the buffers of TLS.
    unflushed: bool,
}

/// What [`Wire::progress`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everything that waited was sent.
    Sent,
    /// So many bytes came; 0 when the client hung up.
    Received(usize),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
            read_bytes: FEW_BYTES,
            small_reads: 0,
            unflushed: false,
        }
    }

    /// Whether everything was sent.
    pub(super) fn is_sent(&self) -> bool {
        self.output.is_empty() && !self.unflushed
    }

    /// Sends what the network takes now.
    pub(super) async fn send(&mut self, stats: &Stats) -> io::Result<()> {
        poll_fn(|context| match self.poll_send(context, stats) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        })
        .await
    }

    /// Goes on sending, and receives unless that has to wait. `missing` are bytes of a request that are known to come. Cancel
    /// safe.
    pub(super) async fn progress(
        &mut self,
        receives: bool,
        missing: usize,
        stats: &Stats,
    ) -> io::Result<Progress> {
        poll_fn(|context| {
            if !self.is_sent() && self.poll_send(context, stats)?.is_ready() {
                return Poll::Ready(Ok(Progress::Sent));
            }
            if receives { self.poll_receive(context, missing, stats) } else { Poll::Pending }
        })
        .await
    }

    fn poll_send(&mut self, context: &mut Context<'_>, stats: &Stats) -> Poll<io::Result<()>> {
        while !self.output.is_empty() {
            let bytes = ready!(Pin::new(&mut self.stream).poll_write(context, &self.output))?;
            if bytes == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            stats.sent(bytes);
            self.output.advance(bytes);
            self.unflushed = true;
        }
        if self.output.capacity() > KEPT_BYTES {
            self.output = BytesMut::new();
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(context))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        missing: usize,
        stats: &Stats,
    ) -> Poll<io::Result<Progress>> {
        // Room for a large argument is made as it comes, not as it was promised.
        self.input.reserve(missing.min(self.input.len()).max(self.read_bytes));
        let received = pin!(self.stream.read_buf(&mut self.input)).poll(context);
        if received.is_pending() {
            self.shrink();
        }
        let bytes = ready!(received)?;
        stats.received(bytes);
        self.adapt(bytes);
        Poll::Ready(Ok(Progress::Received(bytes)))
    }

    fn adapt(&mut self, received: usize) {
        if received >= FEW_BYTES {
            (self.read_bytes, self.small_reads) = (MANY_BYTES, 0);
        } else if self.small_reads < SMALL_READS {
            self.small_reads += 1;
        } else {
            self.read_bytes = FEW_BYTES;
        }
    }

    /// While nothing comes, not much room is held for it: of many connections, most are idle.
    fn shrink(&mut self) {
        let capacity = self.input.capacity();
        if capacity > 2 * (self.input.len() + FEW_BYTES) {
            self.input =
                if self.input.is_empty() { BytesMut::new() } else { BytesMut::from(&self.input[..]) };
        }
    }

    /// Says goodbye as far as that is possible without waiting.
    pub(super) async fn close(mut self) {
        const MOST_READS: usize = 16;
        poll_fn(|context| {
            // Whether the client hears of it is its own affair now.
            let _ = Pin::new(&mut self.stream).poll_shutdown(context);
            // What it has sent and nobody read would make the system drop the last reply.
            let mut rest = BytesMut::with_capacity(MANY_BYTES);
            for _ in 0..MOST_READS {
                rest.clear();
                let read = pin!(self.stream.read_buf(&mut rest)).poll(context);
                if !matches!(read, Poll::Ready(Ok(bytes)) if bytes > 0) {
                    break;
                }
            }
            Poll::Ready(())
        })
        .await;
    }
}

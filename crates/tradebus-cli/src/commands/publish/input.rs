//! Where payloads come from.

use std::io::Read as _;

use bytes::Bytes;

use crate::failure::{Failure, Outcome};
use crate::lines::{Lines, Piece};

/// What is published, one after the other.
pub(super) enum Input {
    /// The same payload, so many more times.
    Same { payload: Bytes, left: u64 },
    /// At most so many more lines.
    Lines { lines: Lines, left: u64 },
}

impl Input {
    /// Opens the input; a payload from standard input is read here.
    pub(super) async fn open(
        payload: Option<&str>,
        lines: Option<&str>,
        count: Option<u64>,
        limit: usize,
    ) -> Outcome<Self> {
        if let Some(source) = lines {
            let lines = Lines::open(source, limit)?;
            return Ok(Self::Lines { lines, left: count.unwrap_or(u64::MAX) });
        }
        let payload = match payload {
            Some("-") => read_standard_input(limit).await?,
            Some(text) => Bytes::copy_from_slice(text.as_bytes()),
            None => Bytes::new(),
        };
        Ok(Self::Same { payload, left: count.unwrap_or(1) })
    }

    /// The next payload; `None` at the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Outcome<Option<Piece>> {
        match self {
            Self::Same { left: 0, .. } | Self::Lines { left: 0, .. } => Ok(None),
            Self::Same { payload, left } => {
                *left -= 1;
                Ok(Some(Piece::Payload(payload.clone())))
            }
            Self::Lines { lines, left } => {
                let line = lines.next().await?;
                *left -= 1;
                Ok(line)
            }
        }
    }
}

/// Reads standard input to its end, but no more than is needed to know that it is too large.
async fn read_standard_input(limit: usize) -> Outcome<Bytes> {
    let read = tokio::task::spawn_blocking(move || {
        let mut payload = Vec::new();
        std::io::stdin().lock().take(limit as u64 + 1).read_to_end(&mut payload).map(|_| payload)
    });
    let read = read.await.map_err(|error| Failure::failed(format!("cannot read standard input: {error}")))?;
    read.map(Bytes::from).map_err(|error| Failure::failed(format!("cannot read standard input: {error}")))
}

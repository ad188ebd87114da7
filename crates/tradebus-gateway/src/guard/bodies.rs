//! How much of bodies may be in memory at one time, whoever sends them.

use std::sync::Arc;

use axum::extract::Request;
use http::{Method, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Outcome, Problem};

/// All bodies at one time, in KiB.
const ALL_KIB: usize = 512 << 10;

/// Room for bodies.
pub(super) struct Bodies {
    room: Arc<Semaphore>,
    /// The largest body, in KiB: one that does not say its size may be as large.
    largest: usize,
}

impl Bodies {
    pub(super) fn new(largest_bytes: usize) -> Self {
        let largest = largest_bytes.div_ceil(1 << 10).clamp(1, ALL_KIB);
        Self { room: Arc::new(Semaphore::new(ALL_KIB)), largest }
    }

    /// Takes room for the body of a request, which is free again when the permit is dropped; none for requests that have no body.
    pub(super) fn admit(&self, request: &Request) -> Outcome<Option<OwnedSemaphorePermit>> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(None);
        }
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let length: Option<usize> = length.and_then(|length| length.parse().ok());
        let kib = length.map_or(self.largest, |bytes| bytes.div_ceil(1 << 10).clamp(1, self.largest));
        match self.room.clone().try_acquire_many_owned(kib as u32) {
            Ok(room) => Ok(Some(room)),
            Err(_) => Err(Problem::unavailable("there are too many large requests at one time")),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::{ALL_KIB, Bodies, Request};

    #[test]
    fn there_is_only_so_much_room() {
        let bodies = Bodies::new(1 << 29);
        let request = |method: &str, length: Option<usize>| {
            let start = Request::builder().method(method);
            let built = length.into_iter().fold(start, |it, length| it.header("content-length", length));
            built.body(Body::empty()).unwrap()
        };
        assert!(bodies.admit(&request("GET", None)).unwrap().is_none());
        let half = bodies.admit(&request("POST", Some(1 << 28))).unwrap();
        assert_eq!(half.as_ref().unwrap().num_permits(), ALL_KIB / 2);
        assert!(bodies.admit(&request("POST", None)).is_err(), "it may be of any size");
        assert!(bodies.admit(&request("POST", Some(10))).unwrap().is_some());
        drop(half);
        assert!(bodies.admit(&request("POST", Some(1 << 28))).is_ok());
    }
}

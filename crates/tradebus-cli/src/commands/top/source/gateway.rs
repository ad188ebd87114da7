//! Following a gateway: a connection that is lost is made again.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::News;
use super::connection::{Caller, Connection};

/// News that wait: whoever is slower gets what the gateway has newest.
const AHEAD: usize = 4;
/// How long the first snapshot may take.
const FIRST: Duration = Duration::from_secs(10);
const SHORTEST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Seconds of the past that the charts can show.
const PAST: usize = 240;

/// Snapshots of a gateway, whatever happens to the connection. It ends when this is dropped.
pub(super) struct Following {
    url: String,
    news: mpsc::Receiver<News>,
    task: JoinHandle<()>,
}

impl Following {
    /// Waits for the first snapshot: what is wrong at the start is told at once.
    pub(super) async fn start(caller: Caller, with_past: bool) -> Result<Self, String> {
        let url = caller.endpoint().to_string();
        let first = timeout(FIRST, first(&caller)).await;
        let (connection, snapshot) =
            first.unwrap_or_else(|_| Err(format!("{url} sends no snapshot within {} s", FIRST.as_secs())))?;
        let (sender, news) = mpsc::channel(AHEAD);
        let task = tokio::spawn(follow(caller, connection, snapshot, with_past, sender));
        Ok(Self { url, news, task })
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    /// Cancel safe.
    pub(super) async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn first(caller: &Caller) -> Result<(Connection, Bytes), String> {
    let mut connection = caller.connect().await?;
    let snapshot = connection.next().await?;
    Ok((connection, snapshot))
}

/// Passes snapshots on until nobody wants them.
async fn follow(
    caller: Caller,
    mut connection: Connection,
    mut first: Bytes,
    with_past: bool,
    news: mpsc::Sender<News>,
) {
    loop {
        // It also fills the gap that a lost connection has left.
        if with_past && let Ok(Some(past)) = timeout(FIRST, caller.past(PAST)).await {
            let _ = news.send(News::Past(past)).await;
        }
        let Some(why) = pass_on(&mut connection, first, &news).await else { return };
        match again(&caller, why, &news).await {
            Some(next) => (connection, first) = next,
            None => return,
        }
    }
}

/// Passes on what one connection brings; returns why it brings nothing more, or `None` when nobody wants it.
async fn pass_on(connection: &mut Connection, first: Bytes, news: &mpsc::Sender<News>) -> Option<String> {
    let mut snapshot = Ok(first);
    loop {
        match snapshot {
            Ok(json) => news.send(News::Snapshot(json)).await.ok()?,
            Err(why) => return Some(why),
        }
        snapshot = connection.next().await;
    }
}

/// Connects again, as often as it takes; `None` when nobody wants it.
async fn again(caller: &Caller, mut why: String, news: &mpsc::Sender<News>) -> Option<(Connection, Bytes)> {
    let mut wait = SHORTEST_WAIT;
    loop {
        news.send(News::Lost { why, again_in: wait }).await.ok()?;
        sleep(wait).await;
        match timeout(FIRST, first(caller)).await {
            Ok(Ok(next)) => return Some(next),
            Ok(Err(error)) => why = error,
            // One that takes the connection and says nothing is as good as none.
            Err(_) => why = format!("{} says nothing", caller.endpoint()),
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

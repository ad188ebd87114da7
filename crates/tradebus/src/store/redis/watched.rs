//! The control connection with a key under watch: what is asked and what is done about it, as one.

use bytes::Bytes;
use tokio::sync::MutexGuard;

use super::control::{Control, exchange};
use super::link::Link;
use crate::StreamKey;
use crate::store::StoreError;

/// The control connection, for one that has a key under watch. Dropped before the end, the connection goes, and the watch with it.
pub(super) struct Watched<'a> {
    control: &'a Control,
    slot: MutexGuard<'a, Option<Link>>,
    link: Link,
}

impl Control {
    /// Watches a key and asks questions; error replies are among the answers.
    pub(super) async fn watch(
        &self,
        key: &StreamKey,
        questions: &[Vec<&[u8]>],
    ) -> Result<(Watched<'_>, Vec<Bytes>), StoreError> {
        let watch = vec![&b"WATCH"[..], key.as_bytes()];
        let questions: Vec<_> = std::iter::once(watch).chain(questions.iter().cloned()).collect();
        let mut slot = self.link.lock().await;
        let link = match slot.take() {
            Some(link) => link,
            None => self.dialer.open("control").await?,
        };
        let mut watched = Watched { control: self, slot, link };
        let mut answers = match watched.ask(&questions).await {
            // A connection that was idle may have been closed by the server: one more try, on a new one.
            Err(StoreError::Disconnected { .. }) => {
                watched.link = self.dialer.open("control").await?;
                watched.ask(&questions).await?
            }
            answers => answers?,
        };
        answers.remove(0);
        Ok((watched, answers))
    }
}

impl Watched<'_> {
    /// The answers to further questions, error replies among them.
    pub(super) async fn ask(&mut self, questions: &[Vec<&[u8]>]) -> Result<Vec<Bytes>, StoreError> {
        self.control.in_time(exchange(&mut self.link, questions)).await
    }

    /// Runs commands as one transaction, and returns their results; `None` if it did not run because the key was changed.
    pub(super) async fn commit(mut self, commands: &[Vec<&[u8]>]) -> Result<Option<Vec<Bytes>>, StoreError> {
        let (begin, end) = (vec![&b"MULTI"[..]], vec![&b"EXEC"[..]]);
        let all: Vec<_> = std::iter::once(begin).chain(commands.iter().cloned()).chain([end]).collect();
        let answers = self.ask(&all).await?;
        let control = self.control;
        self.hand_back();
        control.results(&answers)
    }

    /// Does nothing about it.
    pub(super) async fn unwatch(mut self) -> Result<(), StoreError> {
        self.ask(&[vec![&b"UNWATCH"[..]]]).await?;
        self.hand_back();
        Ok(())
    }

    fn hand_back(mut self) {
        *self.slot = Some(self.link);
    }
}

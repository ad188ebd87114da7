//! The connection for everything that is asked now and then.

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tradebus_resp::{Token, Tokens};

use super::link::{Dialer, Link};
use super::reply;
use crate::StreamKey;
use crate::store::StoreError;

/// Asks one question (or one pipeline of them) at a time; connects again when the connection was lost.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) dialer: Dialer,
    /// Empty before the first question, and after one that was not answered.
    pub(super) link: Mutex<Option<Link>>,
}

impl Control {
    /// Connects at once, so that a wrong address or password is known before anything else is done.
    pub(super) async fn connect(dialer: Dialer) -> Result<Self, StoreError> {
        let link = dialer.open("control").await?;
        Ok(Self { dialer, link: Mutex::new(Some(link)) })
    }

    /// The answer to one command; an error reply is an error.
    pub(super) async fn ask(&self, words: &[&[u8]]) -> Result<Bytes, StoreError> {
        let answer = self.ask_all(&[words.to_vec()]).await?.remove(0);
        match Tokens::new(&answer).pull() {
            Ok(Token::Error(text)) => Err(reply::error(text, &self.dialer.name)),
            Ok(_) => Ok(answer),
            Err(error) => {
                Err(StoreError::Protocol { server: self.dialer.name.clone(), detail: error.to_string() })
            }
        }
    }

    /// The answers to a pipeline of commands, error replies among them.
    ///
    /// Cancel safe: a connection whose answers were not awaited is not used again.
    pub(super) async fn ask_all(&self, commands: &[Vec<&[u8]>]) -> Result<Vec<Bytes>, StoreError> {
        let mut slot = self.link.lock().await;
        let mut link = match slot.take() {
            Some(link) => link,
            None => self.dialer.open("control").await?,
        };
        match self.in_time(exchange(&mut link, commands)).await {
            Ok(answers) => {
                *slot = Some(link);
                Ok(answers)
            }
            // A connection that was idle may have been closed by the server: one more try, on a new one.
            Err(StoreError::Disconnected { .. }) => {
                let mut link = self.dialer.open("control").await?;
                let answers = self.in_time(exchange(&mut link, commands)).await?;
                *slot = Some(link);
                Ok(answers)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks questions, and if the answers are as wanted, runs commands as one transaction; all of it again if `key` was changed in between.
    /// `None` if the answers were not as wanted.
    pub(super) async fn transact_if(
        &self,
        key: &StreamKey,
        questions: &[Vec<&[u8]>],
        wanted: impl Fn(&[Bytes]) -> Result<bool, StoreError>,
        commands: &[Vec<&[u8]>],
    ) -> Result<Option<Vec<Bytes>>, StoreError> {
        loop {
            let (watched, answers) = self.watch(key, questions).await?;
            let wanted = wanted(&answers);
            if !matches!(wanted, Ok(true)) {
                watched.unwatch().await?;
                return wanted.map(|_no| None);
            }
            if let Some(results) = watched.commit(commands).await? {
                return Ok(Some(results));
            }
        }
    }

    /// The results of a transaction, out of the answers to all its commands; `None` if it did not run because of a watched key.
    pub(super) fn results(&self, answers: &[Bytes]) -> Result<Option<Vec<Bytes>>, StoreError> {
        // The first error says most: that of EXEC only repeats that there was one.
        let error = answers.iter().find_map(|answer| match Tokens::new(answer).pull() {
            Ok(Token::Error(text)) => Some(reply::error(text, &self.dialer.name)),
            _ => None,
        });
        if let Some(error) = error {
            return Err(error);
        }
        let results = answers.last().map(reply::elements).transpose();
        let broken = |error: tradebus_resp::BrokenReply| StoreError::Protocol {
            server: self.dialer.name.clone(),
            detail: error.to_string(),
        };
        results.map(Option::flatten).map_err(broken)
    }

    pub(super) async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let after = self.dialer.command_timeout;
        let timed_out =
            |_| StoreError::TimedOut { server: self.dialer.name.clone(), what: "a command", after };
        timeout(after, asking).await.map_err(timed_out)?
    }
}

pub(super) async fn exchange(link: &mut Link, commands: &[Vec<&[u8]>]) -> Result<Vec<Bytes>, StoreError> {
    for words in commands {
        link.command(words);
    }
    link.flush().await?;
    let mut answers = Vec::with_capacity(commands.len());
    for _ in commands {
        answers.push(link.reply().await?);
    }
    Ok(answers)
}

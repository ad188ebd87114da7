//! Moving entries within a Redis server: looked at under `WATCH`, and moved in a transaction.

use bytes::Bytes;
use hashbrown::HashMap;
use tradebus_engine::EntryId;
use tradebus_resp::{Token, Tokens};

use super::watched::Watched;
use super::{RedisStore, append, reply};
use crate::StreamKey;
use crate::store::{EntryRef, Lease, MovedEntry, NewEntry, ReadBatch, StoreError, TargetOf};

/// An entry that is to move, and where to.
type Going<'a> = (EntryRef<'a>, StreamKey);

impl RedisStore {
    pub(super) async fn move_one(
        &self,
        from: &StreamKey,
        id: EntryId,
        entry: NewEntry<'_>,
    ) -> Result<Option<EntryId>, StoreError> {
        let id = id.to_string();
        let is_there = vec![&b"XRANGE"[..], from.as_bytes(), id.as_bytes(), id.as_bytes()];
        // A transaction goes on behind a command that fails: what could fail is asked first.
        let kind = vec![&b"TYPE"[..], entry.stream.as_bytes()];
        let wanted = |answers: &[Bytes]| {
            self.may_append(&answers[1], entry.stream)?;
            match Tokens::new(&answers[0]).pull() {
                Ok(Token::Error(text)) => {
                    Err(Self::wrong_type_named(reply::error(text, &self.dialer.name), from))
                }
                answer => Ok(answer == Ok(Token::List(1))),
            }
        };
        let append = append::command(&entry);
        let append: Vec<&[u8]> = append.iter().map(Vec::as_slice).collect();
        let delete = vec![&b"XDEL"[..], from.as_bytes(), id.as_bytes()];
        let moved = self.control.transact_if(from, &[is_there, kind], wanted, &[append, delete]).await?;
        moved.map(|results| self.appended(&results, entry.stream)).transpose()
    }

    pub(super) async fn move_many(
        &self,
        from: &StreamKey,
        ids: &[EntryId],
        target: &TargetOf<'_>,
        guard: Option<Lease<'_>>,
    ) -> Result<Option<Vec<MovedEntry>>, StoreError> {
        let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else {
            return Ok(Some(Vec::new()));
        };
        // Those that are due together were mostly published together: one range has them, or many of them.
        let (first, last, count) = (first.to_string(), last.to_string(), ids.len().to_string());
        let range =
            [&b"XRANGE"[..], from.as_bytes(), first.as_bytes(), last.as_bytes(), b"COUNT", count.as_bytes()];
        let held = guard.iter().map(|lease| vec![&b"GET"[..], lease.key.as_bytes()]);
        let questions: Vec<Vec<&[u8]>> = held.chain([range.to_vec()]).collect();
        loop {
            // Under a lease nobody else moves anything, and the stream is one to which others append all the time.
            let key = guard.map_or(from, |lease| lease.key);
            let (mut watched, answers) = self.control.watch(key, &questions).await?;
            let found = match self.is_held_still(&answers, guard) {
                Ok(true) => self.found(&mut watched, &answers, from, ids).await.map(Some),
                other => other.map(|_lost| None),
            };
            let going = match &found {
                Ok(Some(found)) => self.going(&mut watched, &in_order(found, ids), target).await.map(Some),
                Ok(None) => Ok(None),
                Err(error) => Err(error.clone()),
            };
            let going = match going {
                Ok(Some(going)) if !going.is_empty() => going,
                other => {
                    watched.unwatch().await?;
                    return Ok(other?.map(|_none| Vec::new()));
                }
            };
            if let Some(results) = transfer(watched, from, &going).await? {
                return self.moved(&going, &results).map(Some);
            }
        }
    }

    fn is_held_still(&self, answers: &[Bytes], guard: Option<Lease<'_>>) -> Result<bool, StoreError> {
        guard.map_or(Ok(true), |lease| self.is_held(&answers[0], lease))
    }

    /// The entries that are there: those in the answer to the range, and those behind its end.
    async fn found(
        &self,
        watched: &mut Watched<'_>,
        answers: &[Bytes],
        from: &StreamKey,
        ids: &[EntryId],
    ) -> Result<Vec<ReadBatch>, StoreError> {
        let read = |answer: &Bytes| match append::failure(answer, from, &self.dialer.name) {
            Some(error) => Err(error),
            None => reply::range(answer.clone(), from).map_err(|error| self.broken(&error.to_string())),
        };
        let range = answers.last().map(read).transpose()?.unwrap_or_default();
        let end = range.entries().last().map(EntryRef::id).filter(|_| range.len() >= ids.len());
        let behind = ids.iter().filter(|id| end.is_some_and(|end| **id > end));
        let behind: Vec<String> = behind.map(EntryId::to_string).collect();
        let questions =
            behind.iter().map(|id| vec![&b"XRANGE"[..], from.as_bytes(), id.as_bytes(), id.as_bytes()]);
        let questions: Vec<Vec<&[u8]>> = questions.collect();
        let mut found = vec![range];
        if !questions.is_empty() {
            for answer in &watched.ask(&questions).await? {
                found.push(read(answer)?);
            }
        }
        Ok(found)
    }

    /// Where these entries go. A transaction goes on behind a command that fails: whether they can be appended there is asked first.
    async fn going<'a>(
        &self,
        watched: &mut Watched<'_>,
        found: &[EntryRef<'a>],
        target: &TargetOf<'_>,
    ) -> Result<Vec<Going<'a>>, StoreError> {
        let going = found.iter().filter_map(|entry| Some((*entry, target(*entry)?)));
        let going: Vec<Going<'a>> = going.collect();
        let mut targets: Vec<&StreamKey> = going.iter().map(|(_, target)| target).collect();
        targets.sort_unstable();
        targets.dedup();
        let kinds: Vec<Vec<&[u8]>> =
            targets.iter().map(|target| vec![&b"TYPE"[..], target.as_bytes()]).collect();
        for (kind, target) in watched.ask(&kinds).await?.iter().zip(targets) {
            self.may_append(kind, target)?;
        }
        Ok(going)
    }

    fn moved(&self, going: &[Going<'_>], results: &[Bytes]) -> Result<Vec<MovedEntry>, StoreError> {
        let moved = going.iter().zip(results).map(|((entry, stream), result)| {
            let id = self.appended(std::slice::from_ref(result), stream)?;
            Ok(MovedEntry { was: entry.id(), stream: stream.clone(), id })
        });
        moved.collect()
    }
}

/// Those that were found of the wanted entries, in the wanted order.
fn in_order<'a>(found: &'a [ReadBatch], ids: &[EntryId]) -> Vec<EntryRef<'a>> {
    let entries = found.iter().flat_map(ReadBatch::entries);
    let entries: HashMap<EntryId, EntryRef<'a>> = entries.map(|entry| (entry.id(), entry)).collect();
    ids.iter().filter_map(|id| entries.get(id).copied()).collect()
}

/// Appends there and deletes here, in one transaction.
async fn transfer(
    watched: Watched<'_>,
    from: &StreamKey,
    going: &[Going<'_>],
) -> Result<Option<Vec<Bytes>>, StoreError> {
    let ids: Vec<String> = going.iter().map(|(entry, _)| entry.id().to_string()).collect();
    let mut commands: Vec<Vec<&[u8]>> = Vec::with_capacity(going.len() + 1);
    for (entry, stream) in going {
        let mut words = vec![&b"XADD"[..], stream.as_bytes(), b"*"];
        words.extend(entry.fields().flat_map(|(name, value)| [name, value]));
        commands.push(words);
    }
    let mut delete = vec![&b"XDEL"[..], from.as_bytes()];
    delete.extend(ids.iter().map(String::as_bytes));
    commands.push(delete);
    watched.commit(&commands).await
}

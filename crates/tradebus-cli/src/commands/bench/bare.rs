//! The yardstick for consumer groups: the same entries through the store alone, in one loop, without a bus.

use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tradebus::store::{Acks, Appender, GroupReader, GroupStart, NewEntry, Trim};
use tradebus::{EntryId, StoreError, StreamKey, StreamStore};

use super::load::Plan;

/// Entries of a batch, and of a read.
const BATCH: usize = 1000;
/// Entries that may be stored and not yet read.
const AHEAD: usize = 20 * BATCH;
/// Entries that are kept, and batches between two trims: what is trimmed was read long ago.
const KEPT: u64 = 10 * AHEAD as u64;
const TRIM_EVERY: u64 = 100;
const GROUP: &str = "bench";

/// Appends, reads as a consumer and acknowledges, a thousand entries at a time, each on a connection of its own; the acknowledgement of a
/// batch is under way while the next one is read. Returns entries a second.
pub(super) async fn run(store: &dyn StreamStore, stream: &StreamKey, plan: &Plan) -> Result<f64, StoreError> {
    let groups = store.consumer_groups();
    groups.create_group(stream, GROUP, GroupStart::After(EntryId::MIN)).await?;
    let mut appender = store.appender("bench").await?;
    let mut reader = groups.group_reader(GROUP, "bench", "bench").await?;
    let (read, batches) = (Semaphore::new(AHEAD), plan.messages.div_ceil(BATCH as u64));
    let start = Instant::now();
    let appending = append(store, &mut *appender, stream, plan, &read);
    let consuming = consume(store, &mut *reader, stream, batches, &read);
    tokio::try_join!(appending, consuming)?;
    let seconds = start.elapsed().as_secs_f64();
    store.remove(stream).await?;
    Ok((batches * BATCH as u64) as f64 / seconds)
}

async fn append(
    store: &dyn StreamStore,
    appender: &mut dyn Appender,
    stream: &StreamKey,
    plan: &Plan,
    read: &Semaphore,
) -> Result<(), StoreError> {
    let payload = vec![b'x'; plan.size];
    let topic = plan.topics[0].as_bytes();
    let fields: [(&[u8], &[u8]); 4] =
        [(b"topic", topic), (b"payload", &payload), (b"type", b"QuoteTick"), (b"encoding", b"Sbe")];
    let batch = vec![NewEntry { stream, fields: &fields }; BATCH];
    let mut acks = Vec::new();
    for batch_number in 1..=plan.messages.div_ceil(BATCH as u64) {
        // It is closed nowhere.
        if let Ok(permit) = read.acquire_many(BATCH as u32).await {
            permit.forget();
        }
        appender.send(&batch).await?;
        while acks.len() < BATCH {
            appender.receive(&mut acks).await?;
        }
        for ack in acks.drain(..) {
            ack?;
        }
        // As a bus does: otherwise the memory of the server would be what is measured.
        if batch_number % TRIM_EVERY == 0 {
            store.trim(stream, Trim::ToLength { keep: KEPT, approximate: true }).await?;
        }
    }
    Ok(())
}

async fn consume(
    store: &dyn StreamStore,
    reader: &mut dyn GroupReader,
    stream: &StreamKey,
    batches: u64,
    read: &Semaphore,
) -> Result<(), StoreError> {
    let (streams, mut done, mut left) = ([stream.clone()], Vec::new(), batches as usize * BATCH);
    while left > 0 || !done.is_empty() {
        let block = (left > 0).then_some(Duration::from_secs(10));
        let acks = [Acks { stream, ids: &done }];
        let acknowledging = async {
            if done.is_empty() {
                return Ok(0);
            }
            store.consumer_groups().acknowledge(GROUP, &acks).await
        };
        let (batch, _) = tokio::try_join!(reader.read(&streams, BATCH, block), acknowledging)?;
        left -= batch.len();
        read.add_permits(batch.len());
        done = batch.entries().map(tradebus::store::EntryRef::id).collect();
    }
    Ok(())
}

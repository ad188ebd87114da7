//! Measures the store: `cargo run --release -p tradebus-engine --example measure`.
//!
//! Appending to a stream that only grows pays for fresh memory of the operating system; one that is trimmed does not.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tradebus_engine::{DbError, Engine, EntryId, NewId, Trim};

const ENTRIES: u32 = 1_000_000;

fn main() -> Result<(), DbError> {
    for batch in [1, 1000] {
        let engine = Engine::new();
        let growing = append(&engine, batch, None)?;
        let reading = read(&engine)?;
        let memory = engine.lock().memory_bytes() / ENTRIES as usize;
        engine.lock().flush()?;
        append(&engine, batch, Some(100_000))?;
        let trimmed = append(&engine, batch, Some(100_000))?;
        println!(
            "batches of {batch}: append {growing:?} an entry (to a stream trimmed to 100,000: {trimmed:?}), read \
             {reading:?}, {memory} bytes in memory"
        );
    }
    Ok(())
}

/// Time per entry of appending quotes with 200 bytes of payload.
fn append(engine: &Engine, batch: u32, max_len: Option<u64>) -> Result<Duration, DbError> {
    let payload = [b'x'; 200];
    let fields: [(&[u8], &[u8]); 4] = [
        (b"topic", b"data.quotes.BINANCE.BTCUSDT"),
        (b"payload", &payload),
        (b"type", b"QuoteTick"),
        (b"encoding", b"json"),
    ];
    let start = Instant::now();
    for _ in 0..ENTRIES / batch {
        let mut db = engine.lock();
        for _ in 0..batch {
            db.append(b"stream", NewId::Auto, &fields)?;
        }
        if let Some(len) = max_len {
            db.trim(b"stream", Trim::max_len(len).approximate(None))?;
        }
    }
    Ok(start.elapsed() / ENTRIES)
}

/// Time per entry of reading the stream in batches of a thousand.
fn read(engine: &Engine) -> Result<Duration, DbError> {
    let start = Instant::now();
    let (mut after, mut read, mut bytes) = (EntryId::MIN, 0, 0);
    while read < ENTRIES as usize {
        read += engine.lock().read_after(b"stream", after, 1000, |id, fields| {
            after = id;
            bytes += fields.map(|(name, value)| name.len() + value.len()).sum::<usize>();
            ControlFlow::Continue(())
        })?;
    }
    assert!(bytes > 0);
    Ok(start.elapsed() / ENTRIES)
}

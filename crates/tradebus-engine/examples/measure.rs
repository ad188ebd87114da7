//! Measures the store: `cargo run --release -p tradebus-engine --example measure`.

use std::ops::ControlFlow;
use std::time::Instant;

use tradebus_engine::{Engine, EntryId, NewId};

const ENTRIES: u32 = 1_000_000;

fn main() -> Result<(), tradebus_engine::StreamError> {
    let payload = [b'x'; 200];
    let fields: [(&[u8], &[u8]); 4] = [
        (b"topic", b"data.quotes.BINANCE.BTCUSDT"),
        (b"payload", &payload),
        (b"type", b"QuoteTick"),
        (b"encoding", b"json"),
    ];
    for batch in [1u32, 1000] {
        let engine = Engine::new();
        let start = Instant::now();
        for _ in 0..ENTRIES / batch {
            let mut db = engine.lock();
            for _ in 0..batch {
                db.append(b"stream", NewId::Auto, &fields)?;
            }
        }
        let append = start.elapsed() / ENTRIES;

        let start = Instant::now();
        let (mut after, mut read, mut bytes) = (EntryId::MIN, 0, 0);
        while read < ENTRIES as usize {
            read += engine.lock().read_after(b"stream", after, 1000, |id, fields| {
                after = id;
                bytes += fields.map(|(name, value)| name.len() + value.len()).sum::<usize>();
                ControlFlow::Continue(())
            })?;
        }
        let reading = start.elapsed() / ENTRIES;
        let memory = engine.lock().memory_bytes();
        println!(
            "batches of {batch}: append {append:?} an entry, read {reading:?} an entry, {} bytes an entry in memory \
             for {} bytes of fields",
            memory / ENTRIES as usize,
            bytes / ENTRIES as usize,
        );
    }
    Ok(())
}

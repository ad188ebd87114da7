//! Scores made-up records of the size and vocabulary of the Data.gov catalogue, and says how fast that goes.
//!
//!     cargo run --release -p tradebus-services --example score [RECORDS]
//!
//! Half of the records are Census map files, as in the catalogue; the others have words from economic and from other titles.
//! Records are made and scored in batches of 1000, as pages come from the API; only scoring is timed.

mod made_up;

use std::time::{Duration, Instant};

use jiff::civil::date;
use serde_json::Value;
use tradebus_services::datagov::{Hit, Relevance};

use self::made_up::{Random, cpu_time, peak_memory, record};

const BATCH: usize = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let records: usize = std::env::args().nth(1).map_or(Ok(300_000), |text| text.parse())?;
    let relevance = Relevance::built_in()?;
    let today = date(2026, 11, 26);
    let (mut relevant, mut bytes) = (0, 0);
    let (mut busy, mut on_cpu) = (Duration::ZERO, Duration::ZERO);
    let mut random = Random(1);
    for batch in 0..records.div_ceil(BATCH) {
        let size = BATCH.min(records - batch * BATCH);
        let values: Vec<Value> = (0..size).map(|place| record(&mut random, batch * BATCH + place)).collect();
        bytes += values.iter().map(|value| value.to_string().len()).sum::<usize>();
        let hits: Vec<Hit> = values.iter().map(Hit::read).collect::<Result<_, _>>()?;
        let (start, cpu) = (Instant::now(), cpu_time());
        relevant += hits.iter().filter(|hit| relevance.score(hit, today).relevant).count();
        busy += start.elapsed();
        on_cpu += cpu_time().saturating_sub(cpu);
    }
    let rate = records as f64 / busy.as_secs_f64();
    println!("{records} records of {} bytes on average: {relevant} relevant", bytes / records.max(1));
    println!(
        "scored in {:.2} s: {rate:.0} records/s; {:.2} s of them on a CPU",
        busy.as_secs_f64(),
        on_cpu.as_secs_f64()
    );
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak}");
    }
    Ok(())
}

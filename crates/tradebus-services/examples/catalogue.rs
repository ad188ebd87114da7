//! Writes made-up records of the size and vocabulary of the Data.gov catalogue to a catalogue on disk in pages of 1000, then searches and ranks them, and says
//! how fast that goes and what it takes.
//!
//!     cargo run --release -p tradebus-services --example catalogue [RECORDS [FOLDER]]
//!
//! The folder is a temporary one by default. Only writing, searching and ranking are timed, not making the records. Their words are few, so that an index of
//! real ones is larger.

mod made_up;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::civil::date;
use serde_json::{Value, json};
use tradebus_services::datagov::catalogue::{Order, Walk, Wanted};
use tradebus_services::datagov::{Catalogue, Hit, Relevance};

use self::made_up::{Random, cpu_time, peak_memory, record};

const PAGE: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let records: usize = arguments.next().map_or(Ok(300_000), |text| text.parse())?;
    let temporary = tempfile::TempDir::new()?;
    let folder = arguments.next().map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let catalogue = Catalogue::open(&folder.join("datagov.sqlite"), 4 << 30)?;
    load(&catalogue, records)?;
    search(&catalogue)?;
    rank(&catalogue)?;
    // The same again: nothing has changed, so nothing is written.
    load(&catalogue, records)?;
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak}");
    }
    Ok(())
}

fn load(catalogue: &Catalogue, records: usize) -> Result<(), Box<dyn Error>> {
    let mut walk = Walk::new("made-up", json!({}), PAGE as u64);
    let (mut busy, mut bytes, mut random) = (Duration::ZERO, 0, Random(1));
    for page in 0..records.div_ceil(PAGE) {
        let size = PAGE.min(records - page * PAGE);
        let values: Vec<Value> = (0..size).map(|place| record(&mut random, page * PAGE + place)).collect();
        bytes += values.iter().map(|value| value.to_string().len()).sum::<usize>();
        let hits: Vec<Hit> = values.iter().map(Hit::read).collect::<Result<_, _>>()?;
        walk.after = Some(page.to_string());
        let start = Instant::now();
        catalogue.save(hits, &mut walk)?;
        busy += start.elapsed();
    }
    let (rate, holds) = (records as f64 / busy.as_secs_f64(), catalogue.holds()?);
    println!(
        "{} new, {} replaced in {:.1} s: {rate:.0} records/s; {} records of {} bytes on average take {} bytes on disk",
        walk.new,
        walk.replaced,
        busy.as_secs_f64(),
        holds.records,
        bytes / records.max(1),
        holds.bytes
    );
    if let Some(peak) = peak_memory() {
        println!("  peak memory so far: {peak}");
    }
    Ok(())
}

fn search(catalogue: &Catalogue) -> Result<(), Box<dyn Error>> {
    for q in ["yuma", "petroleum price", "\"interest rates\"", "petroleum OR grain", "no such words"] {
        let wanted = Wanted { q: Some(q.to_owned()), ..Wanted::default() };
        for order in [Order::Relevance, Order::LastHarvestedDate] {
            let start = Instant::now();
            let found = catalogue.search(&wanted, order, None, 20)?;
            let ms = start.elapsed().as_secs_f64() * 1e3;
            println!("{q:?} by {order:?}: {} of a page of 20 in {ms:.1} ms", found.hits.len());
        }
    }
    Ok(())
}

fn rank(catalogue: &Catalogue) -> Result<(), Box<dyn Error>> {
    let (relevance, today) = (Relevance::built_in()?, date(2026, 11, 26));
    let (mut looked_at, mut relevant) = (0_usize, 0_usize);
    let (start, cpu) = (Instant::now(), cpu_time());
    catalogue.each(&Wanted::default(), |hit| {
        looked_at += 1;
        relevant += usize::from(relevance.score(&hit, today).relevant);
        true
    })?;
    let (busy, on_cpu) = (start.elapsed().as_secs_f64(), cpu_time().saturating_sub(cpu).as_secs_f64());
    let rate = looked_at as f64 / busy;
    println!(
        "ranked {looked_at} in {busy:.1} s ({on_cpu:.1} s on a CPU): {rate:.0} records/s, {relevant} of them relevant"
    );
    Ok(())
}

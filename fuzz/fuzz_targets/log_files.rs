//! The files of a store: any bytes are opened, refused or repaired, and a store that opened opens again.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use tradebus_engine::{Engine, LogOptions, OpenError};

fuzz_target!(|input: &[u8]| {
    let place = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let file = |name: &str| place.path().join(name);
    // The first byte says where the file ends and the next one begins.
    let (first, second) = input.split_at(input.first().map_or(0, |at| usize::from(*at) * input.len() / 256));
    fs::write(file("00000000000000000001.log"), first).expect("a file");
    fs::write(file("00000000000000000002.log"), second).expect("a file");
    let mut options = LogOptions { segment_bytes: 64 << 10, ..LogOptions::new(place.path()) };
    match Engine::open(&options) {
        Ok((engine, _)) => engine.close(),
        Err(OpenError::Damaged(_)) => {
            options.repair = true;
            Engine::open(&options).expect("what is damaged can be repaired").0.close();
        }
        Err(OpenError::Version { .. }) => return,
        Err(other) => panic!("{other}"),
    }
    options.repair = false;
    Engine::open(&options).expect("it was opened before");
});

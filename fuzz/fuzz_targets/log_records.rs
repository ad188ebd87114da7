//! The records of a frame whose checksum is right: whatever they say, they are done or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|records: &[u8]| tradebus_engine::fuzzing::replay(records));

//! Entries of streams: any fields are a message or none.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // Each field is a length, and as many bytes.
    let mut texts = Vec::new();
    let mut rest = input;
    while let Some((&len, after)) = rest.split_first() {
        let (text, after) = after.split_at(usize::from(len).min(after.len()));
        texts.push(text);
        rest = after;
    }
    let fields: Vec<(&[u8], &[u8])> = texts.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    tradebus::fuzzing::read_record(&fields);
});

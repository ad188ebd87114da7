//! The program `tradebus`.

fn main() {}

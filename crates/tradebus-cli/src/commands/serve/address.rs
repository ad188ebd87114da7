//! Addresses on the command line.

use std::net::SocketAddr;

/// What `--resp` and `--http` name.
#[derive(Clone, Copy)]
pub(super) enum Address {
    At(SocketAddr),
    Nowhere,
}

pub(super) fn parse(text: &str) -> Result<Address, String> {
    if text == "none" {
        return Ok(Address::Nowhere);
    }
    text.parse()
        .map(Address::At)
        .map_err(|_| "write an address and a port such as 127.0.0.1:8787, or none".to_owned())
}

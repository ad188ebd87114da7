//! The doctor against every kind of store: what it finds, and that it leaves nothing behind.

mod stores;
mod support;
mod trouble;

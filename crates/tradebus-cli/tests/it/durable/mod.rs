//! A node that keeps its streams in a directory: killed at any moment, on a full disk, and when it is asked to end.

mod full;
mod killed;

//! The program `tradebus`, in this process.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Does what a command line asks for, the name of the program first, and returns the exit code.
#[pyfunction]
pub(crate) fn run_program(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| tradebus_cli::run(arguments))
}

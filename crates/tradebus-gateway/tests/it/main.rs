//! The gateway over the embedded engine, as clients meet it. What concerns a real Redis stands with the tests of the program.

mod api;
mod dead;
mod events;
mod guard;
mod hostile;
mod live;
mod page;
mod sockets;
mod support;

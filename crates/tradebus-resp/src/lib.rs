//! RESP, the protocol of Redis: what goes over the wire, without the wire.

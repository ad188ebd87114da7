//! The checks, each in a file of its own.

mod acl;
mod cleanup;
mod clock;
mod connection;
mod eviction;
mod groups;
mod latency;
mod patterns;
mod persistence;
mod priority;
mod round_trip;
mod server;
mod services;
mod throughput;
mod traffic;
mod trimming;

use std::time::Duration;

use crate::finding::Looked;
use crate::patient::Patient;

/// The names of all checks, in the order in which they are made.
pub const NAMES: [&str; 15] = {
    let mut names = [""; 15];
    let mut at = 0;
    while at < names.len() {
        names[at] = Kind::ALL[at].name();
        at += 1;
    }
    names
};

/// Which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Connection,
    Server,
    Persistence,
    Eviction,
    Acl,
    Clock,
    RoundTrip,
    Priority,
    Patterns,
    Groups,
    Trimming,
    Services,
    Throughput,
    Latency,
    Cleanup,
}

impl Kind {
    /// All of them, in the order in which they are made.
    pub(crate) const ALL: [Self; 15] = [
        Self::Connection,
        Self::Server,
        Self::Persistence,
        Self::Eviction,
        Self::Acl,
        Self::Clock,
        Self::RoundTrip,
        Self::Priority,
        Self::Patterns,
        Self::Groups,
        Self::Trimming,
        Self::Services,
        Self::Throughput,
        Self::Latency,
        Self::Cleanup,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Persistence => "persistence",
            Self::Eviction => "eviction",
            Self::Acl => "acl",
            Self::Clock => "clock",
            Self::RoundTrip => "round_trip",
            Self::Priority => "priority",
            Self::Patterns => "patterns",
            Self::Groups => "groups",
            Self::Trimming => "trimming",
            Self::Services => "services",
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Cleanup => "cleanup",
        }
    }

    /// Longest that it may take.
    pub(crate) const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            // Each step of connecting has a limit of its own.
            Self::Connection => 16,
            Self::RoundTrip | Self::Throughput => 15,
            _ => 10,
        })
    }

    /// Whether it sends messages over streams of the doctor's own.
    pub(crate) const fn sends(self) -> bool {
        matches!(
            self,
            Self::RoundTrip
                | Self::Priority
                | Self::Patterns
                | Self::Groups
                | Self::Trimming
                | Self::Throughput
                | Self::Latency
        )
    }

    /// Makes it.
    pub(crate) async fn look(self, patient: &mut Patient) -> Looked {
        match self {
            Self::Connection => connection::look(patient).await,
            Self::Server => server::look(&**patient.store()?).await,
            Self::Persistence => persistence::look(&**patient.store()?, &patient.config).await,
            Self::Eviction => eviction::look(&**patient.store()?).await,
            Self::Acl => acl::look(patient).await,
            Self::Clock => clock::look(&**patient.store()?).await,
            Self::RoundTrip => round_trip::look(&patient.bus()?, &patient.tally).await,
            Self::Priority => priority::look(&patient.bus()?, &patient.tally).await,
            Self::Patterns => patterns::look(&patient.bus()?, &patient.tally).await,
            Self::Groups => groups::look(patient).await,
            Self::Trimming => trimming::look(patient).await,
            Self::Services => services::look(patient).await,
            Self::Throughput => throughput::look(patient).await,
            Self::Latency => latency::look(patient).await,
            Self::Cleanup => cleanup::look(patient).await,
        }
    }
}

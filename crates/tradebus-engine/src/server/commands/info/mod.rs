//! INFO.

mod counts;
mod resources;
mod state;

use std::fmt::Write;

use crate::server::dispatch::Context;
use crate::server::parse::is;
use crate::server::refusal::Refusal;

/// What writes the lines of a section.
type Writer = fn(&Context<'_>, &mut String) -> std::fmt::Result;

/// A section of the report.
struct Section {
    name: &'static str,
    write: Writer,
    /// Shown when nobody says which sections are wanted.
    by_default: bool,
}

const fn section(name: &'static str, write: Writer) -> Section {
    Section { name, write, by_default: true }
}

const fn on_request(name: &'static str, write: Writer) -> Section {
    Section { name, write, by_default: false }
}

/// In the order of Redis.
static SECTIONS: [Section; 12] = [
    section("Server", state::server),
    section("Clients", state::clients),
    section("Memory", resources::memory),
    section("Persistence", state::persistence),
    section("Stats", counts::stats),
    section("Replication", state::replication),
    section("CPU", resources::cpu),
    section("Modules", |_, _| Ok(())),
    on_request("Commandstats", counts::commandstats),
    section("Errorstats", counts::errorstats),
    section("Cluster", state::cluster),
    section("Keyspace", state::keyspace),
];

impl Section {
    fn is_wanted(&self, words: &[&[u8]]) -> bool {
        let named = |word: &&[u8]| {
            is(word, self.name)
                || is(word, "all")
                || is(word, "everything")
                || (self.by_default && is(word, "default"))
        };
        words.iter().any(named) || (words.is_empty() && self.by_default)
    }
}

pub(super) fn info(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let mut text = String::new();
    for section in SECTIONS.iter().filter(|section| section.is_wanted(&args[1..])) {
        let gap = if text.is_empty() { "" } else { "\r\n" };
        // Writing to a string does not fail.
        let _ =
            write!(text, "{gap}# {}\r\n", section.name).and_then(|()| (section.write)(context, &mut text));
    }
    context.out.verbatim_text(&text);
    Ok(())
}

//! CLIENT LIST and CLIENT INFO.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Kind;
use crate::server::client::Client;
use crate::server::commands;
use crate::server::dispatch::Context;
use crate::server::parse::{integer, is};
use crate::server::refusal::Refusal;

pub(super) fn info(context: &mut Context<'_>, _: &[&[u8]]) -> Result<(), Refusal> {
    context.session.show();
    let mut text = String::new();
    write_line(&context.session.client, context.server.tick(), &mut text);
    context.out.verbatim_text(&text);
    Ok(())
}

pub(super) fn list(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.session.show();
    let clients = &context.server.clients;
    let mut shown = match args {
        [_, _] => clients.all(),
        [_, _, option, ids @ ..] if is(option, "ID") && !ids.is_empty() => {
            let not_a_number = || Refusal::new("ERR Invalid client ID");
            let ids = ids.iter().map(|id| integer(id).map_err(|_| not_a_number()));
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().filter_map(|id| clients.get(u64::try_from(id).ok()?)).collect()
        }
        [_, _, option, kind] if is(option, "TYPE") => {
            let kind = Kind::parse(kind)?;
            let mut all = clients.all();
            all.retain(|client| kind.is(client));
            all
        }
        _ => return Err(Refusal::SYNTAX),
    };
    let mut text = String::new();
    for client in shown.drain(..) {
        write_line(&client, context.server.tick(), &mut text);
    }
    context.out.verbatim_text(&text);
    Ok(())
}

/// The fields of Redis 7.0 in their order, then the two that 7.2 has more.
fn write_line(client: &Client, tick: u64, line: &mut String) {
    let (figures, origin) = (&client.figures, &client.origin);
    let names = client.names.lock().clone();
    let name = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let get = |figure: &AtomicUsize| figure.load(Ordering::Relaxed);
    let idle_ticks = tick.saturating_sub(figures.seen.load(Ordering::Relaxed));
    let (letters, letters_capacity) = client.outbox.size();
    let memory = size_of::<Client>()
        + get(&figures.input_bytes)
        + get(&figures.input_room)
        + get(&figures.queued_bytes)
        + get(&figures.output_capacity)
        + letters_capacity;
    // Writing to a string does not fail. Arguments lie in the input: they take no memory of their own.
    let _ = writeln!(
        line,
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db=0 sub={} psub={} ssub=0 multi={} qbuf={} \
         qbuf-free={} argv-mem=0 multi-mem={} rbs={} rbp={} obl={} oll={} omem={letters_capacity} tot-mem={memory} \
         events={} cmd={} user=default redir=-1 resp={} lib-name={} lib-ver={}",
        client.id,
        origin.peer,
        origin.local,
        origin.file,
        name(&names.name),
        client.since.elapsed().as_secs(),
        idle_ticks / TICKS_PER_SECOND,
        flags(figures.flags.load(Ordering::Relaxed)),
        get(&figures.channels),
        get(&figures.patterns),
        get(&figures.queued).cast_signed() - 1,
        get(&figures.input_bytes),
        get(&figures.input_room),
        get(&figures.queued_bytes),
        get(&figures.output_capacity),
        get(&figures.output_peak),
        get(&figures.output_bytes),
        u8::from(letters > 0),
        if get(&figures.output_bytes) + letters > 0 { "rw" } else { "r" },
        last_command(get(&figures.last_command)),
        get(&figures.protocol),
        name(&names.library),
        name(&names.library_version),
    );
}

const TICKS_PER_SECOND: u64 = 1000 / crate::server::TICK.as_millis() as u64;

/// The letters that are packed into a number, the first one in front; `N` if there are none.
fn flags(packed: u64) -> String {
    let letters = packed.to_be_bytes().into_iter().filter(|letter| *letter != 0);
    let letters: String = letters.map(char::from).collect();
    if letters.is_empty() { "N".to_owned() } else { letters }
}

fn last_command(place_plus_one: usize) -> &'static str {
    place_plus_one.checked_sub(1).and_then(commands::name_at).unwrap_or("NULL")
}

#[cfg(test)]
mod tests {
    #[test]
    fn flags_are_letters() {
        assert_eq!(super::flags(0), "N");
        assert_eq!(super::flags(u64::from(u16::from_be_bytes(*b"Px"))), "Px");
    }
}

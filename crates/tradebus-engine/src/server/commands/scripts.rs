//! Scripts and functions, of which there are none.

use super::Command;
use crate::server::dispatch::Context;
use crate::server::parse::is;
use crate::server::refusal::Refusal;

pub(super) static FUNCTION: &[Command] = &[
    Command::new("function|flush", -2, "write noscript", function_flush),
    Command::new("function|list", -2, "noscript", function_list),
];

pub(super) static SCRIPT: &[Command] = &[
    Command::new("script|exists", -3, "noscript", exists),
    Command::new("script|flush", -2, "noscript", script_flush),
];

/// What would run or keep a script.
const REFUSED: [&str; 7] = ["eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro", "script|load"];

/// The refusal of a command or subcommand that would need scripts, if it is one.
pub(super) fn refuse(name: &[u8], subcommand: Option<&[u8]>) -> Option<Refusal> {
    let full = match subcommand {
        None => name.to_ascii_lowercase(),
        Some(subcommand) => [name, b"|", subcommand].concat().to_ascii_lowercase(),
    };
    let is_known = |known: &str| known.as_bytes() == full || (known == "fcall" && full == b"function|load");
    REFUSED.into_iter().any(is_known).then(|| {
        let shown = String::from_utf8_lossy(&full).replace('|', " ").to_ascii_uppercase();
        Refusal::quoting(
            "ERR scripts and functions are not offered here: '",
            shown.as_bytes(),
            "' cannot be done",
        )
    })
}

fn function_flush(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    if args.len() > 3 {
        return Err(Refusal::subcommand_syntax(args, "FUNCTION"));
    }
    flush(context, args, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
}

fn script_flush(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    flush(context, args, "ERR SCRIPT FLUSH only support SYNC|ASYNC option")
}

fn flush(context: &mut Context<'_>, args: &[&[u8]], refusal: &'static str) -> Result<(), Refusal> {
    match args {
        [_, _] => {}
        [_, _, how] if is(how, "SYNC") || is(how, "ASYNC") => {}
        _ => return Err(Refusal::new(refusal)),
    }
    context.out.status("OK");
    Ok(())
}

fn function_list(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    let (mut with_code, mut library) = (false, false);
    let mut rest = &args[2..];
    while let [option, after @ ..] = rest {
        rest = if !with_code && is(option, "WITHCODE") {
            with_code = true;
            after
        } else if !library && is(option, "LIBRARYNAME") {
            library = true;
            after.get(1..).ok_or(Refusal::new("ERR library name argument was not given"))?
        } else {
            return Err(Refusal::quoting_all("ERR Unknown argument ", option, ""));
        };
    }
    context.out.list(0);
    Ok(())
}

fn exists(context: &mut Context<'_>, args: &[&[u8]]) -> Result<(), Refusal> {
    context.out.list(args.len() - 2);
    for _ in &args[2..] {
        context.out.integer(0);
    }
    Ok(())
}

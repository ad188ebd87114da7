//! Whether the user may do what the bus does.
//!
//! A server that can say so is asked what it would allow (`ACL DRYRUN`, from Redis 7 on, for users with the right to ask). Elsewhere each command is
//! tried on keys of the doctor's own.

mod ask;
mod commands;

use tradebus::{Layout, Priority, StreamKey};

use self::ask::{Answer, Asker, Keys};
use self::commands::{COMMANDS, Command, Need};
use crate::finding::{Finding, Looked, Trouble, listed};
use crate::patient::Patient;
use crate::scratch::PREFIX;

/// What the user may and may not do.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rights {
    user: String,
    /// How they were found out.
    dry: bool,
    /// Commands that are refused.
    missing: Vec<&'static Command>,
    /// Whether the keys of the bus may be used, and those of the doctor.
    own_keys: bool,
    scratch_keys: bool,
}

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let store = patient.store()?.clone();
    let Some(asker) = Asker::new(&*store).await? else {
        return Ok(Finding::pass("the store is in this process, and has no users"));
    };
    let own = own_key(patient);
    let rights = find_out(&asker, &Keys::of(&patient.scratch), &own).await?;
    patient.may_scratch = rights.scratch_keys;
    Ok(judge(&rights, &patient.config.stream_base()))
}

/// A stream of the bus, as its layout has it. It need not be there.
fn own_key(patient: &Patient) -> StreamKey {
    let base = patient.config.stream_base();
    StreamKey::from(
        &match patient.config.layout() {
            Layout::Single => base,
            Layout::Lanes | Layout::Topic => format!("{base}:{}", Priority::Normal),
        }[..],
    )
}

async fn find_out(asker: &Asker<'_>, scratch: &Keys, own: &StreamKey) -> Result<Rights, Trouble> {
    let mut rights = Rights { user: asker.user.clone(), dry: asker.dry, ..Rights::default() };
    rights.own_keys = asker.may_use(own).await?;
    rights.scratch_keys = true;
    for command in COMMANDS {
        match asker.ask(command, scratch).await? {
            Answer::Allowed => {}
            Answer::NoKey => rights.scratch_keys = false,
            Answer::NoCommand => rights.missing.push(command),
        }
    }
    Ok(rights)
}

fn judge(rights: &Rights, base: &str) -> Finding {
    let user = &rights.user;
    let of = |need| rights.missing.iter().filter(move |command| command.need == need).copied();
    let needed: Vec<&Command> = of(Need::Must).collect();
    if !needed.is_empty() {
        let names: Vec<&str> = needed.iter().map(|command| command.name).collect();
        return Finding::fail(
            format!("the user {user} may not use {}", listed(&names)),
            format!("ACL SETUSER {user} {}", needed.iter().copied().map(rule).collect::<Vec<_>>().join(" ")),
        );
    }
    if !rights.own_keys {
        return Finding::fail(
            format!("the user {user} may not use the keys of the bus, {base}*"),
            format!("ACL SETUSER {user} ~{base}*"),
        );
    }
    let useful: Vec<&Command> = of(Need::Good).collect();
    if useful.is_empty() && rights.scratch_keys {
        let how = if rights.dry { "as the server says" } else { "tried" };
        let count = COMMANDS.len();
        return Finding::pass(format!("the user {user} may use all {count} commands of the bus ({how})"));
    }
    lesser(user, &useful, rights.scratch_keys)
}

/// What is missing that the bus can do without.
fn lesser(user: &str, useful: &[&Command], scratch_keys: bool) -> Finding {
    let name = |command: &&Command| format!("{} ({})", command.name, command.purpose);
    let mut missing: Vec<String> = useful.iter().map(name).collect();
    let mut rules: Vec<String> = useful.iter().copied().map(rule).collect();
    if !scratch_keys {
        missing.push(format!("the keys {PREFIX}* (without them no message is sent)"));
        rules.push(format!("~{PREFIX}*"));
    }
    Finding::warn(
        format!("the user {user} may not use {}", listed(&missing)),
        format!("ACL SETUSER {user} {}", rules.join(" ")),
    )
}

/// The rule that allows a command.
fn rule(command: &Command) -> String {
    format!("+{}", command.name)
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, Command, Need, Rights, judge};
    use crate::report::Status;

    fn rights(missing: &[&str]) -> Rights {
        let command = |name: &&str| -> &'static Command {
            COMMANDS.iter().find(|command| command.name == *name).unwrap()
        };
        let missing = missing.iter().map(command).collect();
        Rights { user: "bob".to_owned(), dry: true, missing, own_keys: true, scratch_keys: true }
    }

    #[test]
    fn what_the_bus_cannot_do_without_fails_and_is_named() {
        let finding = judge(&rights(&["xtrim", "info", "xreadgroup"]), "trader");
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.detail.contains("xtrim") && finding.detail.contains("xreadgroup"), "{finding:?}");
        assert!(
            finding.advice.contains("ACL SETUSER bob") && finding.advice.contains("+xtrim"),
            "{finding:?}"
        );
    }

    #[test]
    fn what_is_only_useful_is_a_warning() {
        let finding = judge(&rights(&["info"]), "trader");
        assert!(finding.status == Status::Warn && finding.advice.ends_with("+info"), "{finding:?}");
    }

    #[test]
    fn keys_count_as_well() {
        let finding = judge(&Rights { own_keys: false, ..rights(&[]) }, "trader-A:stream");
        assert!(
            finding.status == Status::Fail && finding.advice.ends_with("~trader-A:stream*"),
            "{finding:?}"
        );
        let finding = judge(&Rights { scratch_keys: false, ..rights(&["info"]) }, "t");
        assert!(
            finding.status == Status::Warn && finding.advice.ends_with("+info ~tradebus-doctor:*"),
            "{finding:?}"
        );
        assert_eq!(judge(&rights(&[]), "t").status, Status::Pass);
    }

    #[test]
    fn every_command_says_what_for() {
        for command in COMMANDS {
            assert!(!command.purpose.is_empty() && !command.words.is_empty(), "{}", command.name);
        }
        assert!(COMMANDS.iter().any(|command| command.need == Need::Good));
    }
}

//! `tradebus doctor`: checks a deployment end to end.

use std::fmt::Write as _;

use owo_colors::{OwoColorize as _, Style};
use tokio::sync::Notify;
use tradebus_doctor::{Check, Doctor, Report, Status, Summary};

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::human::UNKNOWN;
use crate::shutdown::Shutdown;
use crate::{human, output, settings, terminal};

const EXAMPLES: &str = "\
Examples:
  tradebus doctor                                                  the store of the configuration
  tradebus doctor --store redis://user:password@db1:6379 --quick   another one, with fewer messages
  tradebus doctor --json | jq -r 'select(.status == \"fail\") | .name, .advice'
  tradebus doctor --config deploy/tradebus.toml && tradebus serve --config deploy/tradebus.toml

It looks at the server (version, persistence, eviction, rights, clock) and sends messages of its own (tiers, priority, patterns,
groups, trimming, throughput, latency). It leaves no traces: its streams begin with tradebus-doctor: and are removed in the end,
also after Ctrl-C. The streams of the bus are not touched, except that each service at work is asked for its health. It ends
within about a minute, whatever hangs. What each check means: docs/doctor.md.

With --json, a line is a check (name, status, detail, advice, duration_ms) as it finishes; the last line is the summary (total,
passed, warned, failed, skipped, pass_rate, messages_per_second, avg_latency_ms, p95_latency_ms, error_rate).
Exit codes: 0 nothing failed (warnings count as well), 1 a check failed or it was stopped, 2 the configuration cannot be used.";

/// Check a deployment end to end: the server, its settings and rights, and messages on their way.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Measure fewer messages: 2,000 in place of 20,000, and 50 one at a time in place of 300.
    #[arg(long)]
    quick: bool,

    /// Print one JSON object a check, and one with the summary.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args, global: &Global) -> Outcome {
    let config = settings::load(global)?.config;
    let mut shutdown = Shutdown::listen()?;
    let (unread, look) = (Notify::new(), Look::of(args.json));
    let mut written = Ok(());
    let write = |check: &Check| {
        if written.is_ok() {
            written = output::print(&look.check(check));
        }
        if written.is_err() {
            unread.notify_one();
        }
    };
    let mut stopped = false;
    let stop = async {
        tokio::select! {
            () = shutdown.requested() => {}
            () = unread.notified() => {}
        }
        stopped = true;
    };
    let report = Doctor::new(config).quick(args.quick).run_until(stop, write).await;
    written?;
    output::print(&look.summary(&report.summary))?;
    verdict(&report, stopped)
}

fn verdict(report: &Report, stopped: bool) -> Outcome {
    let failed = report.checks.iter().filter(|check| check.status == Status::Fail);
    let failed: Vec<&str> = failed.map(|check| check.name.as_str()).collect();
    if !failed.is_empty() {
        let checks = human::count(failed.len() as u64, "check", "checks");
        return Err(Failure::failed(format!("{checks} failed: {}", failed.join(", "))));
    }
    if stopped {
        return Err(Failure::failed("it was stopped before all checks were made"));
    }
    Ok(())
}

/// How the outcome is written.
enum Look {
    Json,
    Text { colour: bool },
}

impl Look {
    fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text { colour: terminal::stdout_has_colour() } }
    }

    fn check(&self, check: &Check) -> String {
        match self {
            Self::Json => line(check),
            Self::Text { colour } => check_text(check, *colour),
        }
    }

    fn summary(&self, summary: &Summary) -> String {
        match self {
            Self::Json => line(summary),
            Self::Text { .. } => summary_text(summary),
        }
    }
}

/// Texts and numbers, which can be written.
fn line(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What was found, and below it what to do.
fn check_text(check: &Check, colour: bool) -> String {
    let status = format!("{:4}", check.status);
    let status = if colour { status.style(style(check.status)).to_string() } else { status };
    let mut text = format!("{status}  {:12} ", check.name);
    terminal::push_visible(&mut text, &check.detail);
    if !check.advice.is_empty() {
        // Writing to memory cannot fail.
        let _ = write!(text, "\n{:19}-> ", "");
        terminal::push_visible(&mut text, &check.advice);
    }
    text
}

fn style(status: Status) -> Style {
    match status {
        Status::Pass => Style::new().green(),
        Status::Warn => Style::new().yellow(),
        Status::Fail => Style::new().red().bold(),
        Status::Skip => Style::new().dimmed(),
    }
}

fn summary_text(summary: &Summary) -> String {
    let Summary { total, passed, warned, failed, skipped, pass_rate, .. } = summary;
    let rate = human::or_unknown(summary.messages_per_second, |rate| format!("{rate:.0}"));
    let error_rate = human::or_unknown(summary.error_rate, |rate| format!("{:.2} %", rate * 100.0));
    format!(
        "\n\
         checks       {total}: {passed} passed, {warned} warned, {failed} failed, {skipped} skipped\n\
         pass rate    {:.0} % of those that were made\n\
         messages/s   {rate}\n\
         latency      {} on average, 95 % within {}\n\
         error rate   {error_rate}\n",
        pass_rate * 100.0,
        milliseconds(summary.avg_latency_ms),
        milliseconds(summary.p95_latency_ms),
    )
}

fn milliseconds(time: Option<f64>) -> String {
    time.map_or_else(|| UNKNOWN.to_owned(), |time| format!("{time:.2} ms"))
}

#[cfg(test)]
mod tests {
    use tradebus_doctor::{Check, Status, Summary};

    use super::{check_text, summary_text};

    #[test]
    fn a_check_has_a_line_and_its_advice_another() {
        let mut check = Check {
            name: "acl".to_owned(),
            status: Status::Fail,
            detail: "no\x1b[2J rights".to_owned(),
            advice: String::new(),
            duration_ms: 1.0,
        };
        assert_eq!(check_text(&check, false), "fail  acl          no\\u{1b}[2J rights");
        "ask".clone_into(&mut check.advice);
        assert!(check_text(&check, false).ends_with("rights\n                   -> ask"));
        assert!(check_text(&check, true).starts_with("\x1b["));
    }

    #[test]
    fn what_was_not_measured_is_not_invented() {
        let summary = Summary {
            total: 2,
            passed: 1,
            warned: 0,
            failed: 1,
            skipped: 0,
            pass_rate: 0.5,
            messages_per_second: None,
            avg_latency_ms: None,
            p95_latency_ms: None,
            error_rate: Some(0.0),
        };
        let text = summary_text(&summary);
        assert!(text.contains("50 %") && text.contains("messages/s   -\n"), "{text}");
        assert!(text.contains("- on average, 95 % within -") && text.contains("0.00 %"), "{text}");
    }
}

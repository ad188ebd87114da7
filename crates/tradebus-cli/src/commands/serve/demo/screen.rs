//! Shows readings: a block that is drawn again on a terminal, one line a second anywhere else.

use std::fmt::Write as _;
use std::time::Duration;

use owo_colors::{OwoColorize as _, Style};
use tradebus::Priority;

use super::measure::{Reading, TierReading};
use crate::failure::Outcome;
use crate::output::Output;
use crate::terminal;

/// Lines of the block.
const ROWS: usize = 6;
/// Columns of the block.
const COLUMNS: usize = 79;

/// Where readings are shown.
pub(super) struct Screen {
    output: Output,
    block: bool,
    colour: bool,
    drawn: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        let fits =
            terminal::stdout_size().is_some_and(|(width, height)| width >= COLUMNS && height > ROWS + 2);
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            output: Output::new(),
            block: terminal::stdout_is_terminal() && fits && !dumb,
            colour: terminal::stdout_has_colour(),
            drawn: false,
        }
    }

    /// Shows a reading, in place of the one before where that is possible.
    pub(super) async fn show(&mut self, reading: &Reading) -> Outcome {
        let text = if self.block { block(reading, self.colour) } else { line(reading) };
        if self.block && self.drawn {
            // Up to the first row of the block, and clear from there on.
            self.output.buffer().extend_from_slice(format!("\x1b[{ROWS}A\x1b[J").as_bytes());
        }
        self.drawn = true;
        self.output.buffer().extend_from_slice(text.as_bytes());
        self.output.flush().await
    }
}

/// A reading on one line.
fn line(reading: &Reading) -> String {
    let mut line = head(reading);
    for tier in &reading.tiers {
        let times = tier
            .times
            .map_or_else(|| "-".to_owned(), |[p50, p99, _]| format!("{}/{}", short(p50), short(p99)));
        // Writing to memory cannot fail.
        let _ = write!(line, "  {} {times}", tier.tier);
    }
    line.push_str(" (p50/p99)\n");
    line
}

/// A reading as a block of [`ROWS`] lines.
fn block(reading: &Reading, colour: bool) -> String {
    let paint = |text: String, style: Style| if colour { text.style(style).to_string() } else { text };
    let mut text = head(reading);
    terminal::cut(&mut text, COLUMNS);
    text.push('\n');
    let titles = format!("  {:<9}{:>10}{:>14}{:>12}{:>12}", "tier", "messages/s", "p50", "p99", "longest");
    let _ = writeln!(text, "{}", paint(titles, Style::new().dimmed()));
    for tier in &reading.tiers {
        let name = paint(format!("{:<9}", tier.tier.name()), style(tier.tier));
        let _ = writeln!(text, "  {name}{}", figures(tier));
    }
    text
}

fn figures(tier: &TierReading) -> String {
    let [p50, p99, longest] =
        tier.times.map_or_else(|| ["-".to_owned(), "-".to_owned(), "-".to_owned()], |times| times.map(short));
    format!("{:>10}{p50:>14}{p99:>12}{longest:>12}", thousands(tier.received))
}

fn head(reading: &Reading) -> String {
    let seconds = reading.uptime.as_secs();
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let away = if reading.connected { "" } else { "  STORE AWAY" };
    format!(
        "{clock}  in {}/s  out {}/s  queue {:.1} %  memory {:.1} MiB{away}",
        thousands(reading.sent),
        thousands(reading.received),
        reading.fill * 100.0,
        reading.memory_mib,
    )
}

fn style(tier: Priority) -> Style {
    match tier {
        Priority::Critical => Style::new().red().bold(),
        Priority::High => Style::new().yellow(),
        Priority::Normal => Style::new().green(),
        Priority::Low => Style::new().blue(),
    }
}

/// A time with three figures or so.
fn short(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    match us {
        ..10.0 => format!("{us:.1}us"),
        10.0..1_000.0 => format!("{us:.0}us"),
        1_000.0..10_000.0 => format!("{:.1}ms", us / 1e3),
        10_000.0..1_000_000.0 => format!("{:.0}ms", us / 1e3),
        _ => format!("{:.1}s", us / 1e6),
    }
}

/// A number without decimals, with commas.
fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tradebus::Priority;

    use super::{COLUMNS, ROWS, Reading, block, line, short, thousands};
    use crate::commands::serve::demo::measure::TierReading;

    fn reading() -> Reading {
        let times = Some([250, 1_234_000, 15_000_000].map(Duration::from_nanos));
        Reading {
            uptime: Duration::from_secs(360_001),
            sent: 1_234_567.0,
            received: 1_234_567.4,
            fill: 1.0,
            memory_mib: 12_345.67,
            connected: false,
            tiers: Priority::ALL.map(|tier| {
                let quiet = tier == Priority::Critical;
                TierReading { tier, received: 999_999.0, times: times.filter(|_| !quiet) }
            }),
        }
    }

    #[test]
    fn a_block_has_its_rows_and_columns() {
        let text = block(&reading(), false);
        assert_eq!(text.lines().count(), ROWS);
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert!(text.contains("critical"));
        let coloured = block(&reading(), true);
        assert_eq!(coloured.lines().count(), ROWS);
    }

    #[test]
    fn a_line_is_one_line() {
        let text = line(&reading());
        assert_eq!(
            text,
            "100:00:01  in 1,234,567/s  out 1,234,567/s  queue 100.0 %  memory 12345.7 MiB  STORE AWAY  critical -  \
             high 0.2us/1.2ms  normal 0.2us/1.2ms  low 0.2us/1.2ms (p50/p99)\n"
        );
    }

    #[test]
    fn figures_are_short() {
        for (nanos, text) in [
            (0, "0.0us"),
            (43_000, "43us"),
            (1_500_000, "1.5ms"),
            (999_000_000, "999ms"),
            (61_000_000_000, "61.0s"),
        ] {
            assert_eq!(short(Duration::from_nanos(nanos)), text);
        }
        for (number, text) in
            [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (-1.0, "0"), (1_234_567.0, "1,234,567")]
        {
            assert_eq!(thousands(number), text);
        }
    }
}

//! A comparison for people.

use std::fmt::Write as _;

use super::{Comparison, Contest, Entrant};

const NOTES: &str = "\
basic: a caller waits until the store has its message, with one connection a caller; buffered: one caller, who looks at the receipts later.
x basic: messages/s, as a multiple of the basic bus with one caller. p50, p99: means of the rounds, from publishing to the subscriber, and where
there is none, to the store's confirmation; flat out, messages of the buffered bus wait in its queues, so compare latencies at a rate.
";

impl Comparison {
    pub(in crate::commands::bench) fn text(&self) -> String {
        let mut out = format!("{}; rounds {}, in turn\n", self.setting.line(), self.rounds);
        for contest in &self.contests {
            out.push('\n');
            contest.write(&mut out);
        }
        out.push('\n');
        out.push_str(NOTES);
        out
    }
}

impl Contest {
    fn write(&self, out: &mut String) {
        let name = match self.rate {
            0 => self.name.to_owned(),
            rate => format!("{} at {rate}/s", self.receiving.name()),
        };
        let _ = writeln!(
            out,
            "{name:<32} {:>10} {:>8} {:>9} {:>9}   messages/s of each round",
            "messages/s", "x basic", "p50 ms", "p99 ms"
        );
        for entrant in &self.entrants {
            entrant.write(out);
        }
    }
}

impl Entrant {
    fn write(&self, out: &mut String) {
        let rounds: Vec<_> = self.runs.iter().map(|run| format!("{:.0}", run.messages_per_second)).collect();
        let (lost, errors) =
            self.runs.iter().fold((0, 0), |(lost, errors), run| (lost + run.lost, errors + run.errors));
        let _ = write!(
            out,
            "  {:<30} {:>10.0} {:>8.2} {:>9.3} {:>9.3}   {}",
            self.name(),
            self.messages_per_second,
            self.ratio_to_basic,
            self.mean(|run| run.overall.p50_ms),
            self.mean(|run| run.overall.p99_ms),
            rounds.join(", ")
        );
        if lost + errors > 0 {
            let _ = write!(out, "; lost {lost}, errors {errors}");
        }
        out.push('\n');
    }
}

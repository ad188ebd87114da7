//! The basic bus beside the buffered one, on the same store.
//!
//! All take turns, round by round, so that what else the machine does hits all of them, and can be seen. With the basic bus, one caller is what the
//! original measured; several are the best that it can do. Flat out, what the buffered bus publishes waits in its queues, which is where most of its latency
//! comes from: so there are latencies at the same rate too.

mod table;

use serde::Serialize;
use tradebus::{Bus, BusConfig, Mode, store};

use super::load::Plan;
use super::measure::{self, Measured};
use super::receive::Receiving;
use super::setting::Setting;
use crate::failure::Outcome;

/// How long the runs at a given rate last, at most, in seconds.
const PACED_SECONDS: u64 = 5;

#[derive(clap::Args)]
pub(super) struct Args {
    /// How many messages in each run.
    #[arg(long, short = 'n', default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(super) messages: u64,
    /// Callers of the basic bus, each with a connection, beside the runs with one.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    callers: u32,
    /// How often everything is measured, in turn.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Messages a second of the runs that compare latencies; these last 5 seconds at most.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: u64,
}

/// Everything that was set and found.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    #[serde(flatten)]
    setting: Setting,
    rounds: u32,
    contests: Vec<Contest>,
}

/// What the buses are compared in.
#[derive(Debug, Serialize)]
struct Contest {
    name: &'static str,
    /// Messages a second; 0 is flat out.
    rate: u64,
    #[serde(skip)]
    plan: Plan,
    #[serde(skip)]
    receiving: Receiving,
    entrants: Vec<Entrant>,
}

/// One way to publish.
#[derive(Debug, Serialize)]
struct Entrant {
    mode: Mode,
    /// Callers that each wait until a message is stored; 0 is one publisher that does not wait.
    waiting_callers: u32,
    /// Mean of the runs.
    messages_per_second: f64,
    /// The mean as a multiple of that of the basic bus with one caller.
    ratio_to_basic: f64,
    /// By round.
    runs: Vec<Measured>,
}

impl Contest {
    fn new(name: &'static str, plan: Plan, receiving: Receiving, entrants: &[(Mode, u32)]) -> Self {
        let entrant = |&(mode, waiting_callers): &(Mode, u32)| Entrant {
            mode,
            waiting_callers,
            messages_per_second: 0.0,
            ratio_to_basic: 0.0,
            runs: Vec::new(),
        };
        Self { name, rate: plan.rate, plan, receiving, entrants: entrants.iter().map(entrant).collect() }
    }

    /// Sets what follows from the runs.
    fn sum_up(&mut self) {
        for entrant in &mut self.entrants {
            entrant.messages_per_second = entrant.mean(|run| run.messages_per_second);
        }
        // The basic bus with one caller is the first of each.
        let basic = self.entrants[0].messages_per_second;
        for entrant in &mut self.entrants {
            entrant.ratio_to_basic = entrant.messages_per_second / basic;
        }
    }
}

impl Entrant {
    fn mean(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        self.runs.iter().map(of).sum::<f64>() / self.runs.len().max(1) as f64
    }

    fn name(&self) -> String {
        match (self.mode, self.waiting_callers) {
            (Mode::Basic, 0 | 1) => "basic, 1 caller".to_owned(),
            (Mode::Basic, callers) => format!("basic, {callers} callers"),
            (Mode::Buffered, _) => "buffered, 1 caller".to_owned(),
        }
    }
}

impl Comparison {
    /// The runs that lost messages.
    pub(super) fn bad(&self) -> Vec<String> {
        let entrants =
            self.contests.iter().flat_map(|it| it.entrants.iter().map(move |entrant| (it, entrant)));
        entrants
            .filter(|(_, entrant)| entrant.runs.iter().any(Measured::is_bad))
            .map(|(contest, entrant)| format!("{} ({})", contest.name, entrant.name()))
            .collect()
    }
}

/// Measures everything, round by round.
pub(super) async fn run(config: &BusConfig, plan: &Plan, args: &Args) -> Outcome<Comparison> {
    let mut contests = contests(plan, args);
    let store = store::open(config).await?;
    for _ in 0..args.rounds {
        for contest in &mut contests {
            for entrant in &mut contest.entrants {
                let mut config = config.clone();
                config.mode = entrant.mode;
                config.connection_pool_size = config.connection_pool_size.max(args.callers as usize);
                let plan = Plan { callers: entrant.waiting_callers, ..contest.plan.clone() };
                let bus = Bus::with_store(config.clone(), store.clone())?;
                entrant.runs.push(measure::run(contest.name, &bus, &plan, contest.receiving).await?);
                super::clean_up(&bus, &config).await?;
            }
        }
    }
    store.close().await;
    contests.iter_mut().for_each(Contest::sum_up);
    Ok(Comparison { setting: Setting::of(config, plan), rounds: args.rounds, contests })
}

fn contests(plan: &Plan, args: &Args) -> Vec<Contest> {
    let mut flat_out = vec![(Mode::Basic, 1), (Mode::Basic, args.callers), (Mode::Buffered, 0)];
    flat_out.dedup();
    let messages = plan.messages.min(PACED_SECONDS * args.rate);
    let paced = Plan { rate: args.rate, messages, ..plan.clone() };
    let contest = |receiving: Receiving| Contest::new(receiving.name(), plan.clone(), receiving, &flat_out);
    vec![
        contest(Receiving::None),
        contest(Receiving::Subscription),
        // Both keep to the time of each message, which is one publisher's work.
        Contest::new("paced", paced, Receiving::Subscription, &[(Mode::Basic, 0), (Mode::Buffered, 0)]),
    ]
}

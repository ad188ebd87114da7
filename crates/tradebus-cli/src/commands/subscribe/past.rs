//! The flags of a replay.

use tradebus::{ReplayBound, ReplayError, ReplayOptions, ReplaySpeed, StartFrom};

use crate::failure::{Failure, Outcome};

/// What is replayed, and how fast.
#[derive(clap::Args)]
pub(super) struct Past {
    /// Print what the streams still have, merged by the time of publishing, and end; from the oldest on unless --from says where.
    #[arg(long, conflicts_with_all = ["group", "policy"])]
    pub(super) replay: bool,

    /// Where a replay ends: with an entry id, or with what was stored so long ago (10m) [default: the newest entry]
    #[arg(long, value_name = "END", requires = "replay", value_parser = parse_bound, allow_hyphen_values = true)]
    to: Option<ReplayBound>,

    /// How fast a replay is: max, 1 for the original speed, 10 for ten times as fast [default: max]
    #[arg(long, value_name = "SPEED", requires = "replay", value_parser = parse_speed, allow_hyphen_values = true)]
    speed: Option<ReplaySpeed>,
}

fn parse_bound(text: &str) -> Result<ReplayBound, tradebus::ParseReplayError> {
    text.parse()
}

fn parse_speed(text: &str) -> Result<ReplaySpeed, tradebus::ParseReplayError> {
    text.parse()
}

impl Past {
    /// The options of a replay that starts there.
    pub(super) fn options(&self, from: StartFrom) -> Outcome<ReplayOptions> {
        let from = match from {
            // Nothing was said: from now on there is no past.
            StartFrom::Latest | StartFrom::Earliest => ReplayBound::Open,
            StartFrom::After(id) => match id.next() {
                Some(next) => ReplayBound::Id(next),
                None => return Err(Failure::usage("nothing lies behind the last id that there can be")),
            },
            StartFrom::Ago(age) => ReplayBound::Ago(age),
        };
        let speed = self.speed.unwrap_or_default();
        Ok(ReplayOptions::default().from(from).to(self.to.unwrap_or_default()).speed(speed))
    }
}

/// Why a replay was not begun.
pub(super) fn failure(error: ReplayError) -> Failure {
    match error {
        ReplayError::Reversed { .. } => Failure::usage(format!("{error}: --to must not lie before --from")),
        error => Failure::failed(error.to_string()),
    }
}

//! Which source it is.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use super::connection::Caller;
use super::gateway::Following;
use super::store::Looking;
use super::{Endpoint, Feed, From, Pace};
use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::settings;
use crate::token;

/// Where `serve` opens its gateway unless it is told otherwise.
const HERE: &str = "http://127.0.0.1:8787";

/// What the options say.
pub(in crate::commands::top) struct Wanted<'a> {
    pub(in crate::commands::top) endpoint: Option<&'a Endpoint>,
    pub(in crate::commands::top) token_file: Option<&'a Path>,
    pub(in crate::commands::top) ca_file: Option<&'a Path>,
    pub(in crate::commands::top) interval: Duration,
    /// Whether there are charts to be filled.
    pub(in crate::commands::top) with_past: bool,
    /// Whether the first snapshot must tell rates, since there will be no other.
    pub(in crate::commands::top) with_rates: bool,
}

/// Opens the source that is named; where none is, the gateway of this machine if there is one, else the store where the streams are by default.
pub(in crate::commands::top) async fn open(global: &Global, wanted: Wanted<'_>) -> Outcome<Feed> {
    let pace = Pace::new(wanted.interval);
    let feed = |from| Feed { from, pace };
    if let Some(endpoint) = wanted.endpoint {
        if global.store.is_some() {
            return Err(Failure::usage("--http and --store name two places to look at: one is enough"));
        }
        return Ok(feed(From::Gateway(wanted.follow(endpoint.clone()).await?)));
    }
    let loaded = settings::load(global)?;
    let is_named = settings::names_store(&loaded);
    if !is_named && let Some(following) = wanted.here().await? {
        return Ok(feed(From::Gateway(following)));
    }
    settings::note_store_in_memory(&loaded.config);
    match Looking::start(loaded.config, wanted.with_rates).await {
        Ok(looking) => Ok(feed(From::Store(Box::new(looking)))),
        Err(Failure::Failed(why)) if !is_named => Err(Failure::failed(format!(
            "{why}; and no gateway answers at {HERE}: --http URL or --store URL names another place"
        ))),
        Err(failure) => Err(failure),
    }
}

impl Wanted<'_> {
    fn token(&self) -> Outcome<Option<SecretString>> {
        self.token_file.map(|file| token::read(file, "--token-file")).transpose()
    }

    async fn follow(&self, endpoint: Endpoint) -> Outcome<Following> {
        let caller = Caller::new(endpoint, self.token()?, self.ca_file)?;
        Following::start(caller, self.with_past).await.map_err(Failure::failed)
    }

    /// The gateway of this machine, if one answers.
    async fn here(&self) -> Outcome<Option<Following>> {
        let endpoint = Endpoint::parse(HERE).map_err(Failure::failed)?;
        if !Caller::new(endpoint.clone(), None, None)?.is_there().await {
            return Ok(None);
        }
        self.follow(endpoint).await.map(Some)
    }
}

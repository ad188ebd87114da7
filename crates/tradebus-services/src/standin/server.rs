//! The stand-in as a whole: its socket, and what tests can turn.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use super::fault::Endless;
use super::pairs::Pairs;
use super::reply::Reply;
use super::route::{DBNOMICS, EDITOR, GATEWAY, Target};
use super::state::Shared;
use super::{Fault, Route, Seen, Times, datagov, dbnomics};

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// A running stand-in. It ends when it is dropped.
#[derive(Debug)]
pub struct Standin {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Standin {
    /// Starts on a free port of the loopback address, inside the runtime of the caller.
    ///
    /// # Errors
    ///
    /// When there is no free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new());
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = axum::serve(listener, router(&shared)).with_graceful_shutdown(async {
            // Dropping the other end says the same.
            let _ = stopped.await;
        });
        let server = tokio::spawn(async move {
            if let Err(error) = serve.await {
                tracing::warn!(%error, "the stand-in ended");
            }
        });
        Ok(Self { address, shared, stop: Some(stop), server })
    }

    /// Stops taking connections, and waits until the requests under way are answered.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Err(error) = (&mut self.server).await {
            tracing::warn!(%error, "the stand-in ended");
        }
    }

    /// The root: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Data.gov directly, as `https://catalog.data.gov`: no key, most paths below `/api`.
    pub fn catalog_url(&self) -> String {
        self.url()
    }

    /// Data.gov through the gateway, as `https://api.gsa.gov/technology/datagov/v4`: with a key, without `/api`.
    pub fn gateway_url(&self) -> String {
        format!("{}{GATEWAY}", self.url())
    }

    /// `DBnomics`, as `https://api.db.nomics.world/v22`.
    pub fn dbnomics_url(&self) -> String {
        format!("{}{DBNOMICS}", self.url())
    }

    /// The editor of `DBnomics`, as `https://editor.nomics.world/api/v1`.
    pub fn editor_url(&self) -> String {
        format!("{}{EDITOR}", self.url())
    }

    /// Lets requests go wrong whose path begins with `prefix` (`""` is all of them, `"/v22"` `DBnomics`).
    pub fn fail(&self, prefix: &str, fault: Fault, times: Times) {
        self.shared.faults.plan(prefix, fault, times);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.shared.faults.clear();
    }

    /// How often something was asked for, faults included.
    pub fn calls(&self, route: Route) -> u64 {
        self.shared.log.count(route)
    }

    /// How many requests came in.
    pub fn total_calls(&self) -> u64 {
        self.shared.log.total()
    }

    /// The last 1 000 requests.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.log.last()
    }

    /// Forgets what was asked.
    pub fn forget_calls(&self) {
        self.shared.log.clear();
    }

    /// Allows a key so many requests an hour, and forgets what it has used.
    pub fn limit_key(&self, key: &str, per_hour: u64) {
        self.shared.catalog.gateway().allow(key, per_hour);
    }

    /// Says that a data set of Data.gov was modified on a day (`YYYY-MM-DD`) and harvested a little later. Returns
    /// whether there is one with this slug.
    pub fn touch_dataset(&self, slug: &str, modified: &str) -> bool {
        self.shared.catalog.touch(slug, modified)
    }

    /// Appends an observation to a series `PROVIDER/DATASET/SERIES`, for the period after its last. Its `indexed_at`, and
    /// that of its dataset and provider, move on. Returns the period, or `None` if there is no such series.
    pub fn append(&self, id: &str, value: f64) -> Option<String> {
        self.shared.database.append(id, value)
    }

    /// Changes the value of a period, as a provider does that revises it. Returns the value before, or `None` if there is
    /// no such series or period. `indexed_at` moves as with [`Standin::append`].
    pub fn revise(&self, id: &str, period: &str, value: f64) -> Option<serde_json::Value> {
        self.shared.database.revise(id, period, value)
    }

    /// The ids of all series.
    pub fn series_ids(&self) -> Vec<String> {
        self.shared.database.ids()
    }

    /// The slugs of all data sets of Data.gov.
    pub fn dataset_slugs(&self) -> Vec<String> {
        self.shared.catalog.slugs()
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    // From 256 bytes on, as the gateway compresses (datagov facts, section 6).
    let compression = CompressionLayer::new().gzip(true).compress_when(SizeAbove::new(256));
    Router::new()
        .fallback(answer)
        .layer(compression)
        .layer(from_fn_with_state(shared.clone(), intercept))
        .with_state(shared.clone())
}

/// Notes a request, and lets a fault take its place.
async fn intercept(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    shared.log.note(Target::of(parts.uri.path()).route, &parts);
    let fault = shared.faults.take(parts.uri.path());
    let request = Request::from_parts(parts, body);
    match fault {
        Some(fault) => fault.occur(request, next).await,
        None => next.run(request).await,
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let target = Target::of(parts.uri.path());
    let endless = parts.extensions.get::<Endless>().is_some();
    let query = Pairs::parse(parts.uri.query());
    let is_get = parts.method == http::Method::GET;
    let reply = match target.route {
        Route::DbnomicsEditor if parts.method == http::Method::POST => {
            let body = to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
            dbnomics::apply_filters(&body)
        }
        _ if !is_get || target.route == Route::DbnomicsEditor => {
            Reply::html(405, "<!doctype html>\n<title>405</title>\n")
        }
        _ if parts.uri.path().starts_with(DBNOMICS) => {
            dbnomics::answer(&shared.database, &target, &query, endless)
        }
        _ => datagov::answer(&shared.catalog, &target, &query, &parts.headers, endless),
    };
    reply.respond()
}

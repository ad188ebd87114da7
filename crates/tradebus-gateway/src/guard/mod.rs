//! Who may come in, and how often.
//!
//! A request passes, in this order: the name by which it calls this node ([origin]), how many requests its client makes ([pace]), whether a page of
//! another site sends it ([origin]), and the token or the session ([entry]). What goes out gets its [headers].

mod bodies;
mod client;
mod entry;
mod headers;
mod lockout;
mod origin;
mod pace;
mod sessions;
mod turnstile;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header;
use tokio::sync::OwnedSemaphorePermit;

pub(crate) use self::client::Client;
pub(crate) use self::entry::{Entrance, login, login_form, logout, session};
pub(crate) use self::turnstile::{Pass, Turnstile};

use self::bodies::Bodies;
use self::origin::Names;
use self::pace::Pace;
use crate::problem::{Outcome, Problem};
use crate::settings::GatewaySettings;

/// What stands in front of all routes.
pub(crate) struct Guard {
    names: Names,
    requests: Pace,
    bodies: Bodies,
    pub(crate) entrance: Entrance,
}

impl Guard {
    pub(crate) fn new(settings: &GatewaySettings, address: SocketAddr) -> Self {
        Self {
            names: Names::new(&settings.hosts),
            requests: Pace::per_second(settings.limits.requests_per_second),
            bodies: Bodies::new(settings.limits.body_bytes),
            entrance: Entrance::new(settings, address),
        }
    }

    /// Lets a request in, with room for its body as long as it is answered.
    fn admit(&self, client: Client, request: &Request) -> Outcome<Option<OwnedSemaphorePermit>> {
        let head = request.headers();
        self.names.check_host(request.uri(), head)?;
        if !self.requests.allows(client) {
            return Err(Problem::too_many("this client makes too many requests", 1));
        }
        origin::check_site(request)?;
        self.entrance.admit(client, request)?;
        self.bodies.admit(request)
    }
}

/// Lets a request through to its route, or answers it.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = Client::of(peer.ip());
    let id = headers::request_id(request.headers());
    let mut response = match guard.admit(client, &request) {
        Ok(_room) => {
            request.extensions_mut().insert(client);
            next.run(request).await
        }
        Err(problem) => entry::refusal(problem, request.uri().path()),
    };
    if response.status().is_server_error() {
        tracing::debug!(status = response.status().as_u16(), "a request was not fulfilled");
    }
    response.headers_mut().insert(header::HeaderName::from_static("x-request-id"), id);
    headers::put(response.headers_mut());
    response
}

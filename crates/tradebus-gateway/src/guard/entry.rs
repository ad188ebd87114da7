//! The token, and the sessions of browsers in which it was given.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::lockout::Lockout;
use super::sessions::{LASTS, Sessions};
use super::{Client, Guard};
use crate::page;
use crate::problem::{Outcome, Problem};
use crate::settings::GatewaySettings;

/// Paths behind which there is nothing to protect.
const OPEN: [&str; 3] = ["/login", "/assets/", "/health/"];
/// Pages for people, who are sent to the form.
const PAGES: [&str; 2] = ["/", "/docs"];

/// Lets in who knows the token.
pub(crate) struct Entrance {
    token: Option<SecretString>,
    sessions: Sessions,
    wrong: Lockout,
    encrypted: bool,
    /// Name of the cookie. Those of all nodes of a host go to each of them: it is told by the port.
    cookie: String,
}

impl Entrance {
    pub(super) fn new(settings: &GatewaySettings, address: SocketAddr) -> Self {
        Self {
            token: settings.token.clone(),
            sessions: Sessions::default(),
            wrong: Lockout::new(settings.limits.wrong_tokens_per_minute),
            encrypted: settings.tls.is_some(),
            cookie: format!("tradebus_session_{}", address.port()),
        }
    }

    pub(super) fn admit(&self, client: Client, request: &Request) -> Outcome<()> {
        let path = request.uri().path();
        let is_open =
            OPEN.iter().any(|open| path == *open || (open.ends_with('/') && path.starts_with(open)));
        if self.token.is_none() || is_open || self.has_session(request.headers()) {
            return Ok(());
        }
        match bearer(request.headers()) {
            Some(given) => self.check(client, given),
            None => Err(unauthorized("a token is needed: Authorization: Bearer TOKEN")),
        }
    }

    /// Whether it is the token. A client that was wrong too often has to wait, also with the right one.
    fn check(&self, client: Client, given: &str) -> Outcome<()> {
        let Some(token) = &self.token else { return Ok(()) };
        let right = token.expose_secret().as_bytes().ct_eq(given.as_bytes());
        if self.wrong.holds(client) {
            return Err(Problem::too_many("too many wrong tokens from this client", 60));
        }
        if right.into() {
            return Ok(());
        }
        self.wrong.note(client);
        Err(unauthorized("this is not the token"))
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        self.cookie(headers).is_some_and(|id| self.sessions.is_open(id))
    }

    fn cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.cookie).map(|(_, value)| value)
    }

    fn set_cookie(&self, value: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.encrypted { "; Secure" } else { "" };
        let name = &self.cookie;
        let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
        cookie.parse().ok()
    }
}

/// What somebody gets who was not let in. People are sent to the form.
pub(super) fn refusal(problem: Problem, path: &str) -> Response {
    if problem.status() == StatusCode::UNAUTHORIZED && PAGES.contains(&path) {
        return Redirect::to("/login").into_response();
    }
    problem.into_response()
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct Login {
    token: String,
}

/// The form for the token.
pub(crate) async fn login_form() -> Response {
    page::file("login.html")
}

/// Takes the token that was typed in, and opens a session.
pub(crate) async fn login(
    State(guard): State<Arc<Guard>>,
    Extension(client): Extension<Client>,
    form: Result<Form<Login>, FormRejection>,
) -> Response {
    let entrance = &guard.entrance;
    // What is no form has no token in it.
    let given = form.map_or_else(|_| SecretString::default(), |Form(login)| login.token.into());
    if let Err(problem) = entrance.check(client, given.expose_secret()) {
        let wait = problem.detail().starts_with("too many");
        return Redirect::to(if wait { "/login?wait" } else { "/login?failed" }).into_response();
    }
    let cookie = match entrance.sessions.open() {
        Ok(id) => entrance.set_cookie(&id, LASTS.as_secs()),
        Err(error) => return Problem::unavailable(format!("no session: {error}")).into_response(),
    };
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// Ends the session.
pub(crate) async fn logout(State(guard): State<Arc<Guard>>, headers: HeaderMap) -> Response {
    if let Some(id) = guard.entrance.cookie(&headers) {
        guard.entrance.sessions.close(id);
    }
    let mut response = Redirect::to("/login?out").into_response();
    response
        .headers_mut()
        .extend(guard.entrance.set_cookie("", 0).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// Whether there is a session that can be ended.
pub(crate) async fn session(State(guard): State<Arc<Guard>>, headers: HeaderMap) -> Json<Value> {
    Json(json!({ "login": guard.entrance.token.is_some() && guard.entrance.has_session(&headers) }))
}

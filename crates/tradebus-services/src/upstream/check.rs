//! The bounds of the settings.

use std::fmt;

use http::{HeaderName, HeaderValue};
use url::{Host, Url};

use super::UpstreamConfig;

/// Everything that is wrong with the settings of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamConfigError {
    problems: Vec<Problem>,
}

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, as it is written in a file: `breaker.open_ms`.
    pub field: String,
    /// What it is set to. Of an address only what cannot be a secret.
    pub given: String,
    /// What is allowed.
    pub allowed: String,
}

impl UpstreamConfigError {
    pub(super) fn of(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    pub(super) fn one(field: &str, given: &str, allowed: String) -> Self {
        Self { problems: vec![Problem { field: field.to_owned(), given: given.to_owned(), allowed }] }
    }

    /// The settings that are wrong, at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for UpstreamConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            let between = if place == 0 { "" } else { "; " };
            write!(f, "{between}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UpstreamConfigError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}: allowed is {}", self.field, self.given, self.allowed)
    }
}

impl UpstreamConfig {
    /// Checks all settings. Nothing is read and nothing connected to.
    ///
    /// # Errors
    ///
    /// All settings that are out of their bounds, at once.
    pub fn validate(&self) -> Result<(), UpstreamConfigError> {
        self.checked().map(drop)
    }

    /// Checks all settings, and gives the base URL.
    pub(super) fn checked(&self) -> Result<Url, UpstreamConfigError> {
        let mut found = Findings::default();
        let base = found.address(self);
        found.range("connect_timeout_ms", self.connect_timeout_ms, 1, 60_000);
        found.range("total_timeout_ms", self.total_timeout_ms, 1, 600_000);
        found.range("max_body_bytes", self.max_body_bytes, 1024, 1024 * 1024 * 1024);
        found.rate(self.requests_per_second);
        found.range("burst", u64::from(self.burst), 1, 1_000);
        found.range("max_concurrent", u64::from(self.max_concurrent), 1, 256);
        found.range("retries", u64::from(self.retries), 0, 10);
        found.range("retry_min_ms", self.retry_min_ms, 1, 60_000);
        found.range("retry_max_ms", self.retry_max_ms, self.retry_min_ms.min(600_000), 600_000);
        found.range("breaker.failures", u64::from(self.breaker.failures), 1, 1_000);
        found.range("breaker.open_ms", self.breaker.open_ms, 1, 3_600_000);
        if self.user_agent.is_empty() || HeaderValue::from_str(&self.user_agent).is_err() {
            found.add("user_agent", &quoted(&self.user_agent), "text without line ends, not empty");
        }
        for name in self.secret_headers.keys() {
            found.header(name);
        }
        base.filter(|_| found.problems.is_empty()).ok_or(UpstreamConfigError { problems: found.problems })
    }
}

#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
}

impl Findings {
    fn add(&mut self, field: &str, given: &str, allowed: &str) {
        let (field, given, allowed) = (field.to_owned(), given.to_owned(), allowed.to_owned());
        self.problems.push(Problem { field, given, allowed });
    }

    fn range(&mut self, field: &str, given: u64, least: u64, most: u64) {
        if !(least..=most).contains(&given) {
            self.add(field, &given.to_string(), &format!("{least} to {most}"));
        }
    }

    fn rate(&mut self, given: f64) {
        // A number that is none is in no range.
        if !(0.0001..=1_000.0).contains(&given) {
            self.add("requests_per_second", &given.to_string(), "0.0001 to 1000");
        }
    }

    fn address(&mut self, config: &UpstreamConfig) -> Option<Url> {
        let allowed = "an http or https address with a host, without user, query and fragment";
        let Ok(url) = Url::parse(&config.base_url) else {
            // It may hold a password, so it is not repeated.
            let given = if config.base_url.is_empty() { "nothing" } else { "what is no address" };
            self.add("base_url", given, allowed);
            return None;
        };
        let plain = url.username().is_empty() && url.password().is_none();
        let bare = url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() || !plain || !bare {
            let given = format!("{}://{}…", url.scheme(), url.host_str().unwrap_or_default());
            self.add("base_url", &given, allowed);
            return None;
        }
        let exposed = url.scheme() == "http" && !is_loopback(&url) && !config.insecure_secrets;
        if exposed && !config.secret_headers.is_empty() {
            let given = format!("http://{}…", url.host_str().unwrap_or_default());
            self.add("base_url", &given, "https, as secret_headers are set; or insecure_secrets = true");
        }
        Some(url)
    }

    fn header(&mut self, name: &str) {
        /// What the client itself decides about.
        const OURS: [&str; 6] =
            ["host", "content-length", "content-type", "connection", "transfer-encoding", "accept-encoding"];
        let known = HeaderName::from_bytes(name.as_bytes());
        if known.is_err() || OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            let allowed = "the name of a header, such as X-Api-Key, that the client does not set itself";
            self.add("secret_headers", &quoted(name), allowed);
        }
    }
}

/// Whether an address names this machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::upstream::{BreakerConfig, SecretSource};

    fn fields(config: &UpstreamConfig) -> Vec<String> {
        match config.validate() {
            Ok(()) => Vec::new(),
            Err(error) => error.problems().iter().map(|problem| problem.field.clone()).collect(),
        }
    }

    #[test]
    fn the_defaults_lack_only_an_address() {
        assert_eq!(fields(&UpstreamConfig::default()), ["base_url"]);
        assert!(fields(&UpstreamConfig::new("https://api.test/v22")).is_empty());
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let config = UpstreamConfig {
            connect_timeout_ms: 0,
            total_timeout_ms: 600_001,
            max_body_bytes: 1,
            requests_per_second: f64::NAN,
            burst: 0,
            max_concurrent: 0,
            retries: 11,
            retry_min_ms: 500,
            retry_max_ms: 499,
            breaker: BreakerConfig { failures: 0, open_ms: 0 },
            user_agent: "a\nb".to_owned(),
            secret_headers: [("Host".to_owned(), SecretSource::Env("X".to_owned()))].into(),
            ..UpstreamConfig::new("ftp://api.test")
        };
        assert_eq!(fields(&config).len(), 13);
        let text = config.validate().unwrap_err().to_string();
        assert!(text.contains("retry_max_ms = 499: allowed is 500 to 600000; "), "{text}");
    }

    #[rstest]
    #[case("https://user:hush@api.test/", false)]
    #[case("https://api.test/?api_key=hush", false)]
    #[case("hush", false)]
    #[case("http://127.0.0.1:8080", true)]
    fn addresses(#[case] address: &str, #[case] good: bool) {
        let checked = UpstreamConfig::new(address).validate();
        assert_eq!(checked.is_ok(), good);
        assert!(!checked.is_err_and(|error| error.to_string().contains("hush")));
    }

    #[test]
    fn secrets_do_not_go_unencrypted_to_others() {
        let mut config = UpstreamConfig::new("http://api.test");
        config.secret_headers.insert("X-Api-Key".to_owned(), SecretSource::Env("X".to_owned()));
        assert_eq!(fields(&config), ["base_url"]);
        config.insecure_secrets = true;
        assert!(fields(&config).is_empty());
        config.insecure_secrets = false;
        config.base_url = "http://localhost:1".to_owned();
        assert!(fields(&config).is_empty());
    }

    #[test]
    fn settings_are_read_from_a_file() {
        let text = r#"
            base_url = "https://api.test"
            breaker = { failures = 2 }
            secret_headers = { X-Api-Key = { file = "/run/secrets/key" } }
        "#;
        let config: UpstreamConfig = toml::from_str(text).unwrap();
        assert_eq!(config.breaker, BreakerConfig { failures: 2, ..BreakerConfig::default() });
        assert!(toml::from_str::<UpstreamConfig>("base = 1").is_err());
    }
}

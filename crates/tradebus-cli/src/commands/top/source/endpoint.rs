//! The address of a gateway.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The address of a gateway: `http` or `https`, a host, and maybe a path before those of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands::top) struct Endpoint(Url);

impl Endpoint {
    /// Reads an address. What it says of a wrong one does not repeat it: there may be a password in it.
    pub(in crate::commands::top) fn parse(text: &str) -> Result<Self, String> {
        // As `serve --http` takes it.
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&whole).map_err(|error| {
            format!("{error}; use HOST:PORT, or an address that starts with http or https")
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("use HOST:PORT, or an address that starts with http or https".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "no user and no password belong there: --token-file holds what the gateway wants".to_owned()
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("nothing may follow the path".to_owned());
        }
        let path = format!("{}/", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(Self(url))
    }

    /// An address at the gateway.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }

    /// Whether it is this machine that answers.
    pub(super) fn is_here(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn addresses_of_gateways() {
        let cases = [
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787", "http://127.0.0.1:8787/api/v1/live", true),
            ("127.0.0.1:8787", "http://127.0.0.1:8787", "http://127.0.0.1:8787/api/v1/live", true),
            ("localhost:1", "http://localhost:1", "http://localhost:1/api/v1/live", true),
            ("https://[::1]/", "https://[::1]", "https://[::1]/api/v1/live", true),
            (
                "https://desk.example/bus//",
                "https://desk.example/bus",
                "https://desk.example/bus/api/v1/live",
                false,
            ),
        ];
        for (text, shown, live, is_here) in cases {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.to_string().as_str(), endpoint.is_here()), (shown, is_here));
            assert_eq!(endpoint.at("api/v1/live").as_str(), live);
        }
    }

    #[test]
    fn what_is_none_is_refused_without_its_secrets() {
        for text in [
            "",
            "http://",
            "redis://:hunter2@h",
            "http://u:hunter2@h",
            "http://hunter2@h",
            "http://h/?hunter2",
            "http://h/#hunter2",
            "http://h:99999",
            "a b",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(!error.contains("hunter2"), "{text}: {error}");
        }
    }
}

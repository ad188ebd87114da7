//! Where the store is: store URLs, taken apart.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Which store, and where.
#[derive(Debug, Clone)]
pub enum Location {
    /// `memory:` or `mem://`: the embedded engine, in the memory of this process.
    Memory,
    /// `file:DIR` or `file:///DIR`: the embedded engine, durable in a directory.
    Directory(PathBuf),
    /// `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`: a server that speaks the Redis protocol.
    Redis(RedisServer),
}

/// A server that speaks the Redis protocol.
#[derive(Debug, Clone)]
pub struct RedisServer {
    pub(crate) address: Address,
    /// Whether the connection is encrypted.
    pub(crate) tls: bool,
    pub(crate) database: u32,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<SecretString>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A text that is no store URL. It never repeats the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store URL is not usable: {reason}; allowed are {ALLOWED}")]
pub struct LocationError {
    reason: String,
}

impl LocationError {
    /// What is wrong, without what is allowed.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

/// What a store URL may be.
pub(super) const ALLOWED: &str = "memory:, file:DIRECTORY, redis://[user:password@]host[:port][/database], rediss:// likewise with TLS, valkey:// and valkeys:// likewise, and unix:///path/to/socket[?db=N&user=U&pass=P]";

impl Location {
    /// Reads a store URL.
    ///
    /// # Errors
    ///
    /// When the scheme is unknown or a part is not what it should be.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(refuse("it holds white space".to_owned()));
        }
        if matches!(text, "memory:" | "mem:" | "memory://" | "mem://") {
            return Ok(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("file:") {
            return directory(path).map(Self::Directory);
        }
        let url = Url::parse(text).map_err(|error| refuse(format!("it is no URL ({error})")))?;
        match url.scheme() {
            "redis" | "valkey" => tcp_server(&url, false).map(Self::Redis),
            "rediss" | "valkeys" => tcp_server(&url, true).map(Self::Redis),
            "unix" | "redis+unix" => unix_server(&url).map(Self::Redis),
            "memory" | "mem" => Err(refuse("memory: takes nothing behind it".to_owned())),
            other => Err(refuse(format!("stores of the kind `{other}:` are not known"))),
        }
    }
}

/// The directory behind `file:`, as it is, or behind `file://`, as in a URL.
fn directory(text: &str) -> Result<PathBuf, LocationError> {
    let path = match text.strip_prefix("//") {
        None => text.to_owned(),
        Some(path) if path.starts_with('/') => decoded(path)?,
        Some(_) => {
            let hint = "it names a host (write file:DIRECTORY, or file:///DIRECTORY from the root)";
            return Err(refuse(hint.to_owned()));
        }
    };
    if path.is_empty() || path == "/" {
        return Err(refuse("it names no directory".to_owned()));
    }
    Ok(path.into())
}

fn tcp_server(url: &Url, tls: bool) -> Result<RedisServer, LocationError> {
    let host = match url.host() {
        Some(url::Host::Ipv6(address)) => address.to_string(),
        Some(host) if !host.to_string().is_empty() => decoded(&host.to_string())?,
        _ => return Err(refuse("it names no host".to_owned())),
    };
    let database = match url.path().trim_start_matches('/') {
        "" => 0,
        number => database(number)?,
    };
    if let Some((name, _)) = url.query_pairs().next() {
        return Err(refuse(format!("the parameter `{name}` is not known")));
    }
    let address = Address::Tcp { host, port: url.port().unwrap_or(6379) };
    let (username, password) = credentials(url)?;
    Ok(RedisServer { address, tls, database, username, password })
}

fn unix_server(url: &Url) -> Result<RedisServer, LocationError> {
    if url.path().len() < 2 {
        return Err(refuse("it names no socket file".to_owned()));
    }
    let (mut username, mut password) = credentials(url)?;
    let mut db = 0;
    for (name, value) in url.query_pairs() {
        match &*name {
            "db" => db = database(&value)?,
            "user" => username = Some(value.into_owned()),
            "pass" => password = Some(value.into_owned().into()),
            other => return Err(refuse(format!("the parameter `{other}` is not known"))),
        }
    }
    let address = Address::Unix(PathBuf::from(decoded(url.path())?));
    Ok(RedisServer { address, tls: false, database: db, username, password })
}

fn credentials(url: &Url) -> Result<(Option<String>, Option<SecretString>), LocationError> {
    let username = Some(decoded(url.username())?).filter(|name| !name.is_empty());
    let password = url.password().map(decoded).transpose()?.map(SecretString::from);
    if username.is_some() && password.is_none() {
        return Err(refuse(
            "it has a user but no password (write redis://user:password@host, or redis://:password@host)"
                .to_owned(),
        ));
    }
    Ok((username, password))
}

fn database(text: &str) -> Result<u32, LocationError> {
    text.parse().map_err(|_| refuse(format!("`{text}` is no database number")))
}

/// Percent-decoding; the `url` crate leaves it to its users.
fn decoded(text: &str) -> Result<String, LocationError> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| refuse("a part of it is no UTF-8".to_owned()))
}

fn refuse(reason: String) -> LocationError {
    LocationError { reason }
}

impl RedisServer {
    /// The words of `AUTH`, if one is needed.
    pub(crate) fn auth(&self) -> Option<Vec<&[u8]>> {
        let password = self.password.as_ref()?.expose_secret().as_bytes();
        Some(match &self.username {
            Some(user) => vec![b"AUTH", user.as_bytes(), password],
            None => vec![b"AUTH", password],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Location, RedisServer};
    use secrecy::ExposeSecret;

    fn server(url: &str) -> RedisServer {
        match Location::parse(url).unwrap() {
            Location::Redis(server) => server,
            other => panic!("{url} is no server: {other:?}"),
        }
    }

    #[test]
    fn reads_every_part() {
        let it = server("redis://bob:p%40ss@example.org:7000/3");
        assert_eq!(it.address.to_string(), "example.org:7000");
        assert_eq!((it.database, it.username.as_deref()), (3, Some("bob")));
        assert_eq!(it.password.unwrap().expose_secret(), "p@ss");

        let it = server("valkey://:secret@[::1]");
        assert_eq!(it.address.to_string(), "[::1]:6379");
        assert_eq!(it.auth().unwrap(), [&b"AUTH"[..], b"secret"]);

        for (url, tls) in
            [("redis://h", false), ("rediss://h", true), ("valkey://h", false), ("valkeys://h", true)]
        {
            assert_eq!((server(url).tls, server(url).address.to_string()), (tls, "h:6379".to_owned()));
        }

        let it = server("unix:///run/redis.sock?db=2");
        assert_eq!((it.address, it.database), (Address::Unix("/run/redis.sock".into()), 2));
        assert!(matches!(Location::parse("memory:"), Ok(Location::Memory)));
    }

    #[test]
    fn refuses_without_giving_the_secret_away() {
        for url in [
            "",
            "nonsense",
            "http://:hunter2@x",
            "redis://",
            "redis://h/x",
            "redis://hunter2@h",
            "memory:x",
            "redis://:hunter2@h:99999",
            "redis://:hunter2@h/0?tls=1",
            "unix://",
            "file:",
            "file:///",
            "file://host/data",
        ] {
            let error = Location::parse(url).unwrap_err().to_string();
            assert!(error.contains("allowed are memory:, file:DIRECTORY, redis://"), "{url}: {error}");
            assert!(!error.contains("hunter2"), "{url}: {error}");
        }
    }

    #[test]
    fn a_directory_is_taken_as_it_is_or_as_a_url() {
        for (url, path) in [
            ("file:data", "data"),
            ("file:/var/lib/tradebus", "/var/lib/tradebus"),
            ("file:///var/lib/a%20b", "/var/lib/a b"),
            ("file:./100%", "./100%"),
        ] {
            let Ok(Location::Directory(directory)) = Location::parse(url) else { panic!("{url}") };
            assert_eq!(directory, std::path::Path::new(path));
        }
    }

    #[test]
    fn debug_output_hides_the_password() {
        let text = format!("{:?}", Location::parse("redis://u:hunter2@h").unwrap());
        assert!(!text.contains("hunter2"), "{text}");
    }
}

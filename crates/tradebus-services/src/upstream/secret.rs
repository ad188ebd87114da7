//! Headers that nobody may see.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::check::{Problem, UpstreamConfigError};
use super::config::UpstreamConfig;

/// The largest secret that is read from a file, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// Where the value of a header is kept. The value itself never stands in the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretSource {
    /// In an environment variable of this name.
    Env(String),
    /// In a file, as Docker and Kubernetes hand in secrets; white space at its ends does not count.
    File(PathBuf),
}

/// The headers with their values, and what has to be hidden because of them.
#[derive(Default)]
pub(super) struct Secrets {
    headers: HeaderMap,
    values: Vec<SecretString>,
}

impl Secrets {
    /// Reads all values, from files and from `environment`.
    pub(super) fn read(
        config: &UpstreamConfig,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, UpstreamConfigError> {
        let mut secrets = Self::default();
        let mut problems = Vec::new();
        for (name, source) in &config.secret_headers {
            if let Err((given, allowed)) = secrets.add(name, source, &environment) {
                problems.push(Problem { field: format!("secret_headers.{name}"), given, allowed });
            }
        }
        UpstreamConfigError::of(problems)?;
        Ok(secrets)
    }

    fn add(
        &mut self,
        name: &str,
        source: &SecretSource,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<(), (String, String)> {
        let refused = |reason: &str| (source.to_string(), format!("a value for a header, but {reason}"));
        let value = match source {
            SecretSource::Env(variable) => {
                environment(variable).map(SecretString::from).ok_or_else(|| refused("it is not set"))?
            }
            SecretSource::File(path) => read_file(path).map_err(|error| refused(&error.to_string()))?,
        };
        let value = SecretString::from(value.expose_secret().trim().to_owned());
        if value.expose_secret().is_empty() {
            return Err(refused("it is empty"));
        }
        let mut header = HeaderValue::from_str(value.expose_secret())
            .map_err(|_| refused("it holds characters that no header may have"))?;
        // Left out of Debug output and of the compression tables of HTTP/2.
        header.set_sensitive(true);
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("its name is none"))?;
        self.headers.insert(name, header);
        self.values.push(value);
        Ok(())
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A text of the upstream without the secrets that it may have repeated.
    pub(super) fn hide(&self, text: String) -> String {
        self.values.iter().fold(text, |text, secret| text.replace(secret.expose_secret(), "***"))
    }
}

fn read_file(path: &Path) -> io::Result<SecretString> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_BYTES} bytes")));
    }
    Ok(text.into())
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.headers.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(source: SecretSource) -> UpstreamConfig {
        let mut config = UpstreamConfig::new("https://example.test");
        config.secret_headers.insert("X-Api-Key".to_owned(), source);
        config
    }

    #[test]
    fn a_secret_from_the_environment_is_sent_and_not_shown() {
        let config = config(SecretSource::Env("KEY".to_owned()));
        let secrets = Secrets::read(&config, |name| (name == "KEY").then(|| "hush-hush".to_owned())).unwrap();
        assert_eq!(secrets.headers()["x-api-key"].to_str().unwrap(), "hush-hush");
        assert!(!format!("{secrets:?} {:?} {config:?}", secrets.headers()).contains("hush"));
        assert_eq!(secrets.hide("key hush-hush is wrong".to_owned()), "key *** is wrong");
    }

    #[test]
    fn a_secret_from_a_file_loses_its_line_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "abc\n").unwrap();
        let secrets = Secrets::read(&config(SecretSource::File(path)), |_| None).unwrap();
        assert_eq!(secrets.headers()["x-api-key"].to_str().unwrap(), "abc");
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Secrets::read(&config(SecretSource::Env("KEY".to_owned())), |_| None).unwrap_err();
        let expected = "secret_headers.X-Api-Key = the environment variable KEY: allowed is a value for a header, but it is not set";
        assert_eq!(error.to_string(), expected);
        let error = Secrets::read(&config(SecretSource::Env("KEY".to_owned())), |_| Some("a\nb".to_owned()));
        assert!(!error.unwrap_err().to_string().contains("a\nb"));
    }
}

//! The two formats, and which of them a scraper wants.

/// The format of an exposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `OpenMetrics` 1.0: with units, and an end that shows whether all has arrived.
    OpenMetrics,
    /// The text format of Prometheus, version 0.0.4: for everything else that scrapes.
    Prometheus,
}

impl Format {
    /// The format for an `Accept` header: `OpenMetrics` for those who name it and do not refuse it, as Prometheus does. All others get the format that
    /// everybody reads.
    pub fn of_accept(accept: &str) -> Self {
        let wanted = accept.split(',').any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named =
                parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/openmetrics-text"));
            named && !parts.any(refuses)
        });
        if wanted { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// The value of the `Content-Type` header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Whether a parameter of an accepted type says `q=0`, or names a version that is not ours.
fn refuses(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let (name, value) = (name.trim(), value.trim().trim_matches('"'));
    (name.eq_ignore_ascii_case("q") && value.parse() == Ok(0.0))
        || (name.eq_ignore_ascii_case("version") && !matches!(value, "1.0.0" | "0.0.1"))
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn those_who_name_open_metrics_get_it() {
        // Of Prometheus 2.42, and of Prometheus 3.
        for accept in [
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;q=0.2",
            "APPLICATION/OpenMetrics-Text",
        ] {
            assert_eq!(Format::of_accept(accept), Format::OpenMetrics, "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "text/plain",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text; version=2.0.0",
            ";;=,,q",
        ] {
            assert_eq!(Format::of_accept(accept), Format::Prometheus, "{accept}");
        }
    }
}

//! The text form: names, labels, and the lines before the samples of a name.

use std::fmt::Write;

use super::family::Kind;

/// The longest value of a label, in characters; what is longer is cut.
const LONGEST: usize = 200;

/// How a scrape is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Prometheus text 0.0.4.
    #[default]
    Prometheus,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// Its media type.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// Writes what stands before the samples of a name.
    pub(super) fn head(self, name: &str, help: &str, kind: Kind, out: &mut String) {
        // OpenMetrics calls the family of a counter by its name without `_total`; one without that end
        // is no counter in its eyes.
        let (name, kind) = match (self, kind, name.strip_suffix("_total")) {
            (Self::OpenMetrics, Kind::Counter, Some(family)) => (family, "counter"),
            (Self::OpenMetrics, Kind::Counter, None) => (name, "unknown"),
            _ => (name, kind.as_str()),
        };
        let mut help = help.replace('\\', "\\\\").replace('\n', "\\n");
        if self == Self::OpenMetrics {
            help = help.replace('"', "\\\"");
        }
        // Writing to a string does not fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Writes what stands at the end.
    pub(super) fn tail(self, out: &mut String) {
        if self == Self::OpenMetrics {
            out.push_str("# EOF\n");
        }
    }
}

/// Labels as they are written, without braces.
pub(super) fn labels(labels: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (at, (name, value)) in labels.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{name}=\"");
        for character in value.chars().take(LONGEST) {
            match character {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                '\n' => out.push_str("\\n"),
                other => out.push(other),
            }
        }
        out.push('"');
    }
    out
}

/// A number as it is written.
pub(super) fn number(value: f64) -> String {
    if value == f64::INFINITY {
        "+Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

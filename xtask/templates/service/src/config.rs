//! What an application decides about the service.

use crate::{{Type}}Error;

/// The settings of the service: `new` takes what has no sensible default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct {{Type}}Config {
    public_url: String,
}

impl {{Type}}Config {
    /// Settings for a service that clients reach at `public_url`, an absolute HTTP URL.
    pub fn new(public_url: impl Into<String>) -> Result<Self, {{Type}}Error> {
        let public_url = public_url.into();
        if !public_url.starts_with("https://") && !public_url.starts_with("http://") {
            return Err({{Type}}Error::Config { reason: "the public URL is not an absolute HTTP URL" });
        }
        Ok(Self { public_url })
    }

    /// Where clients reach the service.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_url_is_refused() {
        assert_eq!({{Type}}Config::new("/here").unwrap_err().code(), "{{snake}}.config");
    }
}

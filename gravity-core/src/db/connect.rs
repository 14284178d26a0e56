//! From a URL to a pool.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use super::database::Primary;
use super::{DatabaseConfig, Engine, Error, ErrorKind};

pub(super) async fn connect(url: &str, config: &DatabaseConfig) -> Result<Primary, Error> {
    match engine_of(url)? {
        #[cfg(feature = "sqlite")]
        Engine::Sqlite => sqlite::connect(url, config).await,
        #[cfg(feature = "postgres")]
        Engine::Postgres => postgres::connect(url, config).await,
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        engine => Err(wrong(format!(
            "the URL asks for {engine}, and the feature `{}` of gravity-core is off",
            engine.name()
        ))),
    }
}

fn engine_of(url: &str) -> Result<Engine, Error> {
    // What stands in the URL is never repeated: it may be a password in the wrong place.
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Engine::Sqlite),
        Some("postgres" | "postgresql") => Ok(Engine::Postgres),
        Some(_) => Err(wrong("the URL's scheme is unknown; it is `sqlite://` or `postgres://`")),
        None => Err(wrong("the URL has no scheme; it begins with `sqlite://` or `postgres://`")),
    }
}

pub(super) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_told_apart_and_never_repeated() {
        assert_eq!(engine_of("sqlite::memory:").unwrap(), Engine::Sqlite);
        assert_eq!(engine_of("sqlite://a.db").unwrap(), Engine::Sqlite);
        assert_eq!(engine_of("postgresql://h/d").unwrap(), Engine::Postgres);
        for url in ["s3cret:x", "mysql://u:s3cret@h/d", "s3cret", ""] {
            let error = engine_of(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }
}

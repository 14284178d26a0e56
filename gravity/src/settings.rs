//! All that can be set, and where it is read from.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use gravity_auth::{
    CookieSettings, MailSettings, OAuthSettings, PasskeySettings, PasswordSettings, PeopleSettings,
    ProviderSettings, SecondFactorSettings, SessionSettings, SignUp, TokenSettings,
};
use gravity_core::SecretString;
use gravity_core::config::{Config, ConfigError, Loaded};
use gravity_core::security::KeyRing;
use gravity_core::telemetry::TelemetryConfig;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::Place;

const PREFIX: &str = "GRAVITY";
/// Variables that hosting services set under names of their own.
const ALIASES: [(&str, &str); 2] =
    [("DATABASE_URL", "GRAVITY_DATABASE_URL"), ("REDIS_URL", "GRAVITY_REDIS_URL")];

/// All that can be set.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// The folder of all that is kept: the SQLite database and the keys, unless they are given.
    pub(crate) data: PathBuf,
    /// The address under which users reach this, such as `https://id.example.com`. Links in mails begin with it.
    /// By default it is `http://` and where it listens.
    #[schemars(length(max = 200))]
    pub(crate) public_url: Option<String>,
    /// The database, `postgres://…` or `sqlite://…`. By default a file in the data folder. `DATABASE_URL` is read, too.
    pub(crate) database_url: Option<SecretString>,
    /// How many connections to the database there may be.
    #[schemars(range(min = 2, max = 1_000))]
    pub(crate) database_connections: u32,
    /// Redis, `redis://…`, for limits that hold over all nodes, and for sessions if they are there. `REDIS_URL` is read,
    /// too.
    pub(crate) redis_url: Option<SecretString>,
    /// Where live sessions are kept. In Redis they cost the database less; then nobody signs in while Redis is away.
    pub(crate) sessions_in: SessionsIn,
    /// The keys of tokens and sealed columns, the newest first. By default they are made once and kept in the data
    /// folder. Nodes that share a database need the same.
    pub(crate) keys: Option<KeyRing>,
    /// Who is made an administrator when there is none yet.
    #[schemars(length(max = 254))]
    pub(crate) admin_email: Option<String>,
    /// The password of that administrator. By default one is made and printed once.
    pub(crate) admin_password: Option<SecretString>,
    /// Whether anybody may read `/metrics`. By default, if only this machine can reach it; else it needs `metrics:read`.
    pub(crate) public_metrics: Option<bool>,
    /// Whether mails go to a page of this server, `/dev/mailbox`, that anybody may read. By default, if only this
    /// machine can reach it.
    pub(crate) dev_mailbox: Option<bool>,
    /// Whose word about the client's address is taken: proxies in front, as addresses or networks.
    pub(crate) proxies: Vec<String>,
    /// The web sites whose scripts may call, such as `https://app.example.com`.
    pub(crate) origins: Vec<String>,
    /// How long requests are still taken after the signal to stop, in seconds, while `/ready` says no.
    #[schemars(range(max = 300))]
    pub(crate) drain_seconds: u64,
    /// What is logged, and where traces go.
    pub(crate) log: TelemetryConfig,
    /// Sign-in, sessions and users.
    pub(crate) auth: Auth,
}

/// Where live sessions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SessionsIn {
    /// With all else.
    #[default]
    Database,
    /// In the Redis of `redis_url`.
    Redis,
}

/// Sign-in, sessions and users.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Auth {
    /// How people sign up.
    pub(crate) sign_up: SignUp,
    /// How long tokens and sessions last.
    pub(crate) sessions: SessionSettings,
    /// How access tokens are signed.
    pub(crate) tokens: TokenSettings,
    /// How long what is sent by mail is good, and where it leads.
    pub(crate) mail: MailSettings,
    /// Cookies, for applications in a browser.
    pub(crate) cookies: CookieSettings,
    /// What passwords have to be, and what they cost.
    pub(crate) passwords: PasswordSettings,
    /// Passkeys. By default they are for the host of the public address, or for `localhost` where only this machine can
    /// reach it.
    pub(crate) passkeys: PasskeySettings,
    /// Where people go on who come back from a provider.
    pub(crate) oauth: OAuthSettings,
    /// Who signs people in elsewhere, by the names that routes call them.
    pub(crate) providers: BTreeMap<String, ProviderSettings>,
    /// Accounts that go.
    pub(crate) people: PeopleSettings,
    /// Of whom a second factor is demanded.
    pub(crate) second_factors: SecondFactorSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8080).into(),
            data: "gravity-data".into(),
            public_url: None,
            database_url: None,
            database_connections: 10,
            redis_url: None,
            sessions_in: SessionsIn::default(),
            keys: None,
            admin_email: None,
            admin_password: None,
            public_metrics: None,
            dev_mailbox: None,
            proxies: Vec::new(),
            origins: Vec::new(),
            drain_seconds: 0,
            log: TelemetryConfig::default(),
            auth: Auth::default(),
        }
    }
}

impl Settings {
    /// What the file, the environment and the command line say together.
    pub(crate) fn load(place: &Place) -> Result<Loaded<Self>, ConfigError> {
        source(place).load_with_origins()
    }

    /// Whether only programs of this machine can call.
    pub(crate) fn is_local(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    /// Whether mails are shown by a page.
    pub(crate) fn has_mailbox(&self) -> bool {
        self.dev_mailbox.unwrap_or_else(|| self.is_local())
    }

    /// Where users reach this, without a slash at its end.
    pub(crate) fn public_url(&self, listening: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{listening}"),
        }
    }
}

/// Where settings come from.
pub(crate) fn source(place: &Place) -> Config {
    let config =
        Config::new(PREFIX).with_defaults(defaults()).with_environment(variables(env::vars_os(), place));
    match place.config.clone().or_else(|| env::var_os("GRAVITY_CONFIG").map(PathBuf::from)) {
        Some(file) => config.with_file(file),
        None => config.with_optional_file("gravity.toml"),
    }
}

/// What holds, setting by setting, in place of what the libraries say.
fn defaults() -> Value {
    let (service, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    // PostgreSQL notes each table that is there already.
    let filter = "info,sqlx::postgres::notice=warn";
    json!({"log": {"service": service, "version": version, "format": "text", "filter": filter}})
}

/// The environment with aliases under their own names, and with what the command line says above it.
fn variables(all: impl Iterator<Item = (OsString, OsString)>, place: &Place) -> Vec<(OsString, OsString)> {
    let mut variables: Vec<_> = all.filter(|(name, _)| name != "GRAVITY_CONFIG").collect();
    for (alias, name) in ALIASES {
        let is_set =
            |wanted: &str| variables.iter().position(|(name, value)| name == wanted && !value.is_empty());
        if let (Some(at), None) = (is_set(alias), is_set(name)) {
            let value = variables[at].1.clone();
            variables.push((name.into(), value));
        }
    }
    let mut above = |name: &str, value: Option<OsString>| {
        if let Some(value) = value {
            variables.retain(|(known, _)| known != name);
            variables.push((name.into(), value));
        }
    };
    above("GRAVITY_LISTEN", place.listen.clone().map(OsString::from));
    above("GRAVITY_DATA", place.data.clone().map(PathBuf::into_os_string));
    variables
}

#[cfg(test)]
mod tests {
    use gravity_core::telemetry::LogFormat;

    use super::*;

    fn of(variables_given: &[(&str, &str)], place: &Place) -> Settings {
        let given = variables_given.iter().map(|(name, value)| (name.into(), value.into()));
        let config = Config::new(PREFIX).with_defaults(defaults());
        config.with_environment(variables(given, place)).load().unwrap()
    }

    #[test]
    fn the_command_line_stands_above_the_environment() {
        let place = Place { listen: Some("127.0.0.1:9".into()), data: Some("there".into()), config: None };
        let settings = of(&[("GRAVITY_LISTEN", "0.0.0.0:80"), ("GRAVITY_DATA", "here")], &place);
        assert_eq!((settings.listen.port(), settings.data), (9, "there".into()));
    }

    #[test]
    fn common_names_are_read_and_own_ones_win() {
        let url = |given: &[(&str, &str)]| {
            of(given, &Place::default()).database_url.map(|url| url.expose().to_owned())
        };
        assert_eq!(url(&[("DATABASE_URL", "postgres://a")]).as_deref(), Some("postgres://a"));
        let both = [("DATABASE_URL", "postgres://a"), ("GRAVITY_DATABASE_URL", "postgres://b")];
        assert_eq!(url(&both).as_deref(), Some("postgres://b"));
        assert_eq!(url(&[("DATABASE_URL", "")]), None);
    }

    #[test]
    fn sessions_are_in_the_database_unless_said_otherwise() {
        let place = |given: &[(&str, &str)]| of(given, &Place::default()).sessions_in;
        assert_eq!(place(&[]), SessionsIn::Database);
        assert_eq!(place(&[("GRAVITY_SESSIONS_IN", "database")]), SessionsIn::Database);
        assert_eq!(place(&[("GRAVITY_SESSIONS_IN", "redis")]), SessionsIn::Redis);
    }

    #[test]
    fn the_log_is_text_unless_said_otherwise() {
        let log = |given: &[(&str, &str)]| of(given, &Place::default()).log;
        let quiet = log(&[("GRAVITY_LOG__FILTER", "warn")]);
        assert_eq!((quiet.format, quiet.version.as_str()), (LogFormat::Text, env!("CARGO_PKG_VERSION")));
        assert_eq!(log(&[("GRAVITY_LOG__FORMAT", "json")]).format, LogFormat::Json);
    }

    #[test]
    fn only_a_loopback_address_is_local() {
        for (listen, is_local) in
            [("127.0.0.1:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("10.0.0.1:1", false)]
        {
            assert_eq!(of(&[("GRAVITY_LISTEN", listen)], &Place::default()).is_local(), is_local, "{listen}");
        }
    }
}

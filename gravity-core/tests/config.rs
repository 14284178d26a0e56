//! Settings from defaults, a file and the environment; and everything that can be wrong with them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use gravity_core::SecretString;
use gravity_core::config::{Config, ConfigError, Origin};
use gravity_core::security::KeyRing;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The settings of a shop.
#[derive(Debug, Deserialize, JsonSchema)]
struct Settings {
    #[serde(default)]
    http: Http,
    database: Database,
    /// How mail is sent.
    mail: Option<Mail>,
    #[serde(default)]
    features: BTreeMap<String, bool>,
    #[serde(default)]
    tenants: BTreeMap<String, SecretString>,
    #[serde(default)]
    servers: Vec<Server>,
    #[serde(default)]
    extra: serde_json::Map<String, Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
struct Http {
    /// Where to listen.
    listen: std::net::SocketAddr,
    #[schemars(range(min = 1, max = 64))]
    workers: u16,
    origins: Vec<String>,
    level: Level,
    ratio: f64,
    compress: bool,
    name: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8080).into(),
            workers: 4,
            origins: Vec::new(),
            level: Level::Info,
            ratio: 0.1,
            compress: true,
            name: Some("shop".to_owned()),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// Most of it.
    Info,
    /// All of it.
    Debug,
}

impl serde::Serialize for Http {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({"listen": self.listen, "workers": self.workers}).serialize(serializer)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Database {
    #[schemars(length(min = 1))]
    url: String,
    password: SecretString,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "lowercase")]
enum Mail {
    Smtp { host: String, port: u16 },
    Log,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Server {
    name: String,
    weight: u8,
}

const NEEDED: [(&str, &str); 2] = [("SHOP_DATABASE__URL", "db"), ("SHOP_DATABASE__PASSWORD", "hunter2")];

fn with(variables: &[(&str, &str)]) -> Config {
    Config::new("SHOP").with_environment(NEEDED.iter().chain(variables).copied())
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// `key (origin): code`, with the file's line alone, in the order of the keys.
fn told(error: &ConfigError) -> Vec<String> {
    let mut told: Vec<_> = error
        .faults()
        .iter()
        .map(|fault| {
            let origin = match &fault.origin {
                None => "-".to_owned(),
                Some(Origin::File { line, .. }) => line.to_string(),
                Some(origin) => origin.to_string(),
            };
            format!("{} ({origin}): {}", fault.key, fault.code)
        })
        .collect();
    told.sort();
    told
}

fn fails<T: DeserializeOwned + JsonSchema>(config: &Config) -> ConfigError {
    config.load::<T>().err().expect("a fault")
}

#[test]
fn later_sources_win_and_say_so() {
    let (_folder, path) = file(
        r#"
        [http]
        workers = 8
        name = "from the file"

        [database]
        url = "file"
        "#,
    );
    let config = with(&[("SHOP_HTTP__WORKERS", "16"), ("SHOP_HTTP__LISTEN", "[::1]:9")])
        .with_defaults(json!({"http": {"workers": 2, "compress": false, "name": "from the defaults"}}))
        .with_file(&path);
    let loaded = config.load_with_origins::<Settings>().unwrap();
    let http = &loaded.value.http;
    assert_eq!((http.workers, http.compress, http.name.as_deref()), (16, false, Some("from the file")));
    assert_eq!((http.listen.to_string().as_str(), http.ratio), ("[::1]:9", 0.1));
    assert_eq!(loaded.value.database.url, "db");
    assert_eq!(loaded.value.database.password.expose(), "hunter2");
    let origin = |key| loaded.origins.get(key).map(ToString::to_string);
    assert_eq!(origin("http.workers").unwrap(), "SHOP_HTTP__WORKERS");
    assert_eq!(origin("http.compress").unwrap(), "the defaults");
    assert_eq!(origin("http.name").unwrap(), format!("{}:4", path.display()));
    assert_eq!(origin("http.ratio"), None);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let (_folder, path) = file(
        r#"
unknwon = 1
[http]
workers = 900
lisen = "x"
level = "loud"
ratio = nan
listen = "nowhere"
[database]
url = ""
[[servers]]
name = "a"
weight = 256
colour = "red"
[mail]
by = "smtp"
host = 1
"#,
    );
    let config = Config::new("SHOP").with_file(path).with_environment([
        ("SHOP_HTTP__COMPRESS", "maybe"),
        ("SHOP_HTTP__ORIGINS", "[1"),
        ("SHOP_HTTP__WORKER", "1"),
        ("SHOP_FEATURES__NEW", "yes"),
        ("SHOP_DATABSE__URL", "x"),
    ]);
    let error = fails::<Settings>(&config);
    assert_eq!(
        told(&error),
        [
            " (SHOP_DATABSE__URL): unknown",
            " (SHOP_HTTP__WORKER): unknown",
            "database.password (-): missing",
            "database.url (10): too_short",
            "features.new (SHOP_FEATURES__NEW): wrong_type",
            "http.compress (SHOP_HTTP__COMPRESS): wrong_type",
            "http.level (6): wrong_value",
            "http.lisen (5): unknown",
            "http.listen (8): invalid",
            "http.origins (SHOP_HTTP__ORIGINS): wrong_type",
            "http.ratio (7): wrong_type",
            "http.workers (4): too_large",
            "mail.host (17): wrong_type",
            "mail.port (-): missing",
            "servers.0.colour (14): unknown",
            "servers.0.weight (13): too_large",
            "unknwon (2): unknown",
        ]
    );
    let text = error.to_string();
    for expected in [
        "17 settings are wrong:\n",
        "http.lisen (",
        "is not known here; did you mean `listen`?",
        "SHOP_HTTP__WORKER: is no setting; did you mean `SHOP_HTTP__WORKERS`?",
        "SHOP_DATABSE__URL: is no setting; did you mean `SHOP_DATABASE__URL`?",
        "shop.toml or as SHOP_DATABASE__PASSWORD",
        "invalid socket address syntax",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn texts_become_what_the_setting_is() {
    let settings: Settings = with(&[
        ("SHOP_HTTP__ORIGINS", "https://a.example, https://b.example"),
        ("SHOP_HTTP__LEVEL", "debug"),
        ("SHOP_HTTP__RATIO", "1"),
        ("SHOP_HTTP__COMPRESS", "false"),
        ("SHOP_HTTP__NAME", "12"),
        ("SHOP_FEATURES__NEW_CART", "true"),
        ("SHOP_TENANTS__ACME", "geheim"),
        ("SHOP_SERVERS", r#"[{"name": "ü", "weight": 3}]"#),
        ("SHOP_MAIL__BY", "smtp"),
        ("SHOP_MAIL__HOST", "mail"),
        ("SHOP_MAIL__PORT", "25"),
        ("SHOP_EXTRA", r#"{"a": {"b": [1]}}"#),
    ])
    .load()
    .unwrap();
    assert_eq!(settings.http.origins, ["https://a.example", "https://b.example"]);
    assert_eq!((settings.http.level, settings.http.ratio), (Level::Debug, 1.0));
    assert!(!settings.http.compress);
    assert_eq!(settings.http.name.as_deref(), Some("12"));
    assert_eq!(settings.features, BTreeMap::from([("new_cart".to_owned(), true)]));
    assert_eq!(settings.tenants["acme"].expose(), "geheim");
    assert_eq!((settings.servers[0].name.as_str(), settings.servers[0].weight), ("ü", 3));
    assert!(matches!(settings.mail, Some(Mail::Smtp { port: 25, host }) if host == "mail"));
    assert_eq!(settings.extra["a"], json!({"b": [1]}));
    let settings: Settings = with(&[("SHOP_MAIL__BY", "log")]).load().unwrap();
    assert!(matches!(settings.mail, Some(Mail::Log)));
}

#[test]
fn empty_variables() {
    let settings: Settings = with(&[("SHOP_HTTP__NAME", ""), ("SHOP_HTTP__ORIGINS", "")]).load().unwrap();
    assert_eq!((settings.http.name, settings.http.origins.len()), (None, 0));
    let error = fails::<Settings>(&with(&[
        ("SHOP_HTTP__WORKERS", ""),
        ("SHOP_HTTP__COMPRESS", ""),
        ("SHOP_DATABASE__URL", ""),
    ]));
    assert_eq!(
        told(&error),
        [
            "database.url (SHOP_DATABASE__URL): repeated",
            "http.compress (SHOP_HTTP__COMPRESS): wrong_type",
            "http.workers (SHOP_HTTP__WORKERS): wrong_type",
        ]
    );
}

#[test]
fn numbers_that_do_not_fit() {
    for text in
        ["-1", "65536", "0", "4.5", "4.0", "1e1", "0x10", "+4", " 4", "４", "99999999999999999999", "NaN"]
    {
        let error = fails::<Settings>(&with(&[("SHOP_HTTP__WORKERS", text)]));
        assert_eq!(error.faults().len(), 1, "{text}: {error}");
        assert_eq!(error.faults()[0].key, "http.workers", "{text}");
        assert!(!error.to_string().contains(&format!("`{text}`")), "{error}");
    }
    for (text, line) in
        [("0x1_0", None), ("99999999999999999999", Some(2)), ("inf", Some(2)), ("-0", Some(2))]
    {
        let (_folder, path) = file(&format!("[http]\nworkers = {text}"));
        let outcome = with(&[]).with_file(path).load::<Settings>();
        match line {
            None => assert_eq!(outcome.unwrap().http.workers, 16),
            Some(line) => {
                let told = told(&outcome.unwrap_err());
                assert!(told[0].starts_with(&format!("http.workers ({line})")), "{told:?}");
            }
        }
    }
}

#[test]
fn a_variable_of_others_is_let_be() {
    let loaded = with(&[
        ("SHOP_SERVICE_HOST", "10.0.0.1"),
        ("SHOP_PORT", "tcp://10.0.0.1:80"),
        ("SHOP_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("SHOP_SOMETHING_ELSE", "1"),
        ("SHOP_", "1"),
        ("SHOPPING__URL", "1"),
        ("shop_http__workers", "1"),
    ])
    .load_with_origins::<Settings>()
    .unwrap();
    assert_eq!(
        loaded.ignored,
        ["SHOP_PORT", "SHOP_PORT_80_TCP_ADDR", "SHOP_SERVICE_HOST", "SHOP_SOMETHING_ELSE"]
    );
}

#[test]
fn secrets_come_from_files() {
    let (folder, path) = file(
        r#"
        tenants = { acme = { file = "acme" } }
        [database]
        url = { file = "url" }
        password = { file = "none" }
        "#,
    );
    for (name, content) in [("acme", "geheim\n"), ("url", "postgres://ü\r\n"), ("password", "two\nlines\n")]
    {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let password = folder.path().join("password");
    let config = Config::new("SHOP")
        .with_file(path)
        .with_environment([("SHOP_DATABASE__PASSWORD_FILE", password.clone())]);
    let error = fails::<Settings>(&config);
    assert_eq!(told(&error), ["database.password (5): unreadable"]);

    std::fs::write(folder.path().join("none"), "other").unwrap();
    let settings: Settings = config.load().unwrap();
    assert_eq!(settings.database.password.expose(), "two\nlines");
    assert_eq!(settings.database.url, "postgres://ü");
    assert_eq!(settings.tenants["acme"].expose(), "geheim");

    let twice = Config::new("SHOP").with_environment([
        ("SHOP_DATABASE__URL", "x".as_ref()),
        ("SHOP_DATABASE__PASSWORD", "x".as_ref()),
        ("SHOP_DATABASE__PASSWORD_FILE", password.as_os_str()),
    ]);
    assert_eq!(
        told(&fails::<Settings>(&twice)),
        ["database.password (SHOP_DATABASE__PASSWORD_FILE): repeated"]
    );
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("empty"), "\n").unwrap();
    std::fs::write(at("latin"), b"\xfc").unwrap();
    std::fs::write(at("huge"), vec![b'x'; 100_000]).unwrap();
    for secret in
        [at("missing"), at("empty"), at("latin"), at("huge"), folder.path().to_owned(), PathBuf::new()]
    {
        let config = Config::new("SHOP").with_environment([
            ("SHOP_DATABASE__URL", "x".as_ref()),
            ("SHOP_DATABASE__PASSWORD_FILE", secret.as_os_str()),
        ]);
        let error = fails::<Settings>(&config);
        assert_eq!(error.faults().len(), 1, "{error}");
        assert!(told(&error)[0].starts_with("database.password (SHOP_DATABASE__PASSWORD_FILE)"), "{error}");
        if secret.is_absolute() {
            assert!(!error.to_string().contains(secret.to_str().unwrap()), "{error}");
        }
    }
    for settings in [at("latin"), folder.path().to_owned(), at("missing")] {
        // What the file was to give is not reported as missing on top.
        let error =
            fails::<Settings>(&Config::new("SHOP").with_file(settings).with_environment([("A", "b")]));
        assert_eq!(told(&error), [" (0): unreadable"]);
    }
    assert!(with(&[]).with_optional_file(at("missing")).load::<Settings>().is_ok());
    assert!(with(&[]).with_optional_file(at("latin")).load::<Settings>().is_err());
}

/// Nobody but the owner may read it, and for root there is always a way: a folder that is none will do.
#[cfg(unix)]
#[test]
fn files_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = file("");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    let is_root = std::fs::read(&path).is_ok();
    let locked = if is_root { path.join("below") } else { path };
    for config in [
        with(&[]).with_optional_file(&locked),
        Config::new("SHOP").with_environment([
            ("SHOP_DATABASE__URL", "x".as_ref()),
            ("SHOP_DATABASE__PASSWORD_FILE", locked.as_os_str()),
        ]),
    ] {
        let error = fails::<Settings>(&config);
        assert_eq!(error.faults()[0].code, "unreadable");
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }
}

#[test]
fn broken_files_show_where_and_not_what() {
    let (_folder, path) = file("[database]\nurl = \"x\"\npassword = \"hunter2\nworkers = = hunter2\n");
    let error = fails::<Settings>(&with(&[]).with_file(path));
    assert!(error.faults().iter().all(|fault| fault.code == "syntax"), "{error}");
    let lines: Vec<_> = told(&error);
    assert!(lines[0].contains("(3)"), "{lines:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

/// A type that shows what it refuses, as many do.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
struct Picky(#[expect(dead_code, reason = "it is never made")] String);

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("no good: {text}")))
    }
}

#[test]
fn secrets_are_never_told() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "it is never made")]
    struct Leaky {
        #[schemars(with = "SecretString")]
        marked: Picky,
        api_token: Picky,
        url: Picky,
        from_file: Picky,
        harmless: Picky,
        keys: KeyRing,
        #[schemars(length(max = 3))]
        long: SecretString,
        #[schemars(with = "u8")]
        pin: Picky,
        in_file: Picky,
    }

    let (_folder, path) = file("hunter2");
    let (_other_folder, settings) = file(&format!("in_file = {{ file = {path:?} }}"));
    let config = Config::new("APP").with_file(settings).with_environment([
        ("APP_MARKED", "hunter2".into()),
        ("APP_API_TOKEN", "hunter2".into()),
        ("APP_URL", "postgres://me:hunter2@db".into()),
        ("APP_FROM_FILE_FILE", path.into_os_string()),
        ("APP_HARMLESS", "shown".into()),
        ("APP_KEYS", "a:hunter2".into()),
        ("APP_LONG", "hunter2".into()),
        ("APP_PIN", "4711".into()),
    ]);
    let error = fails::<Leaky>(&config);
    let shown = format!("{error} {error:?} {config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("4711"), "{shown}");
    assert!(shown.contains("no good: shown"), "{shown}");
    assert!(shown.contains("a key is written as `name:base64`"), "{shown}");
    assert_eq!(error.faults().len(), 9, "{error}");
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_utf_8() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let bad = OsString::from_vec(vec![b'x', 0xff]);
    let config = Config::new("SHOP").with_environment([
        (OsString::from("SHOP_DATABASE__URL"), bad.clone()),
        (OsString::from("SHOP_DATABASE__PASSWORD"), "x".into()),
        (OsString::from_vec(b"SHOP_\xff".to_vec()), bad),
    ]);
    assert_eq!(told(&fails::<Settings>(&config)), ["database.url (SHOP_DATABASE__URL): wrong_type"]);
}

#[test]
fn the_environment_of_the_process_is_read() {
    #[derive(Deserialize, JsonSchema)]
    struct Cargo {
        manifest_dir: PathBuf,
    }
    let cargo: Cargo = Config::new("CARGO").load().unwrap();
    assert!(cargo.manifest_dir.ends_with("gravity-core"));
}

#[test]
fn a_type_that_contains_itself_is_followed_so_far() {
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Tree {
        name: String,
        below: Option<Box<Tree>>,
    }
    let tree: Tree =
        Config::new("T").with_environment([("T_NAME", "a"), ("T_BELOW", r#"{"name": "b"}"#)]).load().unwrap();
    assert_eq!((tree.name.as_str(), tree.below.unwrap().name.as_str()), ("a", "b"));
    assert!(!Config::new("T").reference::<Tree>().keys().is_empty());
}

#[test]
fn the_reference_lists_everything() {
    let reference = Config::new("SHOP")
        .with_defaults(json!({"database": {"url": "db|x"}, "tenants": {"acme": "hunter2"}}))
        .reference::<Settings>();
    let text = reference.to_string();
    assert!(!text.contains("hunter2"), "{text}");
    for line in [
        "| `database.password` | `SHOP_DATABASE__PASSWORD` | secret | **required** |  |",
        r#"| `database.url` | `SHOP_DATABASE__URL` | string | `"db\|x"` |  |"#,
        r#"| `http.listen` | `SHOP_HTTP__LISTEN` | string | `"127.0.0.1:8080"` | Where to listen. |"#,
        "| `http.workers` | `SHOP_HTTP__WORKERS` | integer | `4` |  |",
        r#"| `mail.by` | `SHOP_MAIL__BY` | `"smtp"` or `"log"` | none |  |"#,
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

proptest! {
    #[test]
    fn nothing_in_the_environment_makes_it_panic(
        variables in prop::collection::vec(("SHOP_(HTTP|DATABASE|MAIL|TENANTS|X)?(__)?[A-Z_]{0,8}", "\\PC{0,8}|\\{.*\\}|[0-9\\[\\],.-]{1,6}"), 0..6)
    ) {
        let _ = Config::new("SHOP").with_environment(variables).load::<Settings>();
    }

    #[test]
    fn nothing_in_a_file_makes_it_panic(
        lines in prop::collection::vec("\\[{1,2}(http|database|x|servers)\\]{1,2}|(workers|url|\"ü.~/\"|a\\.b|file) = (\\PC{0,8}|\\{ file = \"x\" \\}|[0-9._e]{1,5}|\\[1, \"x\"\\])|\\PC{0,9}", 0..8)
    ) {
        let (_folder, path) = file(&lines.join("\n"));
        let _ = Config::new("SHOP").with_environment([("A", "b")]).with_file(path).load::<Settings>();
    }

    #[test]
    fn what_is_given_in_a_file_or_a_variable_is_the_same(workers: u32, text in "\\PC{0,12}", ratio in -1e9..1e9_f64) {
        let toml = toml_of(workers, &text, ratio);
        let (_folder, path) = file(&toml);
        let by_file = with(&[]).with_file(path).load::<Settings>();
        let (workers, ratio) = (workers.to_string(), serde_json::to_string(&ratio).unwrap());
        let by_variable = with(&[
            ("SHOP_HTTP__WORKERS", workers.as_str()),
            ("SHOP_HTTP__RATIO", ratio.as_str()),
            ("SHOP_TENANTS__X", text.as_str()),
        ]).load::<Settings>();
        match (by_file, by_variable) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(one.http.workers, other.http.workers);
                prop_assert_eq!(one.http.ratio.to_bits(), other.http.ratio.to_bits());
                prop_assert_eq!(one.tenants["x"].expose(), other.tenants["x"].expose());
            }
            (Err(one), Err(other)) => prop_assert_eq!(&one.faults()[0].detail, &other.faults()[0].detail),
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }
}

fn toml_of(workers: u32, text: &str, ratio: f64) -> String {
    // A JSON string is a TOML string.
    let text = serde_json::to_string(text).unwrap();
    format!("[http]\nworkers = {workers}\nratio = {ratio:?}\n[tenants]\nx = {text}\n")
}

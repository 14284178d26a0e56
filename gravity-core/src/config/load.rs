//! [`Config`]: where settings come from, and the type that is read from them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::environment::{lay, variable};
use super::error::{ConfigError, ConfigFault, Origin};
use super::layers::{Layers, Located, key_of, path_of, remove};
use super::reference::Reference;
use super::shape::Shape;
use super::{decode, file};
use crate::validate::Schema;

/// Where settings come from: defaults, then a file, then the environment; what comes later wins.
///
/// # What can be set
/// The members of a type, as its JSON schema tells: defaults of the type are those of
/// `#[serde(default)]`, rules such as `#[schemars(range(min = 1))]` are checked, and a secret is a
/// [`SecretString`](crate::SecretString).
///
/// # Where
/// - **File**: TOML. A key that the type does not have is refused.
/// - **Environment**: the prefix, an underscore and the key in capitals, with two underscores for each
///   dot: `GRAVITY_HTTP__LISTEN` is `http.listen`. A list is JSON or has commas between its items, a table
///   is JSON. An empty variable is an empty text, or nothing where the setting may be left out. A variable
///   that is nearly a setting, or in a table of settings, is refused; others are let be.
/// - **Secrets** in files of their own: `GRAVITY_DATABASE__PASSWORD_FILE=/run/secrets/db`, or in the file
///   `password = { file = "db.secret" }`, which starts from the file's folder. A line end behind the
///   secret is dropped. It works for whatever is no table.
///
/// # What is wrong
/// Everything is reported at once, each with its key, the line or the variable, and the reason; what was
/// given is never in it where it may be a secret.
///
/// ```
/// use gravity_core::SecretString;
/// use gravity_core::config::Config;
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Settings {
///     database: Database,
///     #[serde(default = "eight")]
///     #[schemars(range(min = 1, max = 64))]
///     workers: u32,
/// }
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Database {
///     url: String,
///     password: SecretString,
/// }
///
/// fn eight() -> u32 { 8 }
///
/// let config = Config::new("SHOP").with_environment([
///     ("SHOP_DATABASE__URL", "postgres://db/shop"),
///     ("SHOP_DATABASE__PASSWORD", "hunter2"),
/// ]);
/// let settings: Settings = config.load().unwrap();
/// assert_eq!((settings.database.url.as_str(), settings.workers), ("postgres://db/shop", 8));
///
/// let config = Config::new("SHOP").with_environment([
///     ("SHOP_DATABASE__PASSWORD", "hunter2"),
///     ("SHOP_WORKERS", "900"),
/// ]);
/// let error = config.load::<Settings>().err().unwrap();
/// assert_eq!(error.to_string(), "\
/// 2 settings are wrong:
///   database.url: must be given, as SHOP_DATABASE__URL
///   workers (SHOP_WORKERS): must be at most 64");
/// ```
#[derive(Clone)]
pub struct Config {
    prefix: String,
    file: Option<SettingsFile>,
    defaults: Value,
    environment: Option<Vec<(OsString, OsString)>>,
}

#[derive(Debug, Clone)]
struct SettingsFile {
    path: PathBuf,
    is_required: bool,
}

/// Settings, and where each of them comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Loaded<T> {
    /// The settings.
    pub value: T,
    /// Where each was given, by its key; what is not in here is a default of the type.
    pub origins: BTreeMap<String, Origin>,
    /// Variables with the prefix that are no settings, and do not look as if they were meant to be.
    pub ignored: Vec<String>,
}

impl Config {
    /// Settings from the environment of the process, from variables with this prefix. It is also meant to
    /// keep the application's variables apart from those of others, so an empty one makes no mistake in a
    /// name show.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), file: None, defaults: Value::Null, environment: None }
    }

    /// Reads this file, too, which must be there.
    pub fn with_file(self, path: impl Into<PathBuf>) -> Self {
        Self { file: Some(SettingsFile { path: path.into(), is_required: true }), ..self }
    }

    /// Reads this file, too, if there is one. One that cannot be read is a fault all the same.
    pub fn with_optional_file(self, path: impl Into<PathBuf>) -> Self {
        Self { file: Some(SettingsFile { path: path.into(), is_required: false }), ..self }
    }

    /// Lays everything over these settings; they need not be complete. Null stands for none.
    pub fn with_defaults(self, defaults: Value) -> Self {
        Self { defaults, ..self }
    }

    /// Takes these variables for the environment.
    pub fn with_environment<N: Into<OsString>, V: Into<OsString>>(
        self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { environment: Some(variables), ..self }
    }

    /// Reads the settings, or says everything that is wrong with them. It reads files, and so waits for
    /// the disk: call it where a program starts.
    pub fn load<T: DeserializeOwned + JsonSchema>(&self) -> Result<T, ConfigError> {
        self.load_with_origins().map(|loaded| loaded.value)
    }

    /// Reads the settings, and tells where each comes from: what a command to check them shows.
    pub fn load_with_origins<T: DeserializeOwned + JsonSchema>(&self) -> Result<Loaded<T>, ConfigError> {
        let schema = schema_of::<T>();
        let rules = Schema::compile(&schema).map_err(|error| ConfigError::new(vec![unusable(&error)]))?;
        let shape = Shape::of(&schema);
        let mut layers = Layers::new();
        if !self.defaults.is_null() {
            layers.lay(&shape, Located::json(self.defaults.clone(), &Origin::Defaults));
        }
        let file_is_read = match self.read_file() {
            Ok(settings) => {
                if let (Some(settings), Some(file)) = (settings, &self.file) {
                    layers.folder.extend(file.path.parent());
                    layers.lay(&shape, settings);
                }
                true
            }
            Err(faults) => {
                layers.faults.extend(faults);
                false
            }
        };
        let ignored = match &self.environment {
            Some(variables) => lay(&mut layers, &shape, &self.prefix, variables.iter().cloned()),
            None => lay(&mut layers, &shape, &self.prefix, std::env::vars_os()),
        };
        self.check(&rules, &mut layers, file_is_read);
        if let Some(value) = decode::decode(&shape, &mut layers) {
            return Ok(Loaded { value, origins: by_key(&layers), ignored });
        }
        if layers.faults.is_empty() {
            layers.fault("", None, "invalid", "the settings cannot be read".to_owned());
        }
        Err(ConfigError::new(layers.faults))
    }

    /// Everything that can be set.
    pub fn reference<T: JsonSchema>(&self) -> Reference {
        Reference::of(&Shape::of(&schema_of::<T>()), &self.prefix, &self.defaults)
    }

    fn read_file(&self) -> Result<Option<Located>, Vec<ConfigFault>> {
        let Some(SettingsFile { path, is_required }) = &self.file else {
            return Ok(None);
        };
        match file::read(path)? {
            None if *is_required => Err(vec![ConfigFault {
                key: String::new(),
                origin: Some(Origin::File { path: path.clone(), line: 0 }),
                code: "unreadable".into(),
                detail: "is not there".to_owned(),
            }]),
            settings => Ok(settings),
        }
    }

    /// Holds the settings against the rules of the schema, and takes out what breaks them.
    fn check(&self, rules: &Schema, layers: &mut Layers, file_is_read: bool) {
        let Err(faults) = rules.validate(&layers.value) else {
            return;
        };
        for fault in faults {
            let is_missing = fault.code == "missing";
            // What was given and is wrong is not missing, and what a file was to give may be in it.
            if layers.is_wrong(&fault.pointer) || (is_missing && !file_is_read) {
                layers.wrong.insert(fault.pointer);
                continue;
            }
            let detail = if is_missing { self.missing(&fault.pointer) } else { fault.detail };
            let origin = if is_missing { None } else { layers.origin(&fault.pointer).cloned() };
            layers.fault(&fault.pointer, origin, fault.code, detail);
            if layers.value.pointer(&fault.pointer).is_some() {
                remove(&mut layers.value, &fault.pointer);
            }
            layers.wrong.insert(fault.pointer);
        }
    }

    fn missing(&self, pointer: &str) -> String {
        let path = path_of(pointer);
        if path.iter().any(|name| name.parse::<usize>().is_ok()) {
            // There are no variables for what is in a list.
            return "must be given".to_owned();
        }
        let variable = variable(&self.prefix, path.iter().map(String::as_str));
        match &self.file {
            None => format!("must be given, as {variable}"),
            Some(file) => format!("must be given, in {} or as {variable}", file.path.display()),
        }
    }
}

/// Without the environment, which holds secrets, and without the defaults, which may.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("prefix", &self.prefix)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

fn schema_of<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

fn unusable(error: &crate::validate::SchemaError) -> ConfigFault {
    ConfigFault { key: String::new(), origin: None, code: "schema".into(), detail: error.to_string() }
}

fn by_key(layers: &Layers) -> BTreeMap<String, Origin> {
    let given = layers.origins.iter().filter(|(pointer, _)| !pointer.is_empty());
    given.map(|(pointer, origin)| (key_of(pointer), origin.clone())).collect()
}

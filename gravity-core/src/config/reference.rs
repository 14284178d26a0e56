//! [`Reference`]: everything that can be set.

use std::fmt;

use serde_json::Value;

use super::environment::{settings, variable};
use super::kinds::Kinds;
use super::layers::{key_of, path_of};
use super::shape::Shape;

/// Everything that can be set; printed, a table in Markdown.
///
/// ```
/// use gravity_core::config::Config;
/// use schemars::JsonSchema;
///
/// #[derive(JsonSchema)]
/// struct Settings {
///     /// Where to listen.
///     #[serde(default = "everywhere")]
///     listen: String,
///     workers: Option<u8>,
/// }
///
/// fn everywhere() -> String { "[::]:8080".to_owned() }
///
/// assert_eq!(Config::new("SHOP").reference::<Settings>().to_string(), "\
/// | Key | Variable | Type | Default | Meaning |
/// |---|---|---|---|---|
/// | `listen` | `SHOP_LISTEN` | string | `\"[::]:8080\"` | Where to listen. |
/// | `workers` | `SHOP_WORKERS` | integer | none |  |
/// ");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    keys: Vec<KeyReference>,
}

/// One thing that can be set.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeyReference {
    /// Its key in the file.
    pub key: String,
    /// Its variable.
    pub variable: String,
    /// What it may be, in words.
    pub kind: String,
    /// Whether there is no doing without it.
    pub is_required: bool,
    /// Whether it is a secret, and may stand in a file of its own.
    pub is_secret: bool,
    /// What it is when it is not given; never of a secret.
    pub default: Option<Value>,
    /// What it is for.
    pub description: String,
}

impl Reference {
    pub(super) fn of(shape: &Shape, prefix: &str, defaults: &Value) -> Self {
        let mut pointers = Vec::new();
        settings(shape, "", &mut pointers);
        let keys = pointers.iter().filter_map(|pointer| key(shape, prefix, defaults, pointer)).collect();
        Self { keys }
    }

    /// What can be set, in the order of the keys.
    pub fn keys(&self) -> &[KeyReference] {
        &self.keys
    }
}

fn key(root: &Shape, prefix: &str, defaults: &Value, pointer: &str) -> Option<KeyReference> {
    let path = path_of(pointer);
    let names = || path.iter().map(String::as_str);
    let shape = root.at(names())?;
    // A default of a table holds those of what is in it.
    let above = (0..path.len()).rev().find_map(|depth| {
        let default = root.at(names().take(depth))?.default.as_ref()?;
        names().skip(depth).try_fold(default, |value, name| value.get(name))
    });
    let default = defaults.pointer(pointer).or(shape.default.as_ref()).or(above);
    // It is needed only if all tables around it are.
    let is_required = (0..path.len())
        .all(|depth| root.at(names().take(depth)).is_some_and(|table| table.required.contains(&path[depth])));
    Some(KeyReference {
        key: key_of(pointer),
        variable: variable(prefix, names()),
        kind: kind(shape),
        is_required: is_required && default.is_none(),
        is_secret: shape.secret,
        default: default.filter(|default| !shape.has_secret() && !default.is_null()).cloned(),
        description: shape.description.clone().unwrap_or_default(),
    })
}

fn kind(shape: &Shape) -> String {
    let values: Vec<String> =
        shape.values.iter().filter(|value| !value.is_null()).map(|value| format!("`{value}`")).collect();
    if shape.secret {
        "secret".to_owned()
    } else if !values.is_empty() {
        values.join(" or ")
    } else if shape.kinds == Kinds::ALL {
        shape.kinds.describe()
    } else {
        shape.kinds.without(Kinds::NULL).describe()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A bar would end the cell.
        let cell = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        writeln!(f, "| Key | Variable | Type | Default | Meaning |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        for key in &self.keys {
            let default = match &key.default {
                Some(default) => format!("`{default}`"),
                None if key.is_required => "**required**".to_owned(),
                None => "none".to_owned(),
            };
            writeln!(
                f,
                "| `{}` | `{}` | {} | {} | {} |",
                cell(&key.key),
                cell(&key.variable),
                cell(&key.kind),
                cell(&default),
                cell(&key.description),
            )?;
        }
        Ok(())
    }
}

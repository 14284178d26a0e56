//! [`Schema`]: a compiled JSON schema.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::compile::Compiler;
use super::faults::Faults;
use super::node::{Node, NodeId};
use super::pairs;
use super::walk::Walk;

/// A JSON schema (draft 2020-12), compiled once to validate many values.
///
/// ```
/// use gravity_core::validate::Schema;
/// use schemars::JsonSchema;
/// use serde_json::json;
///
/// #[derive(JsonSchema)]
/// struct Note {
///     #[schemars(length(min = 1, max = 50))]
///     title: String,
///     stars: u8,
/// }
///
/// let schema = Schema::of::<Note>().unwrap();
/// assert!(schema.validate(&json!({"title": "Milk", "stars": 3})).is_ok());
///
/// let faults = schema.validate(&json!({"title": "", "stars": 300})).unwrap_err();
/// let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
/// assert_eq!(pointers, ["/stars", "/title"]);
/// ```
#[derive(Debug)]
pub struct Schema {
    pub(super) nodes: Vec<Node>,
    constrained: bool,
}

/// Why a schema cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A keyword has a value of the wrong kind.
    #[error("the keyword `{0}` of a schema has a value it may not have")]
    Malformed(String),
    /// A keyword would have to be checked and is not known here.
    #[error("the keyword `{0}` of a schema is not supported")]
    Unsupported(String),
    /// A `$ref` leads nowhere, or out of the document.
    #[error("the reference `{0}` of a schema leads nowhere")]
    Reference(String),
    /// A pattern is no regular expression, or none that runs in linear time.
    #[error("the pattern `{0}` of a schema is not supported")]
    Pattern(String),
    /// The schema is nested too deeply.
    #[error("a schema is nested too deeply")]
    TooDeep,
}

impl Schema {
    pub(super) const ROOT: NodeId = 0;

    /// The schema of what a type is read from.
    pub fn of<T: JsonSchema>() -> Result<Self, SchemaError> {
        let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
        Self::compile(schema.as_value())
    }

    /// Compiles a schema; its references must lead into the same document.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let mut compiler = Compiler::new(schema);
        compiler.root()?;
        Ok(Self { nodes: compiler.nodes, constrained: compiler.constrained })
    }

    /// Checks a value against the schema, and reports everything that is wrong with it.
    pub fn validate(&self, value: &Value) -> Result<(), Faults> {
        Walk::new(self, value).run(value).into_result()
    }

    /// Whether the schema may state more than reading the type does: lengths, ranges, patterns,
    /// formats, fixed values and the like. If not, what serde has read need not be validated.
    ///
    /// In doubt it is `true`. It is about the rules that schemars takes from attributes; a schema
    /// that was made to differ from its type in types or in required members
    /// (`#[schemars(required)]`, `#[schemars(with = "...")]`) is not noticed.
    pub const fn has_constraints(&self) -> bool {
        self.constrained
    }

    /// Turns texts, as a query string or a form has them, into an object whose members have the types
    /// that the schema gives them.
    ///
    /// A key that the schema has as an array collects all its values. A member that may be a string
    /// stays one; otherwise `true`, `false` and numbers become what they say, and an empty text
    /// becomes null where that is allowed. Unknown keys stay, as strings. The object is not
    /// validated: only texts that cannot be of their type at all, and repeated keys that cannot be
    /// an array, are faults.
    ///
    /// ```
    /// use gravity_core::validate::Schema;
    /// use schemars::JsonSchema;
    /// use serde_json::json;
    ///
    /// #[derive(JsonSchema)]
    /// struct Search {
    ///     text: String,
    ///     page: Option<u32>,
    ///     tag: Vec<String>,
    /// }
    ///
    /// let schema = Schema::of::<Search>().unwrap();
    /// let pairs = [("text", "7"), ("page", "2"), ("tag", "a"), ("tag", "b")];
    /// let value = schema.from_pairs(pairs.map(|(k, v)| (k.into(), v.into()))).unwrap();
    /// assert_eq!(value, json!({"text": "7", "page": 2, "tag": ["a", "b"]}));
    /// ```
    pub fn from_pairs<'a>(
        &self,
        pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Value, Faults> {
        pairs::to_value(self, pairs)
    }

    /// The names of the members that it describes one by one, sorted.
    pub fn member_names(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        pairs::add_member_names(self, Self::ROOT, pairs::FARTHEST, &mut names);
        names
    }
}

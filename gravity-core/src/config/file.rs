//! The settings of a file, with the line of each.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigFault, Origin};
use super::layers::{Located, Node};

/// The longest file that is read.
const LONGEST: u64 = 4 * 1024 * 1024;

/// The settings of a TOML file; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Located>, Vec<ConfigFault>> {
    let lines = Lines { path, starts: Vec::new() };
    let unreadable = |detail: String| vec![lines.fault(0, "unreadable", detail)];
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(format!("cannot be read: {error}"))),
        Ok(file) if file.is_dir() => return Err(unreadable("is a folder".to_owned())),
        Ok(file) if file.len() > LONGEST => return Err(unreadable("has more than 4 MiB".to_owned())),
        Ok(_) => {}
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("is not UTF-8".to_owned()))?;
    parse(path, text.strip_prefix('\u{feff}').unwrap_or(&text)).map(Some)
}

fn parse(path: &Path, text: &str) -> Result<Located, Vec<ConfigFault>> {
    let starts = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let mut lines = Lines { path, starts };
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Located { origin: lines.origin(0), node: lines.table(table.into_inner()) });
    }
    let fault = |error: toml::de::Error| {
        let line = error.span().map_or(0, |span| lines.line(span.start));
        // Not the error as it prints itself, for that shows the line, and what is secret in it.
        lines.fault(line, "syntax", format!("is not TOML: {}", error.message()))
    };
    Err(errors.into_iter().map(fault).collect())
}

struct Lines<'a> {
    path: &'a Path,
    /// Where each line but the first begins.
    starts: Vec<usize>,
}

impl Lines<'_> {
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at) + 1
    }

    fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.path.to_owned(), line }
    }

    fn fault(&self, line: usize, code: &'static str, detail: String) -> ConfigFault {
        ConfigFault { key: String::new(), origin: Some(self.origin(line)), code: code.into(), detail }
    }

    fn table(&mut self, table: DeTable<'_>) -> Node {
        let member = |(name, value): (Spanned<_>, _)| {
            let line = self.line(name.span().start);
            let name: std::borrow::Cow<'_, str> = name.into_inner();
            (name.into_owned(), self.located(line, value))
        };
        Node::Table(table.into_iter().map(member).collect())
    }

    fn located(&mut self, line: usize, value: Spanned<DeValue<'_>>) -> Located {
        let node = match value.into_inner() {
            DeValue::String(text) => Node::Leaf(Value::String(text.into_owned())),
            DeValue::Boolean(boolean) => Node::Leaf(Value::Bool(boolean)),
            DeValue::Datetime(time) => Node::Leaf(Value::String(time.to_string())),
            DeValue::Integer(integer) => {
                let (text, radix) = (integer.as_str(), integer.radix());
                let signed = i64::from_str_radix(text, radix).map(Number::from);
                match signed.or_else(|_| u64::from_str_radix(text, radix).map(Number::from)) {
                    Ok(number) => Node::Leaf(Value::Number(number)),
                    Err(_) => Node::Wrong("wrong_type", "is a number that nothing here can hold".to_owned()),
                }
            }
            DeValue::Float(float) => match float.as_str().parse().ok().and_then(Number::from_f64) {
                Some(number) => Node::Leaf(Value::Number(number)),
                None => Node::Wrong("wrong_type", "must be a finite number".to_owned()),
            },
            DeValue::Array(items) => {
                let item = |value: Spanned<DeValue<'_>>| {
                    let line = self.line(value.span().start);
                    self.located(line, value)
                };
                Node::Array(items.into_iter().map(item).collect())
            }
            DeValue::Table(table) => self.table(table),
        };
        Located { origin: self.origin(line), node }
    }
}

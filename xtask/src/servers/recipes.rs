//! Servers that somebody else starts and crashes: the fault rig.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::scratch::Scratch;
use super::{account, find, postgres};
use crate::install;

/// How to start servers, each of which has been prepared; dropping it removes what they wrote.
pub(crate) struct Recipes {
    lanes: Vec<Value>,
    _scratch: Scratch,
}

impl Recipes {
    /// Prepares servers for so many lanes of the rig.
    pub(crate) fn prepare(lanes: usize) -> Result<Self> {
        if find::postgres().is_none() {
            install::apt(&["postgresql"])?;
        }
        let binaries = find::postgres().context("no installation of PostgreSQL found")?;
        let account = account::for_servers()?;
        let scratch = Scratch::new()?;
        let mut all = Vec::new();
        for lane in 0..lanes {
            let (command, home, port) = postgres::recipe(&binaries, &scratch, account.as_ref(), lane)?;
            all.push(json!({ "postgres": recipe(&command, &home, port) }));
        }
        Ok(Self { lanes: all, _scratch: scratch })
    }

    /// As the rig reads it.
    pub(crate) fn text(&self) -> String {
        Value::from(self.lanes.clone()).to_string()
    }
}

fn recipe(command: &Command, home: &Path, port: u16) -> Value {
    let program = std::iter::once(command.get_program());
    let words: Vec<_> = program.chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    json!({ "command": words, "folder": home.to_string_lossy(), "port": port })
}

//! Servers that somebody else starts and crashes: the fault rig.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::scratch::Scratch;
use super::{account, find, postgres, redis};
use crate::install;

/// How to start servers, each of which has been prepared; dropping it removes what they wrote.
pub(crate) struct Recipes {
    lanes: Vec<Value>,
    _scratch: Scratch,
}

impl Recipes {
    /// Prepares servers for so many lanes of the rig: Redis, and PostgreSQL if it is wanted.
    pub(crate) fn prepare(lanes: usize, wants_postgres: bool) -> Result<Self> {
        let lacks_postgres = wants_postgres && find::postgres().is_none();
        let lacking = [(lacks_postgres, "postgresql"), (find::redis().is_none(), "redis-server")];
        let lacking: Vec<&str> = lacking.iter().filter(|(lacks, _)| *lacks).map(|(_, name)| *name).collect();
        if !lacking.is_empty() {
            install::apt(&lacking)?;
        }
        let redis = find::redis().context("no installation of Redis found")?;
        let account = account::for_servers()?;
        let scratch = Scratch::new()?;
        let mut all = Vec::new();
        for lane in 0..lanes {
            let (command, home, port) = redis::recipe(&redis, &scratch, account.as_ref(), lane)?;
            let mut servers = json!({ "redis": recipe(&command, &home, port) });
            if wants_postgres {
                let postgres = find::postgres().context("no installation of PostgreSQL found")?;
                let (command, home, port) = postgres::recipe(&postgres, &scratch, account.as_ref(), lane)?;
                servers["postgres"] = recipe(&command, &home, port);
            }
            all.push(servers);
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

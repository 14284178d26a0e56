//! Events of a bank, for tests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::events::Event;

/// Money came to an account. Its first version counted in whole units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deposited {
    /// In cents.
    pub cents: i64,
}

impl Event for Deposited {
    const NAME: &'static str = "account.deposited";
    const VERSION: u16 = 2;

    fn upcast(version: u16, data: Value) -> Option<Value> {
        let units = data.get("units")?.as_i64()?;
        (version == 1).then(|| json!({ "cents": units * 100 }))
    }
}

/// An account got another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Renamed {
    /// The new name.
    pub name: String,
}

impl Event for Renamed {
    const NAME: &'static str = "account.renamed";
}

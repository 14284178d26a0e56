//! What an item is.

use gravity_core::{Entity, Id, Subject, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that its owner keeps. No owner has two of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Which one it is.
    pub id: ItemId,
    /// Whose it is.
    pub owner: Subject,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Entity for Item {
    const PREFIX: &'static str = "item";
}

/// The id of an item: `item_01h455vb4pex5vsknk084sn02q`.
pub type ItemId = Id<Item>;

/// What an item is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewItem {
    /// What to call it; the owner has no other of this name.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
}

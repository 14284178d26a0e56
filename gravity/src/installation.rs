//! Whether the keys at hand are those that the database was filled with.

use anyhow::{Result, bail};
use gravity_core::Timestamp;
use gravity_core::db::{self, Database, Isolation, Migration, Migrations, TransactionConfig, Tx};
use gravity_core::security::KeyRing;
use gravity_core::security::mac::{Mac, MacKeys};

pub(crate) const MIGRATIONS: Migrations = Migrations::new(
    "installation",
    &[Migration::new(
        1,
        "create installation_keys",
        "CREATE TABLE installation_keys (mac TEXT PRIMARY KEY, added_at INTEGER NOT NULL) STRICT",
        "CREATE TABLE installation_keys (mac text PRIMARY KEY, added_at timestamptz NOT NULL)",
    )],
);

/// Takes note of keys that are new. Fails when the database knows keys and the ring has none of them, or has one of
/// the same name and other bytes: what is in the database could not be read with it.
pub(crate) async fn check_keys(db: &Database, ring: &KeyRing, now: Timestamp) -> Result<()> {
    let macs = MacKeys::new(ring).lookup_values("gravity.installation", "");
    // Nodes that start at once on an empty database each find no keys there, and may have different ones.
    let alone = TransactionConfig::new().with_isolation(Isolation::Serializable);
    match db.transaction_with(alone, async |tx| check(tx, &macs, now).await).await? {
        None => Ok(()),
        Some(fault) => {
            bail!("{fault}; give this node the keys of the others, by GRAVITY_KEYS or in keys.secret")
        }
    }
}

async fn check(tx: &mut Tx<'_>, macs: &[Mac], now: Timestamp) -> Result<Option<String>, db::Error> {
    let known: Vec<String> =
        tx.query("SELECT mac FROM installation_keys ORDER BY mac").fetch_all_scalars().await?;
    let known: Vec<Mac> = known.iter().filter_map(|mac| mac.parse().ok()).collect();
    let of_name = |mac: &Mac| known.iter().find(|known| known.key_id() == mac.key_id());
    if let Some(other) = macs.iter().find(|mac| of_name(mac).is_some_and(|known| known != *mac)) {
        let name = other.key_id();
        return Ok(Some(format!("the key {name} is another than the one that the database was filled with")));
    }
    let new: Vec<&Mac> = macs.iter().filter(|mac| of_name(mac).is_none()).collect();
    if new.len() == macs.len() && !known.is_empty() {
        let names: Vec<&str> = known.iter().map(|mac| mac.key_id().as_str()).collect();
        let names = names.join(", ");
        return Ok(Some(format!("the database was filled with the keys {names}, and none of them is here")));
    }
    for mac in new {
        let insert =
            tx.query("INSERT INTO installation_keys (mac, added_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        insert.bind(mac.to_string()).bind(now).execute().await?;
    }
    Ok(None)
}

//! [`AuditStore`]: where the audit log is kept.

use async_trait::async_trait;

use super::{AuditFilter, AuditId, Error};
use crate::Timestamp;
use crate::page::{KeyValue, Keyset, PageRows, Position};

/// A record as it is stored. What is signed of it, and how, stands in the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "sqlite", feature = "postgres"), derive(sqlx::FromRow))]
pub struct Stored {
    /// Tells it from every other record.
    pub id: AuditId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What was done.
    pub action: String,
    /// How it went.
    pub outcome: String,
    /// The kind of the thing that it was done to.
    pub target_kind: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// In which trace.
    pub trace_id: Option<String>,
    /// Part actor: who did it.
    pub actor: Option<String>,
    /// Part actor: who acted in the actor's name.
    pub impersonator: Option<String>,
    /// Part actor: from where.
    pub address: Option<String>,
    /// Part actor: by what program.
    pub user_agent: Option<String>,
    /// Part actor: 32 random bytes; none once the part was erased.
    pub actor_salt: Option<Vec<u8>>,
    /// SHA-256 over the part actor. It stays when the part is erased.
    pub actor_hash: Vec<u8>,
    /// Part target: the id of the thing.
    pub target_id: Option<String>,
    /// Part target: what it was, a JSON text.
    pub before: Option<String>,
    /// Part target: what it became, a JSON text.
    pub after: Option<String>,
    /// Part target: what else is known, a JSON text.
    pub extra: Option<String>,
    /// Part target: 32 random bytes; none once the part was erased.
    pub target_salt: Option<Vec<u8>>,
    /// SHA-256 over the part target. It stays when the part is erased.
    pub target_hash: Vec<u8>,
    /// The keyed checksum of all this: a [`Mac`](crate::security::mac::Mac) as bytes.
    pub mac: Vec<u8>,
}

/// A part of a record that can be erased by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Who did it and from where.
    Actor,
    /// What it was done to, and what changed.
    Target,
}

impl Part {
    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Target => "target",
        }
    }
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many records were ever linked; 0 for none.
    pub position: i64,
    /// The last link; empty for none.
    pub link: Vec<u8>,
    /// The checksum over both; empty for position 0.
    pub mac: Vec<u8>,
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// 1, 2, 3, …
    pub position: i64,
    /// The record that it joins.
    pub record: AuditId,
    /// The keyed checksum over the link before, the position and the record's own checksum.
    pub link: Vec<u8>,
}

/// A link and its record, if that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The link.
    pub link: Link,
    /// The record.
    pub record: Option<Stored>,
}

/// That a part of a record was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The record.
    pub record: AuditId,
    /// The part.
    pub part: Part,
    /// When.
    pub erased_at: Timestamp,
    /// The checksum over all this.
    pub mac: Vec<u8>,
}

/// That the records up to a position were let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The last position that was let go.
    pub position: i64,
    /// Its link, at which the chain goes on.
    pub link: Vec<u8>,
    /// When.
    pub cut_at: Timestamp,
    /// The checksum over all this.
    pub mac: Vec<u8>,
}

/// A record that a list has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The record.
    pub record: Stored,
    /// Its position in the chain, if it has one yet.
    pub position: Option<i64>,
}

/// Makes links for records, given the head and each record's id and checksum: they and the new head are
/// written as one.
pub type Seal<'a> =
    dyn Fn(&Head, &[(AuditId, Vec<u8>)]) -> Result<(Head, Vec<Link>), Error> + Send + Sync + 'a;

/// Where the audit log is kept. It stores and finds; what is signed and checked is [`AuditLog`](super::AuditLog)'s.
///
/// Every verb is atomic. Whoever writes a store of their own runs the suite `testing::audit` on it.
///
/// A record that was committed is *pending* until it is *linked* into the chain. Of two records of which one was
/// recorded after the other had been committed, the later one gets the higher position. Nothing here changes a
/// record but [`AuditStore::erase`], and nothing deletes one but [`AuditStore::prune`].
#[async_trait]
pub trait AuditStore: Clone + Send + Sync + 'static {
    /// A transaction of the application's, in which entries are recorded.
    type Tx<'c>: Send;

    /// Writes records in the caller's transaction.
    async fn append(&self, tx: &mut Self::Tx<'_>, records: &[Stored]) -> Result<(), Error>;

    /// Writes records in a transaction of their own.
    async fn append_alone(&self, records: &[Stored]) -> Result<(), Error>;

    /// Links up to `limit` pending records, the first recorded first, and says how many. Callers at once take
    /// turns. What `seal` refuses is left as it is.
    async fn seal(&self, limit: u32, seal: &Seal<'_>) -> Result<usize, Error>;

    /// The end of the chain.
    async fn head(&self) -> Result<Head, Error>;

    /// The last cut.
    async fn cut(&self) -> Result<Option<Cut>, Error>;

    /// The first links after one position and up to another, with their records.
    async fn links(&self, after: i64, to: i64, limit: u32) -> Result<Vec<Linked>, Error>;

    /// The first pending records after a place in their queue, each with its place; none where the record is gone.
    async fn pending(&self, after: i64, limit: u32) -> Result<Vec<(i64, AuditId, Option<Stored>)>, Error>;

    /// A record that is neither pending nor linked.
    async fn stray(&self) -> Result<Option<AuditId>, Error>;

    /// The erasures of these records.
    async fn erasures(&self, of: &[AuditId]) -> Result<Vec<Erasure>, Error>;

    /// Up to `limit` records whose part names this: as actor or impersonator, or as the target's id.
    async fn naming(&self, name: &str, part: Part, limit: u32) -> Result<Vec<AuditId>, Error>;

    /// Erases these parts and writes the erasures down. One that was erased already stays as it is.
    async fn erase(&self, erasures: &[Erasure]) -> Result<(), Error>;

    /// The last position before which, itself included, all records are older than this.
    async fn position_before(&self, time: Timestamp) -> Result<i64, Error>;

    /// Writes the cut down, and deletes the records, links and erasures up to its position. How many records
    /// that were.
    async fn prune(&self, cut: &Cut) -> Result<u64, Error>;

    /// A page of the records that a filter takes, in this order over `r.recorded_at` and `r.id`.
    async fn list(
        &self,
        filter: &AuditFilter,
        order: &Keyset,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<Found>, Error>;

    /// One record.
    async fn get(&self, id: AuditId) -> Result<Option<Found>, Error>;

    /// Returns when something may have been recorded. A hint may come early, or not at all.
    async fn hint(&self);
}

/// A record's place in a list.
pub(super) fn place(record: &Stored) -> Vec<KeyValue> {
    vec![record.recorded_at.into(), record.id.uuid().into()]
}

//! [`AuditLog`]: records entries, and finds them again.

use std::fmt;

use futures_util::Stream;

use super::metrics::RECORDS;
use super::{
    AuditEntry, AuditFilter, AuditId, AuditKeys, AuditRecord, AuditStore, Break, Checkpoint, Cut, Erasure,
    Error, Part, Reason, Stored, json,
};
use crate::page::{KeyColumn, KeyKind, Keyset, PageRows, Position};
use crate::security::KeyRing;
use crate::security::mask::Masker;
use crate::{Clock, Metrics, Subject, Timestamp};

const NEWEST: Keyset =
    Keyset::new(&[KeyColumn::desc("r.recorded_at", KeyKind::Time), KeyColumn::desc("r.id", KeyKind::Uuid)]);
const OLDEST: Keyset =
    Keyset::new(&[KeyColumn::asc("r.recorded_at", KeyKind::Time), KeyColumn::asc("r.id", KeyKind::Uuid)]);

/// The most characters of what a request brings along.
const LONGEST: usize = 512;

/// How many records one statement of a longer task takes.
const BATCH: u32 = 500;

/// The audit log: entries are recorded in the caller's transaction, so they are there exactly if that committed.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use gravity_core::audit::{AuditEntry, AuditLog, Error, SqlAudit};
/// use gravity_core::db::Database;
/// use gravity_core::security::{Key, KeyRing};
/// use gravity_core::{Clock, Subject};
///
/// let db = Database::connect("sqlite::memory:").await?;
/// let keys = KeyRing::new(Key::generate("2026-01")?);
/// let log = AuditLog::new(SqlAudit::new(&db).await?, &keys, Clock::system());
/// db.transaction(async |tx| {
///     // … suspend the user …
///     log.record_in(tx, AuditEntry::new("user.suspended").by(&Subject::from(1)).on("user", 7)).await?;
///     Ok::<_, Error>(())
/// })
/// .await?;
/// assert!(log.verify().await?.is_whole());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct AuditLog<S> {
    pub(super) store: S,
    pub(super) keys: AuditKeys,
    pub(super) clock: Clock,
    masker: Masker,
    pub(super) metrics: Option<Metrics>,
}

impl<S: AuditStore> AuditLog<S> {
    /// A log in this store, signed with the newest of these keys.
    pub fn new(store: S, keys: &KeyRing, clock: Clock) -> Self {
        Self { store, keys: AuditKeys::new(keys), clock, masker: Masker::new(), metrics: None }
    }

    /// Takes secrets out of `before`, `after` and `extra` with a masker that knows more names.
    #[must_use]
    pub fn with_masker(self, masker: Masker) -> Self {
        Self { masker, ..self }
    }

    /// Counts `audit_records_total` by outcome, `audit_linked_total`, and `audit_broken_total` by reason.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// Where it is kept.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Records an entry in the caller's transaction.
    pub async fn record_in(&self, tx: &mut S::Tx<'_>, entry: AuditEntry) -> Result<AuditId, Error> {
        let record = self.prepare(entry)?;
        self.store.append(tx, std::slice::from_ref(&record)).await?;
        self.count(&record);
        Ok(record.id)
    }

    /// Records an entry in a transaction of its own: for what was refused or failed, and whose own transaction
    /// was rolled back.
    pub async fn record(&self, entry: AuditEntry) -> Result<AuditId, Error> {
        let record = self.prepare(entry)?;
        self.store.append_alone(std::slice::from_ref(&record)).await?;
        self.count(&record);
        Ok(record.id)
    }

    fn prepare(&self, entry: AuditEntry) -> Result<Stored, Error> {
        let AuditEntry { action, outcome, target, origin, before, after, extra } = entry;
        if !is_name(&action) {
            return Err(Error::invalid("action", "it has 1 to 128 of `a` to `z`, `0` to `9`, `_`, `-`, `.`"));
        }
        let (target_kind, target_id) = target.unzip();
        if target_kind.as_deref().is_some_and(|kind| !is_name(kind)) {
            return Err(Error::invalid("kind of the target", "it has the letters of an action"));
        }
        if target_id.as_deref().is_some_and(|id| Subject::new(id).is_err()) {
            return Err(Error::invalid("id of the target", "it has 1 to 255 characters, none to control"));
        }
        let (before, after) = json::difference(before, after);
        let kept = |value: Option<serde_json::Value>| value.map(|value| json::kept(&self.masker, value));
        let mut record = Stored {
            id: AuditId::new(&self.clock),
            recorded_at: self.clock.now(),
            action,
            outcome: outcome.as_str().to_owned(),
            target_kind,
            request_id: origin.request_id.as_deref().and_then(short),
            trace_id: origin.trace_id.as_deref().and_then(short),
            actor: origin.actor.map(|actor| actor.to_string()),
            impersonator: origin.impersonator.map(|actor| actor.to_string()),
            address: origin.address.map(|address| address.to_string()),
            user_agent: origin.user_agent.as_deref().and_then(short),
            actor_salt: None,
            actor_hash: Vec::new(),
            target_id,
            before: kept(before),
            after: kept(after),
            extra: kept(json::extra(extra)),
            target_salt: None,
            target_hash: Vec::new(),
            mac: Vec::new(),
        };
        self.keys.sign_record(&mut record);
        Ok(record)
    }

    fn count(&self, record: &Stored) {
        let Some(metrics) = &self.metrics else { return };
        RECORDS.of(metrics, [&record.outcome]).increment();
    }

    /// A page of the records that a filter takes, the newest first.
    pub async fn list(
        &self,
        filter: &AuditFilter,
        from: Option<&Position>,
        limit: u32,
    ) -> Result<PageRows<AuditRecord>, Error> {
        let page = self.store.list(filter, &NEWEST, from, limit).await?;
        Ok(page.map(|found| AuditRecord::of(found, &self.keys)))
    }

    /// One record.
    pub async fn get(&self, id: AuditId) -> Result<Option<AuditRecord>, Error> {
        Ok(self.store.get(id).await?.map(|found| AuditRecord::of(found, &self.keys)))
    }

    /// All records that a filter takes, the oldest first, read in pieces as they are wanted.
    pub fn export(
        &self,
        filter: AuditFilter,
    ) -> impl Stream<Item = Result<AuditRecord, Error>> + Send + use<S> {
        let start = (self.clone(), filter, None::<Position>, Vec::new().into_iter(), false);
        futures_util::stream::try_unfold(
            start,
            |(log, filter, mut from, mut ready, mut is_last)| async move {
                loop {
                    if let Some(found) = ready.next() {
                        let record = AuditRecord::of(found, &log.keys);
                        return Ok(Some((record, (log, filter, from, ready, is_last))));
                    }
                    if is_last {
                        return Ok(None);
                    }
                    let page = log.store.list(&filter, &OLDEST, from.as_ref(), BATCH).await?;
                    is_last = page.next.is_none();
                    from = page.next;
                    ready = page.items.into_iter();
                }
            },
        )
    }

    /// Lets the records go that are older than this, after a check that all of them are whole, and signs where
    /// the chain begins now. Export them first. How many there were.
    pub async fn prune(&self, older_than: Timestamp) -> Result<u64, Error> {
        let position = self.store.position_before(older_than).await?;
        let report = self.check(None, Some(position)).await?;
        if let Some(broken) = report.broken {
            return Err(Error::Broken(broken));
        }
        let begins = self.store.cut().await?.map_or(0, |cut| cut.position);
        if position <= begins {
            return Ok(0);
        }
        let mut cut =
            Cut { position, link: report.checkpoint.link(), cut_at: self.clock.now(), mac: Vec::new() };
        self.keys.sign_cut(&mut cut);
        self.store.prune(&cut).await
    }

    /// Erases who a subject is from all records: the part actor where they acted, the part target where they were
    /// what it was done to. The chain holds still, for it is made of hashes with a salt, and the salt goes too.
    /// How many parts were erased.
    pub async fn erase_subject(&self, subject: &Subject) -> Result<u64, Error> {
        let mut erased = 0_u64;
        for part in [Part::Actor, Part::Target] {
            loop {
                let records = self.store.naming(subject.as_str(), part, BATCH).await?;
                if records.is_empty() {
                    break;
                }
                let erased_at = self.clock.now();
                let sign = |record| {
                    let mut erasure = Erasure { record, part, erased_at, mac: Vec::new() };
                    self.keys.sign_erasure(&mut erasure);
                    erasure
                };
                erased += records.len() as u64;
                self.store.erase(&records.into_iter().map(sign).collect::<Vec<_>>()).await?;
            }
        }
        Ok(erased)
    }

    /// How far the log has come: keep it outside of the database.
    pub async fn checkpoint(&self) -> Result<Checkpoint, Error> {
        let head = self.store.head().await?;
        self.keys.check_head(&head)?;
        Checkpoint::of(head.position, &head.link).ok_or(Error::Broken(Break {
            position: None,
            record: None,
            reason: Reason::HeadChanged,
        }))
    }
}

/// Whether this can be an action or the kind of a target.
fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(is_letter)
}

/// What a request brings along, cut to what a column should hold.
fn short(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|char| !char.is_control()).take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

impl<S> fmt::Debug for AuditLog<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog").field("keys", &self.keys).finish_non_exhaustive()
    }
}

//! Checks the log from one end to the other.

use super::chain::is_empty;
use super::metrics::{BROKEN, VERIFIED};
use super::{
    AuditId, AuditLog, AuditStore, Break, Checkpoint, Erasure, Error, Head, Linked, Part, Reason, Report,
    Stored,
};

/// How many links are read at once.
const PAGE: u32 = 500;

impl<S: AuditStore> AuditLog<S> {
    /// Checks all of the log, also while entries are recorded, and stops at the first thing that is wrong.
    pub async fn verify(&self) -> Result<Report, Error> {
        let report = self.check(None, None).await?;
        self.tell(&report);
        Ok(report)
    }

    /// Checks what came after a checkpoint that was kept outside, and that the log still holds what it held then.
    /// Records beside the chain are looked for by [`AuditLog::verify`] alone.
    pub async fn verify_from(&self, checkpoint: &Checkpoint) -> Result<Report, Error> {
        let report = self.check(Some(checkpoint), None).await?;
        self.tell(&report);
        Ok(report)
    }

    fn tell(&self, report: &Report) {
        if let Some(metrics) = &self.metrics {
            VERIFIED.of(metrics, []).increment();
        }
        let Some(broken) = &report.broken else { return };
        tracing::error!(%broken, "the audit log was tampered with");
        if let Some(metrics) = &self.metrics {
            BROKEN.of(metrics, [broken.reason.as_str()]).increment();
        }
    }

    /// Checks the chain from a checkpoint, or from its beginning, to a position, or to its end; a check of all of
    /// it looks at what stands beside it as well.
    pub(super) async fn check(&self, from: Option<&Checkpoint>, to: Option<i64>) -> Result<Report, Error> {
        let mut walk = Walk {
            log: self,
            report: Report { checked: 0, pending: 0, erased: 0, checkpoint: Checkpoint::START, broken: None },
            position: 0,
            link: Vec::new(),
        };
        let outcome = walk.run(from, to).await;
        if let Some(checkpoint) = Checkpoint::of(walk.position, &walk.link) {
            walk.report.checkpoint = checkpoint;
        }
        match outcome {
            Ok(()) => {}
            Err(Error::Broken(broken)) => walk.report.broken = Some(broken),
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            Err(Error::Database(error)) if error.kind() == crate::db::ErrorKind::Decode => {
                let position = Some(walk.position + 1);
                walk.report.broken = Some(Break { position, record: None, reason: Reason::Unreadable });
            }
            Err(error) => return Err(error),
        }
        Ok(walk.report)
    }
}

/// A check on its way along the chain.
struct Walk<'a, S> {
    log: &'a AuditLog<S>,
    report: Report,
    /// The last position that was found whole, and its link.
    position: i64,
    link: Vec<u8>,
}

impl<S: AuditStore> Walk<'_, S> {
    async fn run(&mut self, from: Option<&Checkpoint>, to: Option<i64>) -> Result<(), Error> {
        let head = self.log.store.head().await?;
        self.log.keys.check_head(&head)?;
        self.begin_at_cut().await?;
        if let Some(checkpoint) = from {
            self.begin_at(checkpoint, &head).await?;
        }
        let end = to.unwrap_or(head.position).min(head.position);
        while self.position < end {
            self.page(end).await?;
        }
        if to.is_some() {
            return Ok(());
        }
        self.check_end(&head).await?;
        self.check_pending().await?;
        match self.log.store.stray().await? {
            Some(record) if from.is_none() => broken(Reason::Stray, None, Some(record)),
            _ => Ok(()),
        }
    }

    /// Where older records were let go, the chain begins at the cut. Whether there is one further on.
    async fn begin_at_cut(&mut self) -> Result<bool, Error> {
        let Some(cut) = self.log.store.cut().await? else { return Ok(false) };
        if !self.log.keys.cut_holds(&cut) {
            return broken(Reason::CutChanged, Some(cut.position), None);
        }
        let is_further = cut.position > self.position;
        if is_further {
            (self.position, self.link) = (cut.position, cut.link);
        }
        Ok(is_further)
    }

    async fn begin_at(&mut self, checkpoint: &Checkpoint, head: &Head) -> Result<(), Error> {
        let position = checkpoint.position();
        if position > head.position {
            return broken(Reason::Truncated, Some(head.position), None);
        }
        // What the checkpoint saw may have been let go since: the cut is signed, and stands in for it.
        if position < self.position {
            return Ok(());
        }
        if position > self.position {
            let linked = self.log.store.links(position - 1, position, 1).await?.pop();
            let Some(linked) = linked else { return broken(Reason::LinkMissing, Some(position), None) };
            (self.position, self.link) = (position, linked.link.link);
        }
        if self.link != checkpoint.link() {
            return broken(Reason::Rewritten, Some(position), None);
        }
        Ok(())
    }

    async fn page(&mut self, end: i64) -> Result<(), Error> {
        let links = self.log.store.links(self.position, end, PAGE).await?;
        let erasures = self.erasures(links.iter().filter_map(|linked| linked.record.as_ref())).await?;
        let is_empty = links.is_empty();
        for linked in links {
            if linked.link.position != self.position + 1 || linked.record.is_none() {
                // Records may have been let go between two pages.
                if self.begin_at_cut().await? {
                    return Ok(());
                }
                let is_next = linked.link.position == self.position + 1;
                let reason = if is_next { Reason::RecordMissing } else { Reason::LinkMissing };
                return broken(reason, Some(self.position + 1), is_next.then_some(linked.link.record));
            }
            self.check_linked(linked, &erasures)?;
        }
        if is_empty && !self.begin_at_cut().await? {
            return broken(Reason::LinkMissing, Some(self.position + 1), None);
        }
        Ok(())
    }

    fn check_linked(&mut self, linked: Linked, erasures: &[Erasure]) -> Result<(), Error> {
        let Linked { link, record: Some(record) } = linked else { return Ok(()) };
        let at = Some(link.position);
        let reason = self.check_record(&record, erasures);
        if let Some(reason) = reason {
            return broken(reason, at, Some(record.id));
        }
        if !self.log.keys.link_holds(&self.link, &link, &record.mac) {
            return broken(Reason::LinkChanged, at, Some(record.id));
        }
        self.report.checked += 1;
        self.report.erased += u64::from(record.actor_salt.is_none() || record.target_salt.is_none());
        (self.position, self.link) = (link.position, link.link);
        Ok(())
    }

    fn check_record(&self, record: &Stored, erasures: &[Erasure]) -> Option<Reason> {
        let keys = &self.log.keys;
        let is_erased = |part| {
            is_empty(record, part)
                && erasures.iter().any(|erasure| {
                    erasure.record == record.id && erasure.part == part && keys.erasure_holds(erasure)
                })
        };
        if let Some(reason) = keys.check_record(record) {
            return Some(reason);
        }
        if record.actor_salt.is_none() && !is_erased(Part::Actor) {
            return Some(Reason::ActorChanged);
        }
        (record.target_salt.is_none() && !is_erased(Part::Target)).then_some(Reason::TargetChanged)
    }

    /// The erasures of those that have lost a part.
    async fn erasures<'r>(&self, records: impl Iterator<Item = &'r Stored>) -> Result<Vec<Erasure>, Error> {
        let lost: Vec<AuditId> = records
            .filter(|record| record.actor_salt.is_none() || record.target_salt.is_none())
            .map(|record| record.id)
            .collect();
        if lost.is_empty() { Ok(Vec::new()) } else { self.log.store.erasures(&lost).await }
    }

    async fn check_end(&self, head: &Head) -> Result<(), Error> {
        if self.position == head.position && self.link != head.link {
            return broken(Reason::HeadChanged, Some(head.position), None);
        }
        // Whatever was linked meanwhile is within the head that is there now.
        let beyond = self.log.store.links(head.position, i64::MAX, 1).await?.pop();
        if let Some(beyond) = beyond
            && self.log.store.head().await?.position < beyond.link.position
        {
            return broken(Reason::HeadChanged, Some(beyond.link.position), None);
        }
        // A cut never lies beyond the end.
        if self.position > head.position && self.log.store.head().await?.position < self.position {
            return broken(Reason::Truncated, Some(head.position), None);
        }
        Ok(())
    }

    /// Those without a place in the chain yet show by themselves whether they were changed.
    async fn check_pending(&mut self) -> Result<(), Error> {
        let mut after = i64::MIN;
        loop {
            let page = self.log.store.pending(after, PAGE).await?;
            let erasures = self.erasures(page.iter().filter_map(|(_, _, record)| record.as_ref())).await?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            after = *last;
            for (_, id, record) in page {
                let Some(record) = record else { return broken(Reason::RecordMissing, None, Some(id)) };
                if let Some(reason) = self.check_record(&record, &erasures) {
                    return broken(reason, None, Some(id));
                }
                self.report.pending += 1;
            }
        }
    }
}

fn broken<T>(reason: Reason, position: Option<i64>, record: Option<AuditId>) -> Result<T, Error> {
    Err(Error::Broken(Break { position, record, reason }))
}

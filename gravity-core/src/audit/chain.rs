//! [`AuditKeys`]: makes and checks the checksums of the log.

use sha2::{Digest, Sha256};

use super::fields::Fields;
use super::{AuditId, Cut, Erasure, Error, Head, Link, Part, Reason, Stored};
use crate::random;
use crate::security::KeyRing;
use crate::security::mac::{Mac, MacKeys};

const RECORD: &str = "audit.record";
const LINK: &str = "audit.link";
const HEAD: &str = "audit.head";
const CUT: &str = "audit.cut";
const ERASURE: &str = "audit.erasure";

/// Makes and checks the checksums of the log. The guide tells what they are made of.
///
/// Whoever can write to the database but has no key cannot make one. Keys can be replaced: an earlier key stays
/// in the ring for as long as the log holds what it signed.
#[derive(Debug, Clone)]
pub struct AuditKeys(MacKeys);

impl AuditKeys {
    /// The keys of a ring.
    pub fn new(ring: &KeyRing) -> Self {
        Self(MacKeys::new(ring))
    }

    /// Signs a new record: draws its salts, and makes its hashes and its checksum.
    pub(super) fn sign_record(&self, record: &mut Stored) {
        let salt = || {
            let mut salt = [0; 32];
            random::fill(&mut salt);
            Some(salt.to_vec())
        };
        (record.actor_salt, record.target_salt) = (salt(), salt());
        self.sign_salted(record);
    }

    fn sign_salted(&self, record: &mut Stored) {
        record.actor_hash = part_hash(record, Part::Actor).unwrap_or_default();
        record.target_hash = part_hash(record, Part::Target).unwrap_or_default();
        record.mac = self.0.sign(RECORD, record_fields(record)).to_bytes();
    }

    /// What is wrong with a record by itself. A part that is gone with its salt counts as erased: whether that was
    /// signed the caller asks.
    pub(super) fn check_record(&self, record: &Stored) -> Option<Reason> {
        if !self.holds(RECORD, record_fields(record), &record.mac) {
            return Some(Reason::RecordChanged);
        }
        for (part, hash, reason) in [
            (Part::Actor, &record.actor_hash, Reason::ActorChanged),
            (Part::Target, &record.target_hash, Reason::TargetChanged),
        ] {
            let is_whole = match part_hash(record, part) {
                Some(made) => made == *hash,
                None => is_empty(record, part),
            };
            if !is_whole {
                return Some(reason);
            }
        }
        None
    }

    /// The links of records, and the head after them.
    pub(super) fn seal(
        &self,
        head: &Head,
        records: &[(AuditId, Vec<u8>)],
    ) -> Result<(Head, Vec<Link>), Error> {
        self.check_head(head)?;
        let (mut position, mut last) = (head.position, head.link.clone());
        let mut links = Vec::with_capacity(records.len());
        for (record, mac) in records {
            position += 1;
            last = self.0.sign(LINK, link_fields(&last, position, *record, mac)).to_bytes();
            links.push(Link { position, record: *record, link: last.clone() });
        }
        let mac = self.0.sign(HEAD, head_fields(position, &last)).to_bytes();
        Ok((Head { position, link: last, mac }, links))
    }

    pub(super) fn link_holds(&self, before: &[u8], link: &Link, mac: &[u8]) -> bool {
        self.holds(LINK, link_fields(before, link.position, link.record, mac), &link.link)
    }

    pub(super) fn check_head(&self, head: &Head) -> Result<(), Error> {
        let is_start = head.position == 0 && head.link.is_empty() && head.mac.is_empty();
        let is_signed =
            head.position > 0 && self.holds(HEAD, head_fields(head.position, &head.link), &head.mac);
        if is_start || is_signed {
            return Ok(());
        }
        Err(Error::Broken(super::Break { position: None, record: None, reason: Reason::HeadChanged }))
    }

    pub(super) fn sign_cut(&self, cut: &mut Cut) {
        cut.mac = self.0.sign(CUT, cut_fields(cut)).to_bytes();
    }

    pub(super) fn cut_holds(&self, cut: &Cut) -> bool {
        self.holds(CUT, cut_fields(cut), &cut.mac)
    }

    pub(super) fn sign_erasure(&self, erasure: &mut Erasure) {
        erasure.mac = self.0.sign(ERASURE, erasure_fields(erasure)).to_bytes();
    }

    pub(super) fn erasure_holds(&self, erasure: &Erasure) -> bool {
        self.holds(ERASURE, erasure_fields(erasure), &erasure.mac)
    }

    fn holds(&self, context: &str, fields: Fields, mac: &[u8]) -> bool {
        Mac::from_bytes(mac).is_ok_and(|mac| self.0.verify(context, fields, &mac))
    }
}

/// `None` where the part was erased, and with it its salt.
fn part_hash(record: &Stored, part: Part) -> Option<Vec<u8>> {
    let (salt, values) = match part {
        Part::Actor => {
            (&record.actor_salt, [&record.actor, &record.impersonator, &record.address, &record.user_agent])
        }
        Part::Target => {
            (&record.target_salt, [&record.target_id, &record.before, &record.after, &record.extra])
        }
    };
    let start = Fields::default().text(part.as_str()).bytes(salt.as_ref()?);
    let fields = values.into_iter().fold(start, |fields, value| fields.maybe(value.as_deref()));
    Some(Sha256::digest(fields).to_vec())
}

/// Whether nothing of a part is left.
pub(super) fn is_empty(record: &Stored, part: Part) -> bool {
    let values = match part {
        Part::Actor => [&record.actor, &record.impersonator, &record.address, &record.user_agent],
        Part::Target => [&record.target_id, &record.before, &record.after, &record.extra],
    };
    values.into_iter().all(Option::is_none)
}

fn record_fields(record: &Stored) -> Fields {
    Fields::default()
        .bytes(record.id.uuid().as_bytes())
        .number(record.recorded_at.as_micros())
        .text(&record.action)
        .text(&record.outcome)
        .maybe(record.target_kind.as_deref())
        .maybe(record.request_id.as_deref())
        .maybe(record.trace_id.as_deref())
        .bytes(&record.actor_hash)
        .bytes(&record.target_hash)
}

fn link_fields(before: &[u8], position: i64, record: AuditId, mac: &[u8]) -> Fields {
    Fields::default().bytes(before).number(position).bytes(record.uuid().as_bytes()).bytes(mac)
}

fn head_fields(position: i64, link: &[u8]) -> Fields {
    Fields::default().number(position).bytes(link)
}

fn cut_fields(cut: &Cut) -> Fields {
    Fields::default().number(cut.position).bytes(&cut.link).number(cut.cut_at.as_micros())
}

fn erasure_fields(erasure: &Erasure) -> Fields {
    Fields::default()
        .bytes(erasure.record.uuid().as_bytes())
        .text(erasure.part.as_str())
        .number(erasure.erased_at.as_micros())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::Timestamp;
    use crate::security::Key;

    fn keys() -> AuditKeys {
        AuditKeys::new(&KeyRing::new(Key::new("k", &[7; 32]).unwrap()))
    }

    fn known() -> Stored {
        Stored {
            id: AuditId::from_uuid(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
            recorded_at: Timestamp::from_micros(1_700_000_000_000_000).unwrap(),
            action: "user.suspended".into(),
            outcome: "allowed".into(),
            target_kind: Some("user".into()),
            request_id: Some("req-1".into()),
            trace_id: None,
            actor: Some("1".into()),
            impersonator: None,
            address: Some("192.0.2.1".into()),
            user_agent: None,
            actor_salt: Some(vec![1; 32]),
            actor_hash: Vec::new(),
            target_id: Some("7".into()),
            before: Some(r#"{"state":"active"}"#.into()),
            after: Some(r#"{"state":"suspended"}"#.into()),
            extra: None,
            target_salt: Some(vec![2; 32]),
            target_hash: Vec::new(),
            mac: Vec::new(),
        }
    }

    fn mac(bytes: &[u8]) -> String {
        Mac::from_bytes(bytes).unwrap().to_string()
    }

    /// The vectors of the guide, made by Python's hmac and hashlib from its description.
    #[test]
    fn checksums_are_what_the_guide_says() {
        let mut record = known();
        keys().sign_salted(&mut record);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&record.actor_hash), ACTOR);
        assert_eq!(hex(&record.target_hash), TARGET);
        assert_eq!(mac(&record.mac), MAC);
        let start = Head { position: 0, link: Vec::new(), mac: Vec::new() };
        let (head, links) = keys().seal(&start, &[(record.id, record.mac.clone())]).unwrap();
        assert_eq!(mac(&links[0].link), FIRST);
        assert_eq!(mac(&head.mac), END);
        let at = record.recorded_at;
        let mut cut = Cut { position: 1, link: head.link, cut_at: at, mac: Vec::new() };
        keys().sign_cut(&mut cut);
        assert_eq!(mac(&cut.mac), LET_GO);
        let mut erasure = Erasure { record: record.id, part: Part::Actor, erased_at: at, mac: Vec::new() };
        keys().sign_erasure(&mut erasure);
        assert_eq!(mac(&erasure.mac), ERASED);
    }

    const ACTOR: &str = "b5dce48195c7477bbfb910e7b23f8b84a139f38dd28643667f07a904e2f4798f";
    const TARGET: &str = "8225ba37cca70bf24e45780be706b6af8af8a9ac47715b571aaa5acd215523b9";
    const MAC: &str = "k.nT8kI1keMUZLC3nMq_vU_tBeVYUK2YSJOUbrp5DnmWU";
    const FIRST: &str = "k.oGPp4lS7De6m5DXXKhAgtw8-PhAGSZ2ifBTpKahazNk";
    const END: &str = "k.TNnzb2c0OX5ie6PWVryNdVcQpBqCcWdWxhofvz39ERM";
    const LET_GO: &str = "k.m_SUQVC8RXM4Zc1RfVkV4hjOb5Ej83oFV8ZA5DiHrSA";
    const ERASED: &str = "k.C0R21wRKiJWlad2Y08hNWoV4r9LYxU2ewAOBY61KO1I";

    #[test]
    fn a_part_may_be_erased_whole_and_not_in_half() {
        let mut record = known();
        keys().sign_salted(&mut record);
        assert_eq!(keys().check_record(&record), None);
        let mut half = record.clone();
        half.actor_salt = None;
        assert_eq!(keys().check_record(&half), Some(Reason::ActorChanged));
        (record.actor, record.address, record.actor_salt) = (None, None, None);
        assert_eq!(keys().check_record(&record), None);
    }

    proptest! {
        #[test]
        fn no_two_rows_of_values_read_alike(
            one in prop::collection::vec(prop::option::of("[a\u{0}\u{1}]{0,3}"), 0..4),
            other in prop::collection::vec(prop::option::of("[a\u{0}\u{1}]{0,3}"), 0..4),
        ) {
            let write = |values: &[Option<String>]| {
                values.iter().fold(Fields::default(), |fields, value| fields.maybe(value.as_deref()))
            };
            prop_assert_eq!(write(&one).as_ref() == write(&other).as_ref(), one == other);
        }
    }
}

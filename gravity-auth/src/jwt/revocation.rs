//! [`Revocations`]: tokens that were called back before their time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use gravity_core::{Subject, Timestamp};

use super::{AccessClaims, NumericDate};

/// Says which access tokens were called back. It is asked for every request, and answers from memory.
pub trait Revocations: Send + Sync + 'static {
    /// Whether this token, its session or its owner was called back.
    fn is_revoked(&self, claims: &AccessClaims, now: Timestamp) -> bool;
}

/// What was called back, in memory and bounded.
///
/// An entry is kept until the last token that it could be about has run out. When there is no more room,
/// all entries give way to one: every token issued until then is refused, so that those whose sessions
/// still hold fetch new ones by their refresh tokens. So it never forgets, and never grows.
///
/// It is fed from outside, and knows what it was told: how late a node hears of a revocation is up to that.
pub struct RevocationList {
    capacity: usize,
    longest: Duration,
    lists: RwLock<Lists>,
}

#[derive(Default)]
struct Lists {
    /// By session or token: until when it is kept.
    ids: HashMap<Box<str>, Timestamp>,
    /// By owner: tokens issued no later than the first are refused, and until when that is kept.
    subjects: HashMap<Subject, (NumericDate, Timestamp)>,
    /// By owner: the role that their tokens must say, and until when that is kept.
    roles: HashMap<Subject, (Box<str>, Timestamp)>,
    /// By time, for all tokens.
    all: Option<(NumericDate, Timestamp)>,
}

impl RevocationList {
    /// A list of so many entries, for tokens that hold no longer than this, leeway included.
    pub fn new(capacity: usize, longest: Duration) -> Self {
        Self { capacity: capacity.max(1), longest, lists: RwLock::default() }
    }

    /// Calls back the tokens of a session, or the one token of this `jti`.
    pub fn revoke(&self, id: &str, now: Timestamp) {
        self.change(now, |lists, until| {
            lists.ids.insert(id.into(), until);
        });
    }

    /// Calls back what was issued to somebody until now. Tokens count time in seconds, so one that is
    /// issued later in this very second is refused too.
    pub fn revoke_subject(&self, subject: &Subject, now: Timestamp) {
        self.change(now, |lists, until| {
            let entry = lists.subjects.entry(subject.clone()).or_insert((now.into(), until));
            *entry = (*entry).max((now.into(), until));
        });
    }

    /// Calls back what was issued to somebody with another role than this, however late: a sign-in that was under
    /// way may have looked before the role was given.
    pub fn revoke_other_roles(&self, subject: &Subject, role: &str, now: Timestamp) {
        self.change(now, |lists, until| {
            lists.roles.insert(subject.clone(), (role.into(), until));
        });
    }

    /// Calls back every token issued until now.
    pub fn revoke_all(&self, now: Timestamp) {
        self.change(now, |lists, until| lists.all = lists.all.max(Some((now.into(), until))));
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn change(&self, now: Timestamp, add: impl FnOnce(&mut Lists, Timestamp)) {
        let until = now.saturating_add(self.longest);
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        add(&mut lists, until);
        if lists.len() > self.capacity {
            lists.forget_before(now);
        }
        if lists.len() > self.capacity {
            // The clock may have been set back since some of them came.
            let until = lists.latest().unwrap_or(until);
            let all = (until.saturating_sub(self.longest).into(), until);
            *lists = Lists { all: Some(all), ..Lists::default() };
        }
    }
}

impl Lists {
    fn len(&self) -> usize {
        self.ids.len() + self.subjects.len() + self.roles.len() + usize::from(self.all.is_some())
    }

    /// Until when the last of the entries is kept.
    fn latest(&self) -> Option<Timestamp> {
        let pairs = self.subjects.values().chain(&self.all).map(|(_, until)| until);
        let roles = self.roles.values().map(|(_, until)| until);
        self.ids.values().chain(pairs).chain(roles).max().copied()
    }

    fn forget_before(&mut self, now: Timestamp) {
        self.ids.retain(|_, until| *until >= now);
        self.subjects.retain(|_, (_, until)| *until >= now);
        self.roles.retain(|_, (_, until)| *until >= now);
        self.all = self.all.filter(|(_, until)| *until >= now);
    }
}

impl Revocations for RevocationList {
    fn is_revoked(&self, claims: &AccessClaims, _: Timestamp) -> bool {
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        let listed = |id: &str| lists.ids.contains_key(id);
        let before = |(until, _): &(NumericDate, Timestamp)| claims.iat <= *until;
        lists.all.as_ref().is_some_and(before)
            || listed(&claims.jti)
            || claims.sid.as_deref().is_some_and(listed)
            || claims.act.as_ref().and_then(|actor| actor.sid.as_deref()).is_some_and(listed)
            || lists.subjects.get(&claims.sub).is_some_and(before)
            || lists
                .roles
                .get(&claims.sub)
                .is_some_and(|(role, _)| claims.roles.iter().any(|has| **has != **role))
    }
}

impl fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationList")
            .field("capacity", &self.capacity)
            .field("longest", &self.longest)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTER: Duration = Duration::from_mins(15);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second).unwrap()
    }

    fn token(subject: i32, sid: &str, jti: &str, issued: i64) -> AccessClaims {
        let mut claims = AccessClaims::new("iss", "aud", Subject::from(subject), jti, at(issued), QUARTER);
        claims.sid = Some(sid.to_owned());
        claims
    }

    #[test]
    fn sessions_tokens_and_owners_are_called_back() {
        let list = RevocationList::new(10, QUARTER);
        let is_revoked = |token: &AccessClaims| list.is_revoked(token, at(1_000));
        assert!(!is_revoked(&token(1, "s1", "t1", 1_000)));
        list.revoke("s1", at(1_000));
        assert!(is_revoked(&token(1, "s1", "t1", 1_500)), "of a session all tokens, later ones too");
        assert!(!is_revoked(&token(1, "s2", "t1", 1_000)));
        list.revoke("t2", at(1_000));
        assert!(is_revoked(&token(1, "s3", "t2", 1_000)));
        list.revoke_subject(&Subject::from(7), at(1_000));
        assert!(is_revoked(&token(7, "s4", "t4", 1_000)));
        assert!(!is_revoked(&token(7, "s4", "t4", 1_001)), "what is issued later holds");
        list.revoke_all(at(2_000));
        assert!(is_revoked(&token(9, "s9", "t9", 2_000)) && !is_revoked(&token(9, "s9", "t9", 2_001)));
    }

    #[test]
    fn tokens_of_another_role_are_called_back_whenever_they_were_issued() {
        let list = RevocationList::new(10, QUARTER);
        let is_revoked = |role: &str, issued| {
            let mut token = token(1, "s", "t", issued);
            token.roles = [role.to_owned()].into();
            list.is_revoked(&token, at(1_000))
        };
        list.revoke_other_roles(&Subject::from(1), "customer", at(1_000));
        assert!(is_revoked("admin", 999) && is_revoked("admin", 1_005), "it was under way");
        assert!(!is_revoked("customer", 999) && !is_revoked("customer", 1_000));
        list.revoke_other_roles(&Subject::from(1), "admin", at(1_001));
        assert!(!is_revoked("admin", 999) && is_revoked("customer", 1_000), "the last one holds");
        assert!(!list.is_revoked(&token(2, "s", "t", 0), at(1_000)));
        assert_eq!(list.len(), 1);
        list.change(at(2_000), |lists, _| lists.forget_before(at(2_000)));
        assert!(list.is_empty());
    }

    #[test]
    fn what_has_run_out_makes_room_and_what_does_not_fit_stays_refused() {
        let list = RevocationList::new(3, QUARTER);
        for id in ["a", "b", "c"] {
            list.revoke(id, at(0));
        }
        list.revoke("d", at(901));
        assert_eq!(list.len(), 1, "the others' tokens have run out");
        for id in ["e", "f", "g"] {
            list.revoke(id, at(902));
        }
        assert_eq!(list.len(), 1);
        for id in ["d", "e", "f", "g", "anybody"] {
            assert!(list.is_revoked(&token(1, id, "t", 902), at(902)), "{id}");
        }
        assert!(!list.is_revoked(&token(1, "later", "t", 903), at(903)));
        // A session that was called back stays so by its refresh token, which is not honoured any more.
        list.revoke("h", at(903));
        assert!(list.is_revoked(&token(1, "h", "t", 950), at(950)));
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let list = RevocationList::new(2, QUARTER);
        list.revoke("a", at(10_000));
        list.revoke("b", at(10));
        assert!(list.is_revoked(&token(1, "a", "t", 10_000), at(10)));
        list.revoke("c", at(11));
        for (id, issued) in [("a", 10_000), ("b", 10), ("c", 11)] {
            assert!(list.is_revoked(&token(1, id, "t", issued), at(11)), "{id}");
        }
    }
}

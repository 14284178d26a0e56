//! Where the ready jobs of a queue begin, as far as this process knows.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::jobs::Claimed;

/// For how long, at least and at most, jobs are looked for behind a place only: what has come before it meanwhile waits
/// for so long.
const TRUSTED_FOR: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// The same in times of what the last look from the beginning took: so little of the time goes into those.
const TRUSTED_TIMES: u32 = 20;

/// The remains of so many jobs are worth stepping over. Queues that are less busy are looked at whole each time, and
/// strictly in their order.
const MANY: usize = 5_000;

/// What is known of queues.
#[derive(Default)]
pub(super) struct Heads(Mutex<HashMap<String, Head>>);

#[derive(Default)]
struct Head {
    /// Its jobs had keys when they were last looked at.
    is_keyed: bool,
    place: Option<Place>,
    /// How many of its jobs were taken here.
    taken: usize,
    /// When jobs were first looked for behind the place only.
    trusted_at: Option<Instant>,
    /// What the last look from the beginning took.
    cost: Duration,
    /// The last look found something.
    is_busy: bool,
}

/// A job's place in its queue. At the head of a queue that is being drained lie the remains of all that were
/// taken before, and who looks from the beginning passes over them each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) priority: i16,
    pub(super) seq: i64,
}

/// How to look for jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) is_keyed: bool,
    pub(super) is_busy: bool,
    /// Behind which place there is something sooner than before it.
    pub(super) after: Option<Place>,
}

impl Heads {
    pub(super) fn of(&self, queue: &str) -> Hint {
        self.of_at(queue, Instant::now())
    }

    fn of_at(&self, queue: &str, now: Instant) -> Hint {
        let mut heads = self.lock();
        let Some(head) = heads.get_mut(queue) else {
            return Hint { is_keyed: false, is_busy: false, after: None };
        };
        let place = head.place.filter(|_| !head.is_keyed && head.taken >= MANY);
        let [least, most] = TRUSTED_FOR;
        let trusted_for = head.cost.saturating_mul(TRUSTED_TIMES).clamp(least, most);
        let mut is_trusted = || now.duration_since(*head.trusted_at.get_or_insert(now)) < trusted_for;
        Hint { is_keyed: head.is_keyed, is_busy: head.is_busy, after: place.filter(|_| is_trusted()) }
    }

    /// Notes what a look behind the place has found.
    pub(super) fn found_behind(&self, queue: &str, jobs: &[Claimed]) {
        self.note(queue, |head| {
            head.place = further(head.place, jobs);
            head.taken = head.taken.saturating_add(jobs.len());
            head.is_busy = !jobs.is_empty();
        });
    }

    /// Notes what a look from the beginning has found, and what it took.
    pub(super) fn found(&self, queue: &str, jobs: &[Claimed], is_keyed: bool, cost: Duration) {
        self.note(queue, |head| {
            *head = Head {
                is_keyed,
                place: further(head.place, jobs),
                taken: head.taken.saturating_add(jobs.len()),
                trusted_at: None,
                cost,
                is_busy: !jobs.is_empty(),
            };
        });
    }

    fn note(&self, queue: &str, note: impl FnOnce(&mut Head)) {
        let mut heads = self.lock();
        match heads.get_mut(queue) {
            Some(head) => note(head),
            None => note(heads.entry(queue.to_owned()).or_default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the last job. One that came back to its old place moves nothing.
fn further(place: Option<Place>, jobs: &[Claimed]) -> Option<Place> {
    let Some(last) = jobs.last() else { return place };
    let last = Place { priority: last.priority, seq: last.place };
    Some(place.filter(|place| place.priority == last.priority && place.seq > last.seq).unwrap_or(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { priority: 0, seq: 7 };

    fn heads(head: Head) -> Heads {
        let heads = Heads::default();
        heads.lock().insert("mail".to_owned(), head);
        heads
    }

    #[test]
    fn a_place_is_trusted_for_a_moment_after_it_was_first_used() {
        let heads = heads(Head { place: Some(PLACE), taken: MANY, ..Head::default() });
        let (began, later) = (Instant::now(), Duration::from_hours(1));
        // However long nobody has looked.
        assert_eq!(heads.of_at("mail", began + later).after, Some(PLACE));
        let first = began + later;
        assert_eq!(heads.of_at("mail", first + TRUSTED_FOR[0] / 2).after, Some(PLACE));
        assert_eq!(heads.of_at("mail", first + TRUSTED_FOR[0]).after, None);
        heads.found("mail", &[], false, TRUSTED_FOR[0]);
        assert_eq!(heads.of_at("mail", first + TRUSTED_FOR[0]).after, Some(PLACE), "all was looked at");
        assert_eq!(
            heads.of_at("mail", first + TRUSTED_FOR[0] * 10).after,
            Some(PLACE),
            "looks are dear here"
        );
        assert_eq!(heads.of_at("mail", first + TRUSTED_FOR[0] + TRUSTED_FOR[1]).after, None);
    }

    #[test]
    fn a_queue_of_few_is_looked_at_whole() {
        let heads = heads(Head { place: Some(PLACE), taken: MANY - 1, ..Head::default() });
        assert_eq!(heads.of("mail").after, None);
    }

    #[test]
    fn queues_whose_jobs_have_keys_are_looked_at_whole() {
        let heads = heads(Head { place: Some(PLACE), taken: MANY, is_keyed: true, ..Head::default() });
        assert_eq!(heads.of("mail"), Hint { is_keyed: true, is_busy: false, after: None });
        assert_eq!(heads.of("others").after, None);
    }
}

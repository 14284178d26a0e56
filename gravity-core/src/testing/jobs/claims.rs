//! How jobs are given out and come back, step by step and without a node.

use std::time::Duration;

use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::bench::Bench;
use super::sample::Add;
use crate::jobs::{
    Ask, Attempt, Claimed, Enqueued, Error, Failure, JobDraft, JobId, JobState, JobStore, Jobs, Keep,
    Outcome, Perform, Settled,
};
use crate::{Clock, TestClock, Timestamp};

/// A node whose steps a test takes by hand.
pub(super) struct Hand<B: Bench> {
    pub(super) bench: B,
    pub(super) jobs: Jobs<B::Store>,
    pub(super) clock: TestClock,
    pub(super) node: Uuid,
}

pub(super) fn test_clock() -> TestClock {
    TestClock::at(Timestamp::UNIX_EPOCH.saturating_add(Duration::from_hours(500_000)))
}

impl<B: Bench> Hand<B> {
    pub(super) async fn new(bench: B) -> Self {
        Self::at(bench, test_clock()).await
    }

    pub(super) async fn at(bench: B, clock: TestClock) -> Self {
        let jobs = Jobs::new(bench.store(), clock.clock());
        let node = Uuid::now_v7();
        bench.store().join(node).await.unwrap();
        Self { bench, jobs, clock, node }
    }

    /// Another node on the same store.
    pub(super) async fn other(&self) -> Self {
        let node = Uuid::now_v7();
        self.bench.store().join(node).await.unwrap();
        Self { bench: self.bench.clone(), jobs: self.jobs.clone(), clock: self.clock.clone(), node }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn ask(&self, limit: usize) -> Ask<'static> {
        let now = self.now();
        Ask { node: self.node, queue: "default", limit, now, rate: None, key_rate: None }
    }

    pub(super) async fn enqueue(&self, draft: JobDraft<Add>) -> JobId {
        let Enqueued { id, is_new } = self.jobs.enqueue(draft).await.unwrap();
        assert!(is_new);
        id
    }

    pub(super) async fn claim(&self, limit: usize) -> Vec<Claimed> {
        let store = self.bench.store();
        store.wake(self.now()).await.unwrap();
        store.claim(self.ask(limit)).await.unwrap().jobs
    }

    /// The numbers of the jobs that are claimed.
    pub(super) async fn settle(&self, job: &Claimed, outcome: Outcome) -> bool {
        let settled = [Settled { job: job.clone(), outcome }];
        self.bench.store().settle(&settled, self.now()).await.unwrap().is_empty()
    }

    pub(super) async fn done(&self, jobs: &[Claimed]) {
        let settled: Vec<_> =
            jobs.iter().map(|job| Settled { job: job.clone(), outcome: Outcome::Done(Keep::Not) }).collect();
        assert_eq!(self.bench.store().settle(&settled, self.now()).await.unwrap(), []);
    }

    pub(super) async fn state(&self, id: JobId) -> Option<JobState> {
        self.jobs.get(id).await.unwrap().map(|job| job.state)
    }

    pub(super) fn fail(&self, job: &Claimed, failure: Failure) -> Outcome {
        Outcome::of_failure(job, &failure, self.now(), |_| Duration::from_secs(8))
    }
}

pub(super) fn add(number: i64) -> JobDraft<Add> {
    JobDraft::new(Add { number })
}

pub(super) fn number(job: &Claimed) -> i64 {
    serde_json::from_str::<Add>(&job.payload).unwrap().number
}

pub(super) fn numbers(jobs: &[Claimed]) -> Vec<i64> {
    jobs.iter().map(number).collect()
}

pub(super) async fn what_is_enqueued_comes_back<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let draft = add(7)
        .keyed("schlüssel \u{1F511}")
        .rated_by("tenant")
        .correlated("request 1")
        .with_priority(-3)
        .with_max_attempts(4)
        .with_timeout(Duration::from_millis(1_500));
    let id = hand.enqueue(draft).await;
    let view = hand.jobs.get(id).await.unwrap().unwrap();
    assert_eq!((view.state, view.priority, view.max_attempts), (JobState::Ready, -3, 4));
    assert_eq!(
        (view.key.as_deref(), view.correlation.as_deref()),
        (Some("schlüssel \u{1F511}"), Some("request 1"))
    );
    assert_eq!((view.created_at, view.run_at), (hand.now(), hand.now()));
    let jobs = hand.claim(10).await;
    assert_eq!((jobs.len(), jobs[0].id, number(&jobs[0]), jobs[0].attempt()), (1, id, 7, 1));
    assert_eq!(jobs[0].timeout, Duration::from_millis(1_500));
    assert_eq!(hand.state(id).await, Some(JobState::Running));
    assert!(hand.claim(10).await.is_empty());
    hand.done(&jobs).await;
    assert_eq!(hand.state(id).await, None);

    // A batch keeps its order, and every text survives.
    let drafts: Vec<_> = (0..700).map(|number| hand.jobs.prepare(add(number)).unwrap()).collect();
    let enqueued = hand.jobs.enqueue_all(&drafts).await.unwrap();
    assert!(enqueued.iter().zip(&drafts).all(|(enqueued, draft)| enqueued.is_new && enqueued.id == draft.id));
    let jobs = hand.claim(1_000).await;
    assert_eq!(numbers(&jobs), (0..700).collect::<Vec<_>>());
    hand.done(&jobs).await;
    assert!(hand.jobs.counts().await.unwrap().is_empty());
    assert!(hand.jobs.enqueue_all(&[]).await.unwrap().is_empty());
    let refused = hand.jobs.enqueue(add(1).in_queue("No Name")).await;
    assert!(matches!(refused, Err(Error::Invalid { what: "queue", .. })), "{refused:?}");
    assert!(hand.jobs.enqueue(add(1).keyed("")).await.is_err());
    assert!(hand.jobs.enqueue(add(1).keyed("a\u{0}b")).await.is_err());
}

pub(super) async fn a_job_rolled_back_was_never_there<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let unique = add(1).unique("u", crate::jobs::Unique::WhileOpen);
    let jobs = vec![hand.jobs.prepare(unique.clone()).unwrap(), hand.jobs.prepare(add(2)).unwrap()];
    hand.bench.enqueue_in_vain(jobs).await;
    assert!(hand.claim(10).await.is_empty());
    // Its unique key is free.
    hand.enqueue(unique).await;
}

pub(super) async fn priority_goes_before_age<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    for (number, priority) in [(1, 0), (2, 5), (3, 0), (4, -5), (5, 5), (6, i16::MAX), (7, i16::MIN)] {
        hand.enqueue(add(number).with_priority(priority)).await;
    }
    hand.enqueue(add(100).in_queue("other")).await;
    assert_eq!(numbers(&hand.claim(3).await), [6, 2, 5]);
    assert_eq!(numbers(&hand.claim(3).await), [1, 3, 4]);
    assert_eq!(numbers(&hand.claim(3).await), [7]);
    assert!(hand.claim(0).await.is_empty());
}

pub(super) async fn a_job_waits_for_its_time<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let minute = Duration::from_mins(1);
    let late = hand.enqueue(add(1).delayed(minute)).await;
    hand.enqueue(add(2).at(hand.now().saturating_add(minute * 2))).await;
    hand.enqueue(add(3).at(Timestamp::UNIX_EPOCH)).await;
    assert_eq!(numbers(&hand.claim(10).await), [3]);
    assert_eq!(hand.state(late).await, Some(JobState::Scheduled));
    assert_eq!(store.wake(hand.now()).await.unwrap(), Some(hand.now().saturating_add(minute)));
    hand.clock.advance(minute);
    assert_eq!(numbers(&hand.claim(10).await), [1]);
    hand.clock.advance(minute);
    assert_eq!(store.wake(hand.now()).await.unwrap(), None);
    assert_eq!(numbers(&hand.claim(10).await), [2]);
}

/// A node that has not heard the answer to its claim asks what it has.
pub(super) async fn what_a_node_has_is_told<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let other = hand.other().await;
    let store = hand.bench.store();
    for number in 0..4 {
        hand.enqueue(add(number)).await;
    }
    let mut taken = hand.claim(3).await;
    let theirs = other.claim(1).await;
    assert_eq!(store.held(hand.node, "default").await.unwrap(), taken);
    assert_eq!(store.held(other.node, "default").await.unwrap(), theirs);
    assert_eq!(store.held(hand.node, "another").await.unwrap(), []);
    assert!(hand.settle(&taken.remove(0), Outcome::Done(Keep::Not)).await);
    assert!(hand.settle(&taken.remove(0), Outcome::Snooze(hand.now())).await);
    assert_eq!(store.held(hand.node, "default").await.unwrap(), taken);
    assert_eq!(store.held(Uuid::now_v7(), "default").await.unwrap(), []);
}

pub(super) async fn late_writes_are_refused<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let id = hand.enqueue(add(1)).await;
    let stale = hand.claim(1).await.remove(0);
    assert!(hand.settle(&stale, Outcome::GivenBack).await);
    for outcome in [
        Outcome::Done(Keep::Not),
        Outcome::Done(Keep::ForATime),
        Outcome::GivenBack,
        Outcome::Cancelled,
        Outcome::Snooze(hand.now()),
        Outcome::Dead { errors: vec![] },
    ] {
        assert!(!hand.settle(&stale, outcome.clone()).await, "{outcome:?} while it is ready");
    }
    let heir = hand.other().await;
    let fresh = heir.claim(1).await.remove(0);
    assert!(fresh.fence > stale.fence);
    assert_eq!(fresh.attempt(), 1);
    assert!(!hand.settle(&stale, Outcome::Done(Keep::Not)).await);
    let progress = crate::jobs::Progress { percent: 5, note: None };
    assert!(matches!(store.progress(&stale, &progress).await, Err(Error::Fenced)));
    store.progress(&fresh, &progress).await.unwrap();
    assert_eq!(hand.jobs.get(id).await.unwrap().unwrap().progress, Some(progress));
    // Of several, those whose claim holds are written.
    let other = hand.enqueue(add(2)).await;
    let second = hand.claim(1).await.remove(0);
    let settled = [stale, second].map(|job| Settled { job, outcome: Outcome::Done(Keep::Not) });
    assert_eq!(store.settle(&settled, hand.now()).await.unwrap(), [id]);
    assert_eq!(hand.state(other).await, None);
    assert!(heir.settle(&fresh, Outcome::Done(Keep::ForATime)).await);
    assert_eq!(hand.state(id).await, Some(JobState::Done));
    assert!(!heir.settle(&fresh, Outcome::Done(Keep::Not)).await);
}

pub(super) async fn failures_are_kept_and_end<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let id = hand.enqueue(add(1).with_max_attempts(7)).await;
    for attempt in 1..=7 {
        let job = hand.claim(1).await.remove(0);
        assert_eq!(job.attempt(), attempt);
        // A snooze is no failure.
        assert!(hand.settle(&job, hand.fail(&job, Failure::snooze(Duration::from_secs(1)))).await);
        assert!(hand.claim(1).await.is_empty());
        hand.clock.advance(Duration::from_secs(1));
        let job = hand.claim(1).await.remove(0);
        assert_eq!(job.attempt(), attempt);
        let outcome = hand.fail(&job, Failure::new(format_args!("no. {attempt} \u{0}✗")));
        assert!(hand.settle(&job, outcome).await);
        assert!(hand.claim(1).await.is_empty());
        hand.clock.advance(Duration::from_secs(8));
    }
    let view = hand.jobs.get(id).await.unwrap().unwrap();
    assert_eq!((view.state, view.failures), (JobState::Dead, 7));
    let last: Vec<_> = view.errors.iter().map(|error| (error.attempt, error.error.as_str())).collect();
    assert_eq!(last, [(3, "no. 3 ✗"), (4, "no. 4 ✗"), (5, "no. 5 ✗"), (6, "no. 6 ✗"), (7, "no. 7 ✗")]);

    hand.enqueue(add(2)).await;
    let job = hand.claim(1).await.remove(0);
    assert!(hand.settle(&job, hand.fail(&job, Failure::new("never").give_up())).await);
    assert_eq!(hand.state(job.id).await, Some(JobState::Dead));
    hand.enqueue(add(3)).await;
    let job = hand.claim(1).await.remove(0);
    let after = Failure::new("busy").after(Duration::from_mins(1));
    assert!(hand.settle(&job, hand.fail(&job, after)).await);
    hand.clock.advance(Duration::from_secs(59));
    assert!(hand.claim(1).await.is_empty());
    hand.clock.advance(Duration::from_secs(1));
    let job = hand.claim(1).await.remove(0);
    assert_eq!(job.errors, [Attempt { attempt: 1, at: job.errors[0].at, error: "busy".into() }]);
    assert!(hand.settle(&job, hand.fail(&job, Failure::cancelled("needless"))).await);
    assert_eq!(hand.state(job.id).await, Some(JobState::Cancelled));
}

/// A worker that writes a number, and then does what it is told.
struct Writes<B> {
    bench: B,
    number: i64,
    fails: bool,
}

impl<B: Bench> Perform<B::Store> for Writes<B> {
    fn perform<'a>(
        &'a self,
        tx: &'a mut <B::Store as JobStore>::Tx<'_>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            self.bench.write(tx, self.number).await?;
            if self.fails { Err(Failure::new("after writing")) } else { Ok(()) }
        })
    }
}

pub(super) async fn an_effect_and_its_job_commit_together<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let id = hand.enqueue(add(1)).await;
    let job = hand.claim(1).await.remove(0);
    let perform = async |job: &Claimed, number, fails| {
        let writes = Writes { bench: hand.bench.clone(), number, fails };
        store.perform(job, Outcome::Done(Keep::Not), hand.now(), &writes).await
    };
    let failed = perform(&job, 1, true).await.unwrap();
    assert_eq!(failed.unwrap_err().text(), "after writing");
    assert_eq!(hand.state(id).await, Some(JobState::Running));
    assert!(hand.bench.effects().await.is_empty());
    assert!(perform(&job, 2, false).await.unwrap().is_ok());
    assert_eq!(hand.state(id).await, None);
    assert!(matches!(perform(&job, 3, false).await, Err(Error::Fenced)));

    hand.enqueue(add(2)).await;
    let stale = hand.claim(1).await.remove(0);
    hand.settle(&stale, Outcome::GivenBack).await;
    assert!(matches!(perform(&stale, 4, false).await, Err(Error::Fenced)));
    let fresh = hand.claim(1).await.remove(0);
    assert!(matches!(perform(&stale, 5, false).await, Err(Error::Fenced)));
    assert!(perform(&fresh, 6, false).await.unwrap().is_ok());
    assert_eq!(hand.bench.effects().await, [2, 6]);
}

pub(super) async fn a_silent_node_loses_its_jobs<B: Bench>(bench: B) {
    let hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let heir = hand.other().await;
    for number in 0..600 {
        hand.enqueue(add(number)).await;
    }
    let lost = hand.claim(600).await;
    let view = store.beat(heir.node, &[]).await.unwrap();
    let seen = view.nodes.iter().find(|seen| seen.node == hand.node).unwrap().beat;
    // It gives a sign just in time.
    assert!(store.beat(hand.node, &[]).await.unwrap().is_alive);
    assert_eq!(store.bury(hand.node, Some(seen), hand.now()).await.unwrap(), 0);
    assert_eq!(store.bury(hand.node, None, hand.now()).await.unwrap(), 0);
    assert_eq!(store.bury(hand.node, Some(seen + 1), hand.now()).await.unwrap(), 600);
    assert!(!store.beat(hand.node, &[]).await.unwrap().is_alive);
    assert!(hand.claim(1).await.is_empty(), "a node that was buried gets no jobs");
    assert!(!hand.settle(&lost[0], Outcome::Done(Keep::Not)).await);
    let found = heir.claim(1_000).await;
    assert_eq!(numbers(&found), numbers(&lost));
    assert!(found.iter().all(|job| job.attempt() == 1));
    // One that leaves gives all back.
    store.leave(heir.node, heir.now()).await.unwrap();
    assert_eq!(hand.other().await.claim(1_000).await.len(), 600);
    let nobody = Uuid::now_v7();
    assert_eq!(store.bury(nobody, Some(1), hand.now()).await.unwrap(), 0);
    assert!(!store.beat(nobody, &[]).await.unwrap().is_alive);
}

pub(super) async fn what_silences_nodes_dies<B: Bench>(bench: B) {
    let mut hand = Hand::new(bench).await;
    let store = hand.bench.store();
    let id = hand.enqueue(add(1)).await;
    for lapse in 1..=20 {
        hand.clock.advance(Duration::from_hours(1));
        let job = hand.claim(1).await.remove(0);
        assert_eq!(job.attempt(), 1);
        assert_eq!(store.bury(hand.node, Some(0), hand.now()).await.unwrap(), 1);
        hand = hand.other().await;
        // The first time nobody is to blame.
        assert_eq!(hand.claim(1).await.len(), usize::from(lapse == 1), "{lapse}");
        if lapse == 1 {
            let job = store.list(&crate::jobs::JobFilter::new(), None, 1).await.unwrap().remove(0);
            assert_eq!(job.state, JobState::Running);
            store.leave(hand.node, hand.now()).await.unwrap();
            hand = hand.other().await;
        }
    }
    let view = hand.jobs.get(id).await.unwrap().unwrap();
    assert_eq!((view.state, view.errors.len()), (JobState::Dead, 1));
}

/// A clock that shows the time of the system, for tests of nodes.
pub(super) fn system() -> Clock {
    Clock::system()
}

//! A pool for work that takes a core: so many at once, so many waiting, and the rest turned away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::PasswordError;

const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How busy the pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// How many are being worked on.
    pub running: usize,
    /// How many wait.
    pub waiting: usize,
}

#[derive(Debug)]
pub(super) struct Pool {
    count: usize,
    capacity: usize,
    /// One for each that runs or waits.
    places: Arc<Semaphore>,
    /// One for each that runs.
    workers: Arc<Semaphore>,
    /// How long one takes of late, in microseconds.
    typical: AtomicU64,
    /// How many have been done.
    done: AtomicU64,
}

impl Pool {
    pub(super) fn new(workers: usize, queue: usize) -> Self {
        let capacity = workers + queue;
        Self {
            count: workers,
            capacity,
            places: Arc::new(Semaphore::new(capacity)),
            workers: Arc::new(Semaphore::new(workers)),
            typical: AtomicU64::new(50_000),
            done: AtomicU64::new(0),
        }
    }

    /// Does the work on a thread of its own, in the order of the calls.
    ///
    /// A call that is dropped while it waits gives up its place; one that is dropped while the work runs
    /// keeps both place and worker until it is done, since nothing stops it.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| PasswordError::Overloaded { retry_after: self.wait() })?;
        let worker =
            Arc::clone(&self.workers).acquire_owned().await.map_err(|_| PasswordError::Interrupted)?;
        let pool = Arc::clone(self);
        let job = spawn_blocking(move || {
            let begun = Instant::now();
            let done = work();
            pool.took(begun.elapsed());
            // Whoever may start next may also come in.
            drop(place);
            drop(worker);
            done
        });
        job.await.map_err(|_| PasswordError::Interrupted)
    }

    pub(super) fn load(&self) -> PoolLoad {
        let running = self.count - self.workers.available_permits().min(self.count);
        let inside = self.capacity - self.places.available_permits().min(self.capacity);
        PoolLoad { running, waiting: inside.saturating_sub(running) }
    }

    /// A moving average; two threads that write at once lose one sample, which is as good.
    fn took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(60_000_000);
        let before = self.typical.load(Ordering::Relaxed);
        self.typical.store((7 * before + micros) / 8, Ordering::Relaxed);
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How long until all who are inside now are done, in whole seconds.
    fn wait(&self) -> Duration {
        let rounds = self.capacity.div_ceil(self.count) as u64;
        let micros = self.typical.load(Ordering::Relaxed).saturating_mul(rounds);
        Duration::from_secs(micros.div_ceil(1_000_000).max(1)).min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::{Condvar, Mutex};

    use tokio::task::JoinSet;

    use super::*;

    /// A gate at which work waits until it is opened.
    #[derive(Default)]
    struct Gate {
        open: Mutex<bool>,
        opened: Condvar,
        inside: AtomicUsize,
        most_inside: AtomicUsize,
    }

    impl Gate {
        fn pass(&self) {
            let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_inside.fetch_max(inside, Ordering::SeqCst);
            let open = self.open.lock().unwrap();
            drop(self.opened.wait_while(open, |open| !*open).unwrap());
            self.inside.fetch_sub(1, Ordering::SeqCst);
        }

        fn open(&self) {
            *self.open.lock().unwrap() = true;
            self.opened.notify_all();
        }
    }

    async fn until(mut condition: impl FnMut() -> bool) {
        let waiting = async {
            while !condition() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("what was waited for");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_rush_fills_the_queue_and_not_one_more() {
        for _ in 0..20 {
            let pool = Arc::new(Pool::new(2, 8));
            let gate = Arc::new(Gate::default());
            let (turned_away, served) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let mut rush = JoinSet::new();
            for _ in 0..100 {
                let (pool, gate) = (Arc::clone(&pool), Arc::clone(&gate));
                let (turned_away, served) = (Arc::clone(&turned_away), Arc::clone(&served));
                rush.spawn(async move {
                    match pool.run(move || gate.pass()).await {
                        Ok(()) => served.fetch_add(1, Ordering::SeqCst),
                        Err(PasswordError::Overloaded { retry_after }) => {
                            assert!((1..=60).contains(&retry_after.as_secs()));
                            turned_away.fetch_add(1, Ordering::SeqCst)
                        }
                        Err(error) => panic!("{error}"),
                    };
                });
            }
            until(|| turned_away.load(Ordering::SeqCst) == 90).await;
            until(|| gate.inside.load(Ordering::SeqCst) == 2).await;
            assert_eq!(pool.load(), PoolLoad { running: 2, waiting: 8 });
            gate.open();
            while let Some(done) = rush.join_next().await {
                done.unwrap();
            }
            assert_eq!(served.load(Ordering::SeqCst), 10);
            assert_eq!(gate.most_inside.load(Ordering::SeqCst), 2);
            assert_eq!(pool.load(), PoolLoad { running: 0, waiting: 0 });
            assert!(pool.run(|| ()).await.is_ok());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_leaves_the_queue_makes_room() {
        let pool = Arc::new(Pool::new(1, 1));
        let gate = Arc::new(Gate::default());
        let start = |pool: &Arc<Pool>| {
            let (pool, gate) = (Arc::clone(pool), Arc::clone(&gate));
            tokio::spawn(async move { pool.run(move || gate.pass()).await })
        };
        let running = start(&pool);
        until(|| gate.inside.load(Ordering::SeqCst) == 1).await;
        let waiting = start(&pool);
        until(|| pool.load().waiting == 1).await;
        assert!(matches!(pool.run(|| ()).await, Err(PasswordError::Overloaded { .. })));

        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        until(|| pool.load().waiting == 0).await;
        let next = start(&pool);
        until(|| pool.load().waiting == 1).await;

        // One that runs cannot be stopped, and so keeps its worker.
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert_eq!(pool.load(), PoolLoad { running: 1, waiting: 1 });
        assert!(matches!(pool.run(|| ()).await, Err(PasswordError::Overloaded { .. })));
        gate.open();
        assert!(next.await.unwrap().is_ok());
        until(|| pool.load() == PoolLoad { running: 0, waiting: 0 }).await;
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_worker_back() {
        let pool = Arc::new(Pool::new(1, 0));
        let outcome: Result<(), _> = pool.run(|| panic!("on purpose")).await;
        assert_eq!(outcome, Err(PasswordError::Interrupted));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[test]
    fn the_wait_follows_what_the_work_takes() {
        let pool = Pool::new(2, 8);
        assert_eq!(pool.wait(), Duration::from_secs(1));
        for _ in 0..50 {
            pool.took(Duration::from_secs(2));
        }
        assert_eq!(pool.wait(), Duration::from_secs(10));
        for _ in 0..50 {
            pool.took(Duration::MAX);
        }
        assert_eq!(pool.wait(), LONGEST_WAIT);
    }
}

//! [`Stage`]: worker processes, and the faults that befall them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::Value;
use tokio::sync::Mutex;

use super::process::Process;
use super::worker::{Order, Setting};
use super::{Entry, Fault, Findings, Ledger, LineFault, Moment, Note, Plan, Server, Tail};
use crate::testing::proxy::Proxy;

const LOOK: Duration = Duration::from_millis(5);

/// Worker processes, the lines between them and their servers, and the faults that befall them.
///
/// Dropping it kills the workers.
pub struct Stage<'s> {
    path: PathBuf,
    ledger: Ledger,
    settings: Value,
    command: Box<dyn Fn() -> Command + Send + Sync + 's>,
    servers: &'s [Server],
    seats: Vec<Seat>,
}

/// Where a worker sits: its lines stay while its processes come and go.
struct Seat {
    number: usize,
    lines: Vec<(String, Proxy)>,
    worker: Mutex<Worker>,
}

#[derive(Default)]
struct Worker {
    process: Option<Process>,
    processes: usize,
    odd: Vec<String>,
}

impl<'s> Stage<'s> {
    /// So many workers, each the process that `command` makes, with lines of its own to these addresses.
    /// `settings` are passed on to each. The ledger lies in `folder`.
    pub async fn new(
        folder: &Path,
        workers: usize,
        command: impl Fn() -> Command + Send + Sync + 's,
        lines: &[(&str, SocketAddr)],
        servers: &'s [Server],
        settings: Value,
    ) -> io::Result<Self> {
        let path = folder.join("ledger");
        let ledger = Ledger::open(&path, "rig")?;
        let mut seats = Vec::new();
        for number in 0..workers {
            let mut own = Vec::new();
            for (name, address) in lines {
                own.push(((*name).to_owned(), Proxy::start(*address).await));
            }
            seats.push(Seat { number, lines: own, worker: Mutex::default() });
        }
        Ok(Self { path, ledger, settings, command: Box::new(command), servers, seats })
    }

    /// Starts the workers, and waits until each has noted that it is [ready](Note::Ready).
    pub async fn start(&self, within: Duration) -> io::Result<()> {
        for seat in &self.seats {
            self.fill(seat, &mut *seat.worker.lock().await)?;
        }
        if self.wait_for(&Note::Ready, Instant::now() + within).await? {
            return Ok(());
        }
        Err(io::Error::other("not all workers got ready in time"))
    }

    /// Lets the plan happen, and returns when all of it has come right again and the load's time is over.
    pub async fn strike(&self, plan: &Plan) -> io::Result<()> {
        let began = Instant::now();
        let over = began + plan.load;
        let strikes = plan.strikes.iter().map(|strike| async move {
            tokio::time::sleep_until((began + strike.at).into()).await;
            self.befall(&strike.fault, over).await
        });
        let outcomes = join_all(strikes).await;
        tokio::time::sleep_until(over.into()).await;
        outcomes.into_iter().collect()
    }

    /// Tells the workers to make no more load, and waits until each has noted that it is [calm](Note::Calm).
    /// Says who did not get there.
    pub async fn calm(&self, within: Duration) -> io::Result<Vec<String>> {
        for seat in &self.seats {
            seat.lines.iter().for_each(|(_, line)| line.resume());
            let mut worker = seat.worker.lock().await;
            worker.look(self, seat)?;
            worker.tell(&Order::Spare).await;
            worker.tell(&Order::Calm).await;
        }
        let deadline = Instant::now() + within;
        if self.wait_for(&Note::Calm, deadline).await? {
            return Ok(Vec::new());
        }
        Ok(vec!["a worker did not get calm".to_owned()])
    }

    /// Asks until `left` says that nothing is left to do, and for at most this long; says what is left then.
    pub async fn drain<F: Future<Output = Option<String>>>(
        &self,
        within: Duration,
        left: impl Fn() -> F,
    ) -> Result<Duration, String> {
        let began = Instant::now();
        let mut wait = LOOK;
        while let Some(what) = left().await {
            if began.elapsed() > within {
                return Err(what);
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 3 / 2).min(Duration::from_millis(100));
        }
        Ok(began.elapsed())
    }

    /// Tells the workers to end in good order, and waits for it. What it says is in findings as
    /// [stuck](Findings::stuck) and [odd](Findings::odd).
    pub async fn leave(&self, within: Duration, findings: &mut Findings) -> io::Result<()> {
        let deadline = Instant::now() + within;
        for seat in &self.seats {
            let mut worker = seat.worker.lock().await;
            worker.look(self, seat)?;
            worker.tell(&Order::Leave).await;
        }
        for seat in &self.seats {
            let mut worker = seat.worker.lock().await;
            if let Some(mut process) = worker.process.take() {
                match process.wait(deadline.saturating_duration_since(Instant::now())).await? {
                    None => findings.stuck.push(format!("{} did not end", process.name)),
                    Some(status) if !status.success() => {
                        findings.odd.push(format!("{} ended with {status}", process.name));
                    }
                    Some(_) => {}
                }
            }
            findings.odd.append(&mut worker.odd);
        }
        Ok(())
    }

    /// What was noted up to now.
    pub fn ledger(&self) -> io::Result<Vec<Entry>> {
        Ledger::read(&self.path)
    }

    /// Where it is noted.
    pub fn ledger_path(&self) -> &Path {
        &self.path
    }

    /// Starts the next process of a seat.
    fn fill(&self, seat: &Seat, worker: &mut Worker) -> io::Result<()> {
        worker.processes += 1;
        let setting = Setting {
            process: format!("w{}.{}", seat.number, worker.processes),
            ledger: self.path.clone(),
            lines: seat
                .lines
                .iter()
                .map(|(name, line)| (name.clone(), line.address()))
                .collect::<BTreeMap<_, _>>(),
            settings: self.settings.clone(),
        };
        worker.process = Some(Process::spawn((self.command)(), &setting)?);
        Ok(())
    }

    async fn befall(&self, fault: &Fault, over: Instant) -> io::Result<()> {
        match fault {
            Fault::Kill { worker, moment, away } => {
                let (seat, mut worker) = self.seat(*worker).await?;
                self.kill(seat, &mut worker, moment, over).await?;
                tokio::time::sleep(*away).await;
                self.fill(seat, &mut worker)
            }
            Fault::Stop { worker, moment, span } => {
                let (seat, mut worker) = self.seat(*worker).await?;
                self.stop(seat, &mut worker, moment, *span, over).await
            }
            Fault::Leave { worker, away } => {
                let (seat, mut worker) = self.seat(*worker).await?;
                worker.tell(&Order::Leave).await;
                self.say(format!("w{} leaves", seat.number));
                if let Some(mut process) = worker.process.take()
                    && process.wait(Duration::from_secs(20)).await?.is_none()
                {
                    worker.odd.push(format!("{} did not leave", process.name));
                }
                tokio::time::sleep(*away).await;
                self.fill(seat, &mut worker)
            }
            Fault::Line { worker, line, how, span } => {
                let seat = self.seats.get(*worker).ok_or_else(other_workers)?;
                let Some((name, line)) = seat.lines.get(*line) else { return Ok(()) };
                self.say(format!("line {name} of w{} {how:?}", seat.number));
                match how {
                    LineFault::Cut => line.cut(),
                    LineFault::Closed => line.close(),
                    LineFault::Stalled => line.stall(),
                    LineFault::Stranded => line.strand(),
                }
                tokio::time::sleep(*span).await;
                line.resume();
                self.say(format!("line {name} of w{} is whole", seat.number));
                Ok(())
            }
            Fault::Server { server, how, away } => {
                let Some(server) = self.servers.get(*server) else { return Ok(()) };
                self.say(format!("{} ends, {how:?}", server.name()));
                server.crash(*how, *away).await?;
                self.say(format!("{} is back", server.name()));
                Ok(())
            }
        }
    }

    async fn seat(&self, number: usize) -> io::Result<(&Seat, tokio::sync::MutexGuard<'_, Worker>)> {
        let seat = self.seats.get(number).ok_or_else(other_workers)?;
        let mut worker = seat.worker.lock().await;
        worker.look(self, seat)?;
        Ok((seat, worker))
    }

    async fn kill(&self, seat: &Seat, worker: &mut Worker, moment: &Moment, over: Instant) -> io::Result<()> {
        if let Moment::Point(point) = moment {
            worker.tell(&Order::Strike { point: point.clone(), is_kill: true }).await;
            let rest = over.saturating_duration_since(Instant::now());
            if let Some(process) = &mut worker.process
                && process.wait(rest).await?.is_some()
            {
                worker.process = None;
                return Ok(());
            }
        }
        self.say(format!("w{} is killed", seat.number));
        if let Some(mut process) = worker.process.take() {
            process.signal(Signal::KILL)?;
            process.wait(Duration::from_secs(20)).await?;
        }
        Ok(())
    }

    async fn stop(
        &self,
        seat: &Seat,
        worker: &mut Worker,
        moment: &Moment,
        span: Duration,
        over: Instant,
    ) -> io::Result<()> {
        let mut is_struck = false;
        if let Moment::Point(point) = moment {
            let mut tail = Tail::new(&self.path).skip_all()?;
            worker.tell(&Order::Strike { point: point.clone(), is_kill: false }).await;
            while !is_struck && Instant::now() < over {
                is_struck = tail.next()?.iter().any(|entry| worker.wrote(entry, is_strike));
                tokio::time::sleep(LOOK).await;
            }
            worker.tell(&Order::Spare).await;
        }
        let Some(process) = &worker.process else { return Ok(()) };
        if !is_struck {
            self.say(format!("w{} is stopped", seat.number));
            process.signal(Signal::STOP)?;
        }
        tokio::time::sleep(span).await;
        self.say(format!("w{} goes on", seat.number));
        process.signal(Signal::CONT)
    }

    fn say(&self, what: String) {
        self.ledger.note(Note::Fault { what });
    }

    /// Whether each present process has noted this by the deadline.
    async fn wait_for(&self, note: &Note, deadline: Instant) -> io::Result<bool> {
        let mut tail = Tail::new(&self.path);
        let mut noted = Vec::new();
        loop {
            noted.extend(tail.next()?.into_iter().filter(|entry| entry.note == *note));
            let mut missing = false;
            for seat in &self.seats {
                let mut worker = seat.worker.lock().await;
                if worker.look(self, seat)? && *note == Note::Calm {
                    // It has not heard what its predecessor was told.
                    worker.tell(&Order::Calm).await;
                }
                missing |= !noted.iter().any(|entry| worker.wrote(entry, |_| true));
            }
            if !missing {
                return Ok(true);
            }
            if Instant::now() > deadline {
                return Ok(false);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn other_workers() -> io::Error {
    io::Error::other("this plan is for more workers")
}

fn is_strike(note: &Note) -> bool {
    matches!(note, Note::Struck { .. })
}

impl Worker {
    /// Replaces a process that has ended by itself, and takes note of it. Whether it has.
    fn look(&mut self, stage: &Stage<'_>, seat: &Seat) -> io::Result<bool> {
        let Some(process) = &mut self.process else { return Ok(false) };
        let Some(status) = process.ended()? else { return Ok(false) };
        self.odd.push(format!("{} ended by itself with {status}", process.name));
        stage.fill(seat, self)?;
        Ok(true)
    }

    /// Passes an order on. One that cannot be told has ended, which shows when it is looked at.
    async fn tell(&mut self, order: &Order) {
        if let Some(process) = &mut self.process {
            let _ = process.tell(order).await;
        }
    }

    fn wrote(&self, entry: &Entry, holds: impl Fn(&Note) -> bool) -> bool {
        self.process.as_ref().is_some_and(|process| process.name == entry.process) && holds(&entry.note)
    }
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("ledger", &self.path)
            .field("workers", &self.seats.len())
            .finish_non_exhaustive()
    }
}

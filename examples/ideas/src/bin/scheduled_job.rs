//! A scheduled job: a schedule of the code enqueues it, any node does it, and each tick once.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::jobs::{Job, JobNode, NodeConfig, Queue, SqlJobs};
use gravity_core::schedules::{Recurrence, Schedule, ScheduleNode, Schedules, SqlSchedules, Undefined};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

#[derive(Serialize, Deserialize)]
struct SendReport {
    to: String,
}

impl Job for SendReport {
    const KIND: &'static str = "report.send";
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = Database::connect("sqlite::memory:").await?;
    let jobs = SqlJobs::new(&db).await?;
    let schedules = Schedules::new(SqlSchedules::new(&jobs).await?, Clock::system());

    // The schedules of the group are those that stand here, whatever they were before.
    let each_second = Recurrence::every("1s")?;
    let report = Schedule::new("report", each_second, SendReport { to: "ada@example.org".into() })?;
    schedules.define("shop", vec![report], Undefined::Vanishes).await?;

    let (told, mut done) = mpsc::unbounded_channel();
    let worker = JobNode::new(jobs, Clock::system(), NodeConfig::new())
        .with_queue(Queue::new("default"))
        .with_worker(move |report: SendReport, context| {
            let told = told.clone();
            async move {
                // The tick that it was meant for, however late it runs.
                let tick = context.correlation().unwrap_or_default().to_owned();
                drop(told.send(format!("report to {} for {tick}", report.to)));
                Ok(())
            }
        });
    let (stop, stopped) = watch::channel(false);
    let until =
        |mut stopped: watch::Receiver<bool>| async move { drop(stopped.wait_for(|stop| *stop).await) };
    let working = tokio::spawn(worker.run_until(until(stopped.clone())));
    let firing = tokio::spawn(ScheduleNode::new(schedules).run_until(until(stopped)));
    for _ in 0..2 {
        println!("{}", done.recv().await.ok_or("the worker is gone")?);
    }
    stop.send(true)?;
    firing.await?;
    working.await??;
    Ok(())
}

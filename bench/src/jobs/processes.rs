//! Nodes in processes of their own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gravity_core::Clock;
use gravity_core::db::Database;
use gravity_core::jobs::{Jobs, SqlJobs};

use super::ours::{Handled, block_on, start};

/// Drains by several processes, and ends when they have.
pub(super) fn drain(url: &str, backlog: usize, processes: usize) -> Result<()> {
    let (sender, counts) = mpsc::channel();
    let mut children = Vec::new();
    for at in 0..processes {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["jobs", "work", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let told = BufReader::new(child.stdout.take().context("it has a pipe")?);
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in told.lines().map_while(Result::ok) {
                if let Ok(count) = line.parse::<usize>() {
                    // Nobody counts any more once all is done.
                    let _ = sender.send((at, count));
                }
            }
        });
        children.push(child);
    }
    drop(sender);
    let mut done = vec![0; processes];
    while done.iter().sum::<usize>() < backlog {
        let (at, count) = counts.recv().context("all have ended")?;
        done[at] = count;
    }
    // Each stops when its input ends.
    for child in &mut children {
        drop(child.stdin.take());
    }
    for mut child in children {
        ensure!(child.wait()?.success(), "a process failed");
    }
    Ok(())
}

/// Works until its input ends, and tells how many jobs it has done.
pub(super) fn work(url: &str) -> Result<()> {
    let (ended, mut end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        drop(ended);
    });
    block_on(async {
        let db = Database::connect(url).await?;
        let jobs = Jobs::new(SqlJobs::migrated(&db), Clock::system());
        let handled = Arc::new(Handled::default());
        let (stop, running) = start(&jobs, &handled);
        let mut told = 0;
        while tokio::time::timeout(Duration::from_millis(5), &mut end).await.is_err() {
            let count = handled.jobs.load(Ordering::SeqCst);
            if count > told {
                told = count;
                writeln!(std::io::stdout(), "{count}")?;
            }
        }
        drop(stop);
        running.await??;
        db.close().await;
        Ok(())
    })
}

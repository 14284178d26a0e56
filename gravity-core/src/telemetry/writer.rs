//! [`LogWriter`]: writes lines without making those wait who log them.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::metrics::Counts;

/// How many lines may wait.
const LINES: usize = 16_384;
/// How many bytes they may have together.
const BYTES: usize = 16 * 1024 * 1024;

/// Writes lines to an output on a thread of its own. Whoever logs never waits: when the output stands still
/// (a full disk, a pipe that nobody reads), up to 16,384 lines or 16 MiB are kept; further ones are dropped
/// and counted, and the log says how many once it moves again.
#[derive(Clone)]
pub struct LogWriter {
    queue: SyncSender<Message>,
    waiting: Arc<AtomicUsize>,
    counts: Counts,
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl LogWriter {
    /// A writer to this output. Fails when there is no thread to be had.
    pub fn new(output: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, lines) = sync_channel(LINES);
        let writer = Self { queue, waiting: Arc::default(), counts: Counts::default() };
        let (waiting, counts) = (writer.waiting.clone(), writer.counts.clone());
        std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || write(output, &lines, &waiting, &counts))?;
        Ok(writer)
    }

    /// A writer to the standard output.
    pub fn stdout() -> io::Result<Self> {
        Self::new(io::stdout())
    }

    /// Hands over a line, its end included.
    pub(super) fn line(&self, line: Vec<u8>) {
        let length = line.len();
        let fits = self.waiting.fetch_add(length, Ordering::Relaxed).saturating_add(length) <= BYTES;
        if !fits || self.queue.try_send(Message::Line(line)).is_err() {
            self.waiting.fetch_sub(length, Ordering::Relaxed);
            self.counts.line_dropped();
        }
    }

    /// Waits until all lines that were handed over are written, but no longer than this. Whether they are.
    pub fn flush(&self, patience: Duration) -> bool {
        let (done, is_done) = sync_channel(1);
        let until = std::time::Instant::now() + patience;
        let mut message = Message::Flush(done);
        while let Err(refused) = self.queue.try_send(message) {
            let std::sync::mpsc::TrySendError::Full(back) = refused else { return false };
            if std::time::Instant::now() >= until {
                return false;
            }
            message = back;
            std::thread::yield_now();
        }
        is_done.recv_timeout(until.saturating_duration_since(std::time::Instant::now())).is_ok()
    }

    /// How many lines were dropped.
    pub fn dropped(&self) -> u64 {
        self.counts.lines_dropped()
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}

fn write(mut output: impl Write, lines: &Receiver<Message>, waiting: &AtomicUsize, counts: &Counts) {
    let mut told = 0;
    let mut is_flushed = true;
    loop {
        let message = if is_flushed {
            lines.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            lines.recv_timeout(Duration::ZERO)
        };
        match message {
            Ok(Message::Line(line)) => {
                let dropped = counts.lines_dropped();
                if dropped > told {
                    let note = format!(
                        "{{\"level\":\"WARN\",\"target\":\"gravity::telemetry\",\"message\":\"log lines were dropped\",\"fields\":{{\"dropped\":{}}}}}\n",
                        dropped - told
                    );
                    told = dropped;
                    // Nobody is left to be told that this failed.
                    let _ = output.write_all(note.as_bytes());
                }
                if output.write_all(&line).is_err() {
                    counts.line_dropped();
                }
                waiting.fetch_sub(line.len(), Ordering::Relaxed);
                is_flushed = false;
            }
            Ok(Message::Flush(done)) => {
                let _ = output.flush();
                is_flushed = true;
                let _ = done.try_send(());
            }
            Err(RecvTimeoutError::Timeout) => {
                let _ = output.flush();
                is_flushed = true;
            }
            Err(RecvTimeoutError::Disconnected) => {
                let _ = output.flush();
                return;
            }
        }
    }
}

/// Each call writes a line.
impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for LogWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogWriter").finish_non_exhaustive()
    }
}

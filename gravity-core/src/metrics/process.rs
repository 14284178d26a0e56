//! What this process uses, as every Prometheus client names it; and which program it is.

use std::sync::Arc;

use super::family::{Description, Family};
use super::series::{Counter, Gauge};
use super::{Metrics, Samples};

const CPU: Family<Counter, 0> =
    Family::counter("process_cpu_seconds_total", "Time on processors, in user code and in the system.", &[]);
const RESIDENT: Family<Gauge, 0> = Family::gauge("process_resident_memory_bytes", "Memory in use.", &[]);
const VIRTUAL: Family<Gauge, 0> = Family::gauge("process_virtual_memory_bytes", "Addresses in use.", &[]);
const FDS: Family<Gauge, 0> = Family::gauge("process_open_fds", "File descriptors in use.", &[]);
const MAX_FDS: Family<Gauge, 0> = Family::gauge("process_max_fds", "File descriptors that may be used.", &[]);
const THREADS: Family<Gauge, 0> = Family::gauge("process_threads", "Threads.", &[]);
const STARTED: Family<Gauge, 0> =
    Family::gauge("process_start_time_seconds", "When it began, in seconds since 1970.", &[]);
const BUILD: Family<Gauge, 2> =
    Family::gauge("build_info", "1, labelled with the program that runs.", &["service", "version"]);

pub(crate) const FAMILIES: &[Description] = &[
    CPU.description(),
    RESIDENT.description(),
    VIRTUAL.description(),
    FDS.description(),
    MAX_FDS.description(),
    THREADS.description(),
    STARTED.description(),
    BUILD.description(),
];

impl Metrics {
    /// Tells what the process uses: processor time, memory, file descriptors, threads, when it began.
    /// On Linux only; elsewhere there is nothing to tell.
    #[must_use]
    pub fn with_process(self) -> Self {
        self.collect(|| async { read().unwrap_or_default() });
        self
    }

    /// Tells in `build_info` which program runs.
    #[must_use]
    pub fn with_build(self, service: impl Into<Arc<str>>, version: impl Into<Arc<str>>) -> Self {
        BUILD.of(&self, [&service.into(), &version.into()]).set(1);
        self
    }
}

/// Ticks a second in what the kernel shows to programs, on every architecture that has Linux and Rust.
const TICKS: f64 = 100.0;

fn read() -> Option<Samples> {
    let mut samples = Samples::new();
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may hold anything; what is behind it is numbers from field 3 on.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    if let (Some(user), Some(system)) = (field(14), field(15)) {
        samples.set(&CPU, [], (user + system) / TICKS);
    }
    if let Some(threads) = field(20) {
        samples.set(&THREADS, [], threads);
    }
    if let (Some(since_boot), Some(boot)) = (field(22), boot_time()) {
        samples.set(&STARTED, [], boot + since_boot / TICKS);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for (family, name) in [(&RESIDENT, "VmRSS:"), (&VIRTUAL, "VmSize:")] {
        if let Some(kilobytes) = number_after(&status, name) {
            samples.set(family, [], kilobytes * 1024.0);
        }
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the folder that is read.
        samples.count(&FDS, [], u64::try_from(open.count().saturating_sub(1)).unwrap_or(u64::MAX));
    }
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    if let Some(most) = number_after(&limits, "Max open files") {
        samples.set(&MAX_FDS, [], most);
    }
    Some(samples)
}

fn boot_time() -> Option<f64> {
    number_after(&std::fs::read_to_string("/proc/stat").ok()?, "btime")
}

/// The number that follows a word at the beginning of a line.
fn number_after(text: &str, word: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

//! Lines that say what goes on, and how long it has gone on.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static START: OnceLock<Instant> = OnceLock::new();

/// Starts the clock of [`line()`].
pub(crate) fn start() {
    START.get_or_init(Instant::now);
}

/// Prints a line with the seconds since [`start`].
pub(crate) fn line(text: &str) {
    let elapsed = START.get_or_init(Instant::now).elapsed();
    eprintln!("[{:7.1}s] {text}", elapsed.as_secs_f64());
}

/// `75.3 s`, or `12 min 5 s` for what takes longer than two minutes.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds < 120 {
        format!("{:.1} s", elapsed.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(75_340)), "75.3 s");
        assert_eq!(duration(Duration::from_secs(725)), "12 min 5 s");
    }
}

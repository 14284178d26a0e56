//! Ctrl-C and its kin set a flag; whoever waits looks at it, so that what was started is stopped on the way out.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

fn flag() -> &'static Arc<AtomicBool> {
    INTERRUPTED.get_or_init(Arc::default)
}

/// From here on SIGINT, SIGTERM and SIGHUP no longer end this process by themselves.
pub(crate) fn listen() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(flag()))?;
    }
    Ok(())
}

/// Whether somebody asked this process to end.
pub(crate) fn interrupted() -> bool {
    flag().load(Ordering::Relaxed)
}

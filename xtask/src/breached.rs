//! `cargo xtask breached`: makes the built-in list of breached passwords.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use sha1::{Digest, Sha1};

use crate::workspace::Workspace;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A text with a password a line
    passwords: PathBuf,
}

/// Where the list lies in the repository.
const LIST: &str = "gravity-auth/src/password/breached/list.bin";

/// Writes the list.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let text = fs::read(&args.passwords).with_context(|| args.passwords.display().to_string())?;
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    // Shorter ones are refused for that.
    let long = lines.map(|line| line.trim_end_matches('\r')).filter(|line| line.chars().count() >= 8);
    let hashes: BTreeSet<[u8; 5]> =
        long.filter_map(|password| Sha1::digest(password.as_bytes())[..5].try_into().ok()).collect();
    let list: Vec<u8> = hashes.iter().flatten().copied().collect();
    fs::write(Workspace::load()?.root.join(LIST), list)?;
    println!("{} passwords in {LIST}", hashes.len());
    Ok(())
}

//! A token that is verified, beside the check of its signature alone.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Result;

use super::Plan;
use super::figures::Figures;
use crate::table::Table;
use crate::tokens;

/// How many are verified at a time.
const TIMES: u32 = 2_000;
/// How often that happens, for each round that was asked for.
const TURNS: usize = 21;

/// Prints microseconds a token, and the ratio.
pub(super) fn run(plan: Plan, table: &mut Table) -> Result<()> {
    let case = tokens::Case::new(gravity_auth::jwt::Algorithm::EdDsa)?;
    let (mut alone, mut whole) = (Figures::default(), Figures::default());
    let time = |verify: &dyn Fn(u64) -> Result<()>| -> Result<f64> {
        let began = Instant::now();
        verify(TIMES.into())?;
        Ok(began.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES))
    };
    case.bare(TIMES.into())?;
    case.gravity(TIMES.into())?;
    for _ in 0..TURNS * plan.rounds {
        alone.add(time(&|times| case.bare(times))?);
        whole.add(time(&|times| case.gravity(times))?);
    }
    let ratio = whole.by(&alone);
    writeln!(
        std::io::stdout(),
        "An access token verified: {:.1} µs; its Ed25519 signature alone, by ring: {:.1} µs; ratio {} (goal: at most 1.1)",
        whole.median(),
        alone.median(),
        ratio.spread(3),
    )?;
    let figures = [whole.spread(1), alone.spread(1)];
    let what = "µs to verify a token, beside its signature alone";
    table.add("auth", what, [&figures[0], &figures[1]], ratio.spread(3), "at most 1.1");
    Ok(())
}

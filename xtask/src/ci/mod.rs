//! `cargo xtask ci`: the steps a change must pass. All run, whatever failed before; a table closes the run.

mod asvs;
mod deny;
mod deploy;
mod features;
mod layout;
mod links;
mod markdown;
mod oidc;
mod package;
mod steps;
mod summary;
mod template;
mod unused;
mod words;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{conformance, faults, fuzz, progress, signals, workspace::Workspace};
pub(crate) use summary::Outcome;
use summary::Row;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run every fuzz target for a minute as well
    #[arg(long)]
    fuzz: bool,
    /// Run these steps only
    #[arg(long, value_delimiter = ',', value_parser = step_name)]
    only: Vec<String>,
    /// The tests have been run already: count how they ended instead of running them again
    #[arg(long, value_name = "OUTCOME")]
    test_was: Option<TestWas>,
    /// When the whole run began, in seconds since 1970: its length is told from there
    #[arg(long, value_name = "SECONDS")]
    since: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestWas {
    Passed,
    Failed,
}

/// One step: its name, what it proves, and how.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Result<Outcome>,
}

/// The steps in their order: what compiles most comes first, so that the others find it done.
const STEPS: [Step; 17] = [
    Step { name: "test", about: "all tests on all back ends", run: steps::test },
    Step { name: "fmt", about: "the sources are formatted", run: steps::fmt },
    Step { name: "clippy", about: "no lint, no warning", run: steps::clippy },
    Step { name: "doc", about: "the documentation builds, and its links lead somewhere", run: steps::doc },
    Step {
        name: "features",
        about: "each feature compiles alone, and so do none and the default ones",
        run: features::check,
    },
    Step { name: "deny", about: "licences, sources, banned and doubled dependencies", run: deny::check },
    Step { name: "layout", about: "standard files, lengths of files, words left behind", run: layout::check },
    Step {
        name: "links",
        about: "links between files lead somewhere, and the book has all its pages and the tests that it names",
        run: links::check,
    },
    Step { name: "deploy", about: "the manifests of deploy/ are what their schemas say", run: deploy::check },
    Step {
        name: "package",
        about: "crates pack up, and bring along by default nothing that nobody asked for",
        run: package::check,
    },
    Step { name: "unused", about: "every dependency is used", run: unused::check },
    Step { name: "examples", about: "every example builds", run: steps::examples },
    Step {
        name: "conformance",
        about: "services are what their OpenAPI documents say, on every host",
        run: |_| conformance::step(),
    },
    Step {
        name: "oidc",
        about: "somebody signs in at a provider that is not ours, npm's oidc-provider",
        run: oidc::check,
    },
    Step {
        name: "faults",
        about: "nothing is lost, done twice, out of order or stuck under kills, stops and cuts",
        run: |_| faults::step(),
    },
    Step { name: "template", about: "what `new-service` stamps out builds and passes", run: template::check },
    Step { name: "fuzz", about: "the fuzz targets, a minute each (with --fuzz)", run: |_| fuzz::step() },
];

fn step_name(text: &str) -> Result<String, String> {
    if STEPS.iter().any(|step| step.name == text) {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    Err(format!("the steps are {}", names.join(", ")))
}

/// Runs the chosen steps and fails when one of them did.
pub(crate) fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::load()?;
    let mut rows = Vec::new();
    for step in STEPS.iter().filter(|step| args.wants(step.name)) {
        let start = Instant::now();
        let outcome = match args.test_was.filter(|_| step.name == "test") {
            Some(TestWas::Passed) => Ok(Outcome::passed().note("run before")),
            Some(TestWas::Failed) => Err(anyhow::anyhow!("failed before")),
            None => {
                progress::line(&format!("== {}: {}", step.name, step.about));
                (step.run)(&workspace)
            }
        };
        if signals::interrupted() {
            bail!("stopped in step {}", step.name);
        }
        if let Err(error) = &outcome {
            progress::line(&format!("{} FAILED: {error:#}", step.name));
        }
        rows.push(Row { name: step.name, took: start.elapsed(), outcome });
    }
    let total = args.since.map_or_else(|| rows.iter().map(|row| row.took).sum(), since);
    eprint!("{}", summary::table(&rows, total));
    println!("{}", summary::closing(&rows));
    if rows.iter().any(|row| row.outcome.is_err()) {
        bail!("not every step passed");
    }
    Ok(())
}

/// The time since a moment in seconds since 1970; a clock that was set back makes it zero.
fn since(seconds: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(seconds))
}

impl Args {
    fn wants(&self, name: &str) -> bool {
        let chosen = self.only.is_empty() || self.only.iter().any(|only| only == name);
        chosen && (name != "fuzz" || self.fuzz || self.only.iter().any(|only| only == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(fuzz: bool, only: &[&str]) -> Args {
        let only = only.iter().map(|&name| name.to_owned()).collect();
        Args { fuzz, only, test_was: None, since: None }
    }

    #[test]
    fn fuzzing_runs_only_when_asked_for() {
        assert!(!args(false, &[]).wants("fuzz") && args(false, &[]).wants("test"));
        assert!(args(true, &[]).wants("fuzz"));
        assert!(args(false, &["fuzz"]).wants("fuzz") && !args(false, &["fuzz"]).wants("test"));
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_known_ones() {
        assert!(step_name("clippy").is_ok());
        assert!(step_name("clipy").unwrap_err().contains("clippy"));
    }
}

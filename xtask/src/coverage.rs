//! `cargo xtask coverage`: the lines that the tests reach, counted by the compiler's own instrumentation.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::servers::Backends;
use crate::workspace::Workspace;
use crate::{install, process, progress};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fail when fewer than this many per cent of the lines are reached
    #[arg(long, value_name = "PERCENT")]
    min: Option<u8>,
    /// Write a report that shows every line into `target/llvm-cov/html`
    #[arg(long)]
    html: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let tools = Tools::get()?;
    let ignored = not_measured(&Workspace::load()?.root);
    install::cargo_plugin("llvm-cov")?;
    let backends = Backends::start()?;
    let llvm_cov = |arguments: &[&str]| {
        let mut cargo = process::cargo(["llvm-cov"]);
        cargo.args(arguments).env("LLVM_COV", &tools.cov).env("LLVM_PROFDATA", &tools.profdata);
        backends.export(&mut cargo);
        cargo
    };
    let runner: &[&str] = if install::on_path("cargo-nextest").is_some() { &["nextest"] } else { &[] };
    let whole = ["--workspace", "--all-features", "--no-report"];
    process::run(&mut llvm_cov(&[runner, &whole].concat()))?;
    if args.html {
        process::run(&mut llvm_cov(&["report", "--html", "--ignore-filename-regex", &ignored]))?;
    }
    let mut report = llvm_cov(&["report", "--ignore-filename-regex", &ignored]);
    if let Some(min) = args.min {
        report.args(["--fail-under-lines", &min.to_string()]);
    }
    process::run(&mut report).context("the coverage is not what it should be")?;
    for text in backends.missing() {
        progress::line(&format!("NOT COUNTED: tests on {text}"));
    }
    Ok(())
}

/// What is measured is what users get: neither tests nor chores. A pattern for whole paths, so that it holds wherever
/// the repository lies.
fn not_measured(root: &Path) -> String {
    let special = |c: char| !c.is_alphanumeric() && c != '/';
    let escape = |c: char| {
        if special(c) { format!("\\{c}") } else { c.to_string() }
    };
    let root: String = root.to_string_lossy().chars().map(escape).collect();
    format!("^{root}/(xtask|bench|examples|[^/]+/(tests|benches|examples|fuzz))/")
}

/// The programs that read the compiler's profiles; they have to be of the compiler's own LLVM version.
struct Tools {
    cov: PathBuf,
    profdata: PathBuf,
}

impl Tools {
    fn get() -> Result<Self> {
        if let (Some(cov), Some(profdata)) = (std::env::var_os("LLVM_COV"), std::env::var_os("LLVM_PROFDATA"))
        {
            return Ok(Self { cov: cov.into(), profdata: profdata.into() });
        }
        let rustc = process::output(Command::new("rustc").arg("-vV"))?;
        let version = llvm_major(&rustc).context("rustc does not tell its LLVM version")?;
        let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let dirs = [
            Path::new(&sysroot).join("lib/rustlib").join(host).join("bin"),
            format!("/usr/lib/llvm-{version}/bin").into(),
            format!("/opt/homebrew/opt/llvm@{version}/bin").into(),
            format!("/usr/local/opt/llvm@{version}/bin").into(),
        ];
        if let Some(tools) = dirs.iter().find_map(|dir| Self::in_dir(dir)) {
            return Ok(tools);
        }
        let package = format!("llvm-{version}");
        install::apt(&[&package]).with_context(|| {
            format!("no llvm-cov of LLVM {version}; `rustup component add llvm-tools` or the package {package} bring it")
        })?;
        match dirs.iter().find_map(|dir| Self::in_dir(dir)) {
            Some(tools) => Ok(tools),
            None => bail!("{package} is installed, but llvm-cov is not where it was expected"),
        }
    }

    fn in_dir(dir: &Path) -> Option<Self> {
        let tools = Self { cov: dir.join("llvm-cov"), profdata: dir.join("llvm-profdata") };
        (install::is_program(&tools.cov) && install::is_program(&tools.profdata)).then_some(tools)
    }
}

fn llvm_major(rustc: &str) -> Option<u32> {
    let version = rustc.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_left_out_wherever_the_repository_lies() {
        let pattern = not_measured(Path::new("/home/me/bench/a-b.c"));
        assert!(pattern.starts_with(r"^/home/me/bench/a\-b\.c/(xtask|"), "{pattern}");
    }

    #[test]
    fn the_llvm_version_is_read() {
        assert_eq!(
            llvm_major("rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\nLLVM version: 22.1.2"),
            Some(22)
        );
        assert_eq!(llvm_major("rustc 1.95.0"), None);
    }
}

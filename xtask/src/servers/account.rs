//! Whom servers run as. PostgreSQL refuses to run as root, so root hands it to an account without rights.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{install, process};

/// An account that root starts servers as.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The account to use: none when this process is not root and servers simply run as its user.
pub(super) fn for_servers() -> Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let known = ["postgres", "nobody"].into_iter().find_map(Account::named);
    let account = known
        .context("root may not run PostgreSQL, and there is neither an account `postgres` nor `nobody`")?;
    Ok(Some(account))
}

impl Account {
    fn named(name: &str) -> Option<Self> {
        let id = |which| process::output(Command::new("id").args([which, name])).ok()?.parse().ok();
        Some(Self { name: name.to_owned(), uid: id("-u")?, gid: id("-g")? })
    }
}

/// A command that runs `program` as `account`, and dies with this process where the system can see to that.
pub(super) fn command(program: &Path, account: Option<&Account>) -> Result<Command> {
    let setpriv = install::on_path("setpriv");
    let Some(account) = account else {
        return Ok(match setpriv.filter(|tool| takes_death_signal(tool)) {
            Some(tool) => {
                let mut command = Command::new(tool);
                command.args(["--pdeathsig", "INT", "--"]).arg(program);
                command
            }
            None => Command::new(program),
        });
    };
    if let Some(tool) = setpriv.filter(|tool| takes_death_signal(tool)) {
        let mut command = Command::new(tool);
        command.arg(format!("--reuid={}", account.uid)).arg(format!("--regid={}", account.gid));
        command.args(["--clear-groups", "--pdeathsig", "INT", "--"]).arg(program);
        return Ok(command);
    }
    if let Some(tool) = install::on_path("runuser") {
        let mut command = Command::new(tool);
        command.args(["-u", &account.name, "--"]).arg(program);
        return Ok(command);
    }
    if let Some(tool) = install::on_path("su") {
        let mut command = Command::new(tool);
        command.args(["-s", "/bin/sh", &account.name, "-c", "exec \"$0\" \"$@\"", "--"]).arg(program);
        return Ok(command);
    }
    bail!("root may not run PostgreSQL, and setpriv, runuser and su are all missing");
}

/// Some systems bring a `setpriv` of fewer options.
fn takes_death_signal(setpriv: &Path) -> bool {
    process::succeeds(Command::new(setpriv).args(["--pdeathsig", "INT", "--", "true"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_root_is_never_root() {
        match for_servers().unwrap() {
            Some(account) => assert!(rustix::process::geteuid().is_root() && account.uid != 0),
            None => assert!(!rustix::process::geteuid().is_root()),
        }
    }

    #[test]
    fn an_unknown_account_is_none() {
        assert!(Account::named("no-such-account-here").is_none());
    }
}

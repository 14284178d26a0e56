//! The program while it runs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use gravity_core::http::client::Client;

/// A running program. It is killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    out: BufReader<ChildStdout>,
    /// What it said when it began.
    pub(crate) greeting: String,
    pub(crate) address: String,
}

/// The program with its data here and nothing of what the environment says.
pub(crate) fn gravity(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gravity"));
    for name in ["DATABASE_URL", "REDIS_URL"] {
        command.env_remove(name);
    }
    command.current_dir(data).env("GRAVITY_DATA", data.join("data")).env("GRAVITY_LISTEN", "127.0.0.1:0");
    // Hashing is as cheap as it may be: the tests are not about it.
    command.env("GRAVITY_AUTH__PASSWORDS__MEMORY_KIB", "7168").env("GRAVITY_AUTH__PASSWORDS__PASSES", "1");
    command
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        // The last line of the greeting is the one that asks who somebody is.
        while !greeting.contains("/api/v1/auth/me") {
            assert_ne!(out.read_line(&mut greeting).unwrap(), 0, "it has ended: {greeting}");
        }
        let address = greeting.split_once(" at ").unwrap().1.lines().next().unwrap().to_owned();
        Self { child, out, greeting, address }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.address).unwrap()
    }

    /// The password that was shown.
    pub(crate) fn password(&self) -> Option<&str> {
        let line = self.greeting.lines().find(|line| line.starts_with("password"))?;
        line.split_whitespace().nth(1)
    }

    /// Tells it to stop, and says whether it did so in order, and what it has said since the greeting.
    pub(crate) fn stop(mut self) -> (bool, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().success(), rest)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
